/** The recommendation for one car, asked anew when the race has moved on, and kept with the lap it was made for. */
"use client";

import { useEffect, useRef, useState } from "react";
import { post, retrySeconds } from "@/api/client";
import { ApiError } from "@/api/errors";
import type { Archive } from "./archive";
import type { Call, Live } from "./types";

export interface CallState {
  /** The call to show: that of the lap shown, or while it is being made that of the lap before. */
  call: Call | undefined;
  lap: number | undefined;
  asking: boolean;
  error: ApiError | null;
}

/**
 * What a new call depends on: another lap of the leader's or the car's own, another track status, another set of the car
 * itself, another stop of any car: a rival that comes in after the leader began the lap changes the call as much.
 */
export function situation(live: Live, driver: string): string | null {
  const car = live.field.find((row) => row.driver_id === driver);
  if (!car || live.lap < 1 || live.lap >= live.total_laps) return null;
  const own = live.cars.find((one) => one.driver_id === driver)?.lap;
  const stops = live.field.reduce((sum, row) => sum + row.pit_stops, 0);
  return [live.race_id, driver, live.lap, own, live.track_status, stops, car.tire_compound, car.in_pit].join(" ");
}

interface Options {
  live: Live | undefined;
  /** The newest telling: an older lap has to be asked for by its number. */
  newest: Live | undefined;
  driver: string;
  archive: Archive;
  called: (lap: number, driver: string, call: Call) => void;
}

interface Asked {
  driver: string;
  raceId: string;
  lap: number;
  call: Call;
}

export function useCall({ live, newest, driver, archive, called }: Options): CallState {
  const now = live ? situation(live, driver) : null;
  const [settled, setSettled] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [latest, setLatest] = useState<Asked>();
  const [error, setError] = useState<ApiError | null>(null);
  const raceId = live?.race_id;
  const lap = live?.lap ?? 0;
  const past = newest !== undefined && lap < newest.lap;
  const kept = archive.get(lap)?.calls[driver];
  const asking = now !== null && settled !== now && !(past && kept !== undefined);
  const stop = useRef<AbortController>(null);

  // Another car: what was asked for the one before is of no use.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the car is what it is about
  useEffect(() => {
    const controller = new AbortController();
    stop.current = controller;
    setBusy(false);
    setError(null);
    return () => controller.abort();
  }, [driver, raceId]);

  // One question at a time: a race that moves on quicker than it is answered is asked about anew after each answer.
  // biome-ignore lint/correctness/useExhaustiveDependencies: `now` holds all that a question depends on
  useEffect(() => {
    const signal = stop.current?.signal;
    if (!asking || busy || !live || !signal) return;
    const body = { driver_id: driver, race_id: live.race_id, ...(past && { lap }) };
    setBusy(true);
    post("/recommend", body as never, signal).then(
      (call) => {
        if (signal.aborted) return;
        setError(null);
        setLatest({ driver, raceId: live.race_id, lap, call });
        setSettled(now ?? undefined);
        called(lap, driver, call);
        setBusy(false);
      },
      (problem: unknown) => {
        if (signal.aborted) return;
        setError(problem instanceof ApiError ? problem : new ApiError(0, "unexpected", String(problem)));
        const seconds = retrySeconds(problem, 1);
        if (seconds === null) setSettled(now ?? undefined);
        setTimeout(() => !signal.aborted && setBusy(false), (seconds ?? 0) * 1000);
      },
    );
  }, [now, past, asking, busy]);

  if (kept) return { call: kept, lap, asking, error };
  const same = latest?.driver === driver && latest.raceId === raceId && latest.lap <= lap;
  return { call: same ? latest?.call : undefined, lap: same ? latest?.lap : undefined, asking, error };
}
