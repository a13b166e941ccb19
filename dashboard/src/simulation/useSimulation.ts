/** Asks for the race under plan A, compared with plan B in the same scenarios, and then for the race under plan B. */
"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import { type PostAnswer, post, retrySeconds } from "@/api/client";
import { planCode, requestOf, type Season, type Setup } from "./setup/setup";

export type Answer = PostAnswer<"/simulate">;

export interface Ran {
  setup: Setup;
  a: Answer;
  b: Answer | null;
}

export interface Simulation {
  ran: Ran | null;
  running: boolean;
  error: unknown;
  run: () => void;
}

const TRIES = 4;

async function ask(body: ReturnType<typeof requestOf>, signal: AbortSignal): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await post("/simulate", body, signal);
    } catch (error) {
      const seconds = retrySeconds(error, attempt);
      if (seconds === null || attempt >= TRIES) throw error;
      await new Promise((done) => setTimeout(done, seconds * 1000));
      signal.throwIfAborted();
    }
  }
}

export function useSimulation(setup: Setup, season: Season | undefined): Simulation {
  const [ran, setRan] = useState<Ran | null>(null);
  const [running, setRunning] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const stop = useRef<AbortController>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const run = useCallback(async () => {
    stop.current?.abort();
    const controller = new AbortController();
    stop.current = controller;
    const { signal } = controller;
    setRunning(true);
    setError(null);
    try {
      const other = setup.planB ?? undefined;
      const a = await ask(requestOf(setup, season, setup.planA, other), signal);
      const b = other ? await ask(requestOf(setup, season, other), signal) : null;
      setRan({ setup, a, b });
    } catch (problem) {
      if (!signal.aborted) setError(problem);
    } finally {
      if (!signal.aborted) setRunning(false);
    }
  }, [setup, season]);
  return { ran, running, error, run };
}

/** Whether a run is of this setup. */
export function same(one: Setup, other: Setup): boolean {
  const text = (setup: Setup) =>
    JSON.stringify({
      ...setup,
      planA: planCode(setup.planA),
      planB: setup.planB === undefined ? "off" : planCode(setup.planB),
    });
  return text(one) === text(other);
}
