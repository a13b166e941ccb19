/** The replay that tells this race, where one runs beside the embedded stack. */
"use client";

import { useCallback, useEffect, useState } from "react";
import { callApi } from "@/api/client";
import { config } from "@/api/config";

export interface ReplayStatus {
  race_id: string;
  lap: number;
  total_laps: number;
  speed: number;
  paused: boolean;
}

export interface Replay {
  status: ReplayStatus | null;
  change: (wish: { speed?: number; paused?: boolean }) => void;
}

const LOOK_MS = 3000;
const REST_MS = 15_000;
export const SPEEDS = [0.5, 1, 2, 5, 10, 20, 40, 60];

/** The next slower or quicker of the speeds. */
export function step(speed: number, direction: 1 | -1): number {
  if (direction > 0) return SPEEDS.find((other) => other > speed) ?? 60;
  return SPEEDS.findLast((other) => other < speed) ?? 0.5;
}

async function ask(wish?: object): Promise<ReplayStatus | null> {
  const init = wish
    ? { method: "POST", body: JSON.stringify(wish), headers: { "Content-Type": "application/json" } }
    : {};
  const response = await callApi(new Request("http://service/replay", init));
  return (await response.json()) as ReplayStatus;
}

export function useReplay(raceId: string): Replay {
  const [status, setStatus] = useState<ReplayStatus | null>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    async function look() {
      if (!(await config()).replay) return;
      const found = await ask().catch(() => null);
      if (over) return;
      setStatus(found?.race_id === raceId ? found : null);
      timer = setTimeout(look, found ? LOOK_MS : REST_MS);
    }
    void look();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [raceId]);
  const change = useCallback((wish: { speed?: number; paused?: boolean }) => {
    setStatus((before) => before && { ...before, ...wish });
    ask(wish).then(setStatus, () => undefined);
  }, []);
  return { status, change };
}
