/** How old what is shown is, in words that a pit wall can act on. */

import type { ApiError } from "@/api/errors";

export const STALE_SECONDS = 20;
/** Cars cross the line every few seconds in a race; with none for so long something is wrong, or the race stands. */
const CLOCKS_APART_SECONDS = 60;

export interface Feed {
  /** Milliseconds since 1970: now, the last good answer, the last answer that brought something new. */
  now: number;
  answeredAt: number;
  changedAt: number;
  /** When the newest event was stored, by the service's clock. */
  writtenAt: number | null;
  error: ApiError | null;
  paused: boolean;
  over: boolean;
}

export interface Freshness {
  level: "live" | "warn" | "bad";
  text: string;
}

export function freshness(feed: Feed): Freshness {
  const since = (then: number) => Math.max(0, Math.round((feed.now - then) / 1000));
  if (feed.error) {
    const seconds = since(feed.answeredAt);
    const why = feed.error.status === 0 ? "Offline" : `The service answers with ${feed.error.status}`;
    return { level: "bad", text: `${why}. What is shown is ${age(seconds)} old.` };
  }
  if (feed.over) return { level: "live", text: "Finished" };
  if (feed.paused) return { level: "warn", text: "Replay paused" };
  const seen = since(feed.changedAt);
  const written = feed.writtenAt === null ? 0 : since(feed.writtenAt);
  const seconds = written > seen + CLOCKS_APART_SECONDS ? written : seen;
  if (seconds >= STALE_SECONDS)
    return { level: "bad", text: `No new data for ${age(seconds)}. The race may have moved on.` };
  return { level: "live", text: seconds < 3 ? "Live" : `Live, ${seconds} s` };
}

export function age(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}
