/**
 * The laps of a race as they stood, kept in this browser (IndexedDB), so that one can go back through them, even after
 * the page was loaded anew. A race that begins again replaces what was kept of it.
 */

import { createStore, delMany, entries, set, type UseStore } from "idb-keyval";
import type { Call, Live } from "./types";

export interface KeptLap {
  live: Live;
  /** By driver: the call that was made for them at the end of this lap. */
  calls: Record<string, Call>;
}

export type Archive = ReadonlyMap<number, KeptLap>;

let opened: UseStore | undefined;

function store(): UseStore | undefined {
  if (typeof indexedDB === "undefined") return undefined;
  opened ??= createStore("f1-live", "laps");
  return opened;
}

function name(raceId: string, lap: number): string {
  return `${raceId}/${lap}`;
}

/** What is kept of the race; nothing where the browser keeps nothing. */
export async function load(raceId: string): Promise<Archive> {
  const place = store();
  const found: [number, KeptLap][] = [];
  if (place) {
    for (const [key, kept] of await entries<string, KeptLap>(place).catch(() => [])) {
      const [race, lap] = key.split("/");
      if (race === raceId) found.push([Number(lap), kept]);
    }
  }
  return new Map(found.sort(([a], [b]) => a - b));
}

export function keep(raceId: string, lap: number, kept: KeptLap): void {
  const place = store();
  if (place) void set(name(raceId, lap), kept, place).catch(() => undefined);
}

export function drop(raceId: string, laps: Iterable<number>): void {
  const place = store();
  const names = [...laps].map((lap) => name(raceId, lap));
  if (place && names.length > 0) void delMany(names, place).catch(() => undefined);
}

/** The archive with a newer telling of a lap. A race told again from an earlier moment drops what came after it. */
export function withLive(archive: Archive, live: Live): { archive: Archive; dropped: number[] } {
  const newest = Math.max(-1, ...archive.keys());
  const last = archive.get(newest);
  const again = last !== undefined && Date.parse(live.updated_at) < Date.parse(last.live.updated_at);
  const dropped = again ? [...archive.keys()].filter((lap) => lap >= live.lap) : [];
  const next = new Map(archive);
  for (const lap of dropped) next.delete(lap);
  next.set(live.lap, { live, calls: dropped.includes(live.lap) ? {} : (archive.get(live.lap)?.calls ?? {}) });
  return { archive: next, dropped };
}

export function withCall(archive: Archive, lap: number, driver: string, call: Call): Archive {
  const kept = archive.get(lap);
  if (!kept) return archive;
  return new Map(archive).set(lap, { ...kept, calls: { ...kept.calls, [driver]: call } });
}
