/** A race as it stands, polled; as it stood some seconds ago, for a television picture; and as it stood at a lap. */
"use client";

import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { get, retrySeconds } from "@/api/client";
import { ApiError } from "@/api/errors";
import { type Archive, drop, type KeptLap, keep, load, withCall, withLive } from "./archive";
import type { Call, Live, Snapshot } from "./types";

export const POLL_SECONDS = 2;
export const MAX_DELAY_SECONDS = 180;

interface State {
  raceId: string;
  /** Oldest first; as long as the longest delay. */
  buffer: Snapshot[];
  archive: Archive;
  answeredAt: number;
  changedAt: number;
  error: ApiError | null;
}

type Action =
  | { kind: "begin"; raceId: string }
  | { kind: "loaded"; raceId: string; archive: Archive }
  | { kind: "told"; raceId: string; live: Live; at: number }
  | { kind: "failed"; raceId: string; error: ApiError }
  | { kind: "called"; raceId: string; lap: number; driver: string; call: Call };

const EMPTY: Archive = new Map();

export function begin(raceId: string): State {
  return { raceId, buffer: [], archive: EMPTY, answeredAt: 0, changedAt: 0, error: null };
}

export function reduce(state: State, action: Action): State {
  if (action.kind === "begin") return begin(action.raceId);
  if (action.raceId !== state.raceId) return state;
  switch (action.kind) {
    case "loaded":
      return { ...state, archive: new Map([...action.archive, ...state.archive]) };
    case "failed":
      return { ...state, error: action.error };
    case "called":
      return { ...state, archive: withCall(state.archive, action.lap, action.driver, action.call) };
    case "told":
      return told(state, action.live, action.at);
  }
}

function told(state: State, live: Live, at: number): State {
  const before = state.buffer.at(-1)?.live;
  const alive = { ...state, answeredAt: at, error: null };
  if (before && stamp(before) === stamp(live)) return alive;
  const again = before !== undefined && Date.parse(live.updated_at) < Date.parse(before.updated_at);
  const kept = again ? [] : state.buffer.filter((old) => at - old.seenAt <= (MAX_DELAY_SECONDS + 30) * 1000);
  return {
    ...alive,
    changedAt: at,
    buffer: [...kept, { seenAt: at, live }],
    archive: withLive(state.archive, live).archive,
  };
}

/** Two answers with one stamp tell the same. */
function stamp(live: Live): string {
  return `${live.updated_at} ${live.written_at} ${live.lap} ${positionsAt(live)}`;
}

/** When the newest of the cars' positions was taken; texts of one form compare as the moments do. */
function positionsAt(live: Live): string {
  const times = live.cars.map((car) => car.track_position?.at ?? "");
  return times.sort().at(-1) ?? "";
}

/** The newest snapshot that is at least `delay` seconds old; while none is, the oldest there is. */
export function delayed(buffer: readonly Snapshot[], now: number, delay: number): Snapshot | undefined {
  return buffer.findLast((snapshot) => now - snapshot.seenAt >= delay * 1000) ?? buffer[0];
}

export interface Race {
  state: State;
  /** The newest telling, whatever the delay. */
  newest: Live | undefined;
  called: (lap: number, driver: string, call: Call) => void;
}

export function useRace(raceId: string): Race {
  const [state, dispatch] = useReducer(reduce, raceId, begin);
  useEffect(() => {
    dispatch({ kind: "begin", raceId });
    if (raceId === "") return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;

    async function ask() {
      let seconds: number = POLL_SECONDS;
      try {
        const live = await get("/live/{race_id}", { race_id: raceId }, stop.signal);
        failures = 0;
        dispatch({ kind: "told", raceId, live, at: Date.now() });
      } catch (error) {
        if (stop.signal.aborted) return;
        const problem = error instanceof ApiError ? error : new ApiError(0, "unexpected", String(error));
        seconds = Math.max(POLL_SECONDS, retrySeconds(problem, Math.min(failures++, 4)) ?? 5);
        dispatch({ kind: "failed", raceId, error: problem });
      }
      timer = setTimeout(ask, seconds * 1000);
    }

    load(raceId).then((archive) => {
      if (stop.signal.aborted) return;
      dispatch({ kind: "loaded", raceId, archive });
      void ask();
    });
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [raceId]);

  useKeeping(state);
  const called = useCallback(
    (lap: number, driver: string, call: Call) => dispatch({ kind: "called", raceId, lap, driver, call }),
    [raceId],
  );
  return { state, newest: state.buffer.at(-1)?.live, called };
}

/** Writes to the browser's store what the archive has come to hold, and takes out what it no longer holds. */
function useKeeping({ raceId, archive }: State) {
  const written = useRef<{ raceId: string; laps: Map<number, KeptLap> }>({ raceId: "", laps: new Map() });
  useEffect(() => {
    if (written.current.raceId !== raceId) written.current = { raceId, laps: new Map() };
    const { laps } = written.current;
    drop(
      raceId,
      [...laps.keys()].filter((lap) => !archive.has(lap)),
    );
    for (const [lap, kept] of archive) if (laps.get(lap) !== kept) keep(raceId, lap, kept);
    written.current.laps = new Map(archive);
  }, [raceId, archive]);
}

/** The time, every second: ages and delays move on while nothing else does. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
