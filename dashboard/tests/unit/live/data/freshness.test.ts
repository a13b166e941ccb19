import { expect, test } from "vitest";
import { ApiError } from "@/api/errors";
import { freshness, STALE_SECONDS } from "@/live/data/freshness";

const NOW = 1_800_000_000_000;
const FRESH = {
  now: NOW,
  answeredAt: NOW - 1000,
  changedAt: NOW - 1000,
  writtenAt: NOW - 1000,
  error: null,
  paused: false,
  over: false,
};

test("a race that moves is live", () => {
  expect(freshness(FRESH)).toEqual({ level: "live", text: "Live" });
});

test("answers that bring nothing new are told as stale, with for how long", () => {
  const told = freshness({ ...FRESH, changedAt: NOW - 1000 * (STALE_SECONDS + 5) });
  expect(told.level).toBe("bad");
  expect(told.text).toContain("25 s");
});

test("a race that was last written yesterday is stale at first sight", () => {
  const told = freshness({ ...FRESH, writtenAt: NOW - 26 * 3_600_000 });
  expect(told).toEqual({ level: "bad", text: "No new data for 26 h. The race may have moved on." });
});

test("a browser whose clock is half a minute off is not told of stale data", () => {
  expect(freshness({ ...FRESH, writtenAt: NOW - 31_000 }).level).toBe("live");
});

test("a paused replay and a race that is over are not stale", () => {
  const old = { ...FRESH, changedAt: NOW - 600_000, writtenAt: NOW - 600_000 };
  expect(freshness({ ...old, paused: true })).toEqual({ level: "warn", text: "Replay paused" });
  expect(freshness({ ...old, over: true }).text).toBe("Finished");
});

test("no answer is told as offline with the age of what is shown", () => {
  const told = freshness({ ...FRESH, answeredAt: NOW - 42_000, error: new ApiError(0, "offline", "") });
  expect(told).toEqual({ level: "bad", text: "Offline. What is shown is 42 s old." });
});
