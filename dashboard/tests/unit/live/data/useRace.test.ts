import { expect, test } from "vitest";
import { ApiError } from "@/api/errors";
import { withCall, withLive } from "@/live/data/archive";
import { situation } from "@/live/data/useCall";
import { begin, delayed, reduce } from "@/live/data/useRace";
import { call, car, live } from "../../../fixtures";

const RACE = "2018_01";

function at(lap: number, second: number) {
  const text = `2018-03-25T05:20:${String(second).padStart(2, "0")}Z`;
  return live({ lap, updated_at: text, written_at: text });
}

function told(...moments: [lap: number, second: number][]) {
  return moments.reduce(
    (state, [lap, second]) => reduce(state, { kind: "told", raceId: RACE, live: at(lap, second), at: 1000 * second }),
    begin(RACE),
  );
}

test("an answer that tells nothing new leaves the race as it was but shows that the service answers", () => {
  const state = reduce(told([5, 1]), { kind: "told", raceId: RACE, live: at(5, 1), at: 9000 });
  expect(state.buffer).toHaveLength(1);
  expect([state.changedAt, state.answeredAt]).toEqual([1000, 9000]);
});

test("a delay shows the newest moment that is old enough", () => {
  const { buffer } = told([5, 1], [5, 10], [6, 20]);
  expect(delayed(buffer, 21_000, 0)?.live.lap).toBe(6);
  expect(delayed(buffer, 21_000, 5)?.seenAt).toBe(10_000);
  expect(delayed(buffer, 21_000, 60)?.seenAt).toBe(1000);
});

test("every lap is kept as it last stood, with the calls made for it", () => {
  let state = told([5, 1], [5, 3], [6, 5]);
  state = reduce(state, { kind: "called", raceId: RACE, lap: 5, driver: "AAA", call: call() });
  expect([...state.archive.keys()]).toEqual([5, 6]);
  expect(state.archive.get(5)?.live.updated_at).toContain(":03Z");
  expect(state.archive.get(5)?.calls.AAA?.seed).toBe(0);
  expect(withCall(state.archive, 40, "AAA", call())).toBe(state.archive);
});

test("a race that is told again from an earlier lap drops what came after it", () => {
  const state = told([5, 10], [6, 20], [7, 30], [6, 5]);
  expect([...state.archive.keys()]).toEqual([5, 6]);
  expect(state.buffer).toHaveLength(1);
  expect(withLive(state.archive, at(7, 40)).dropped).toEqual([]);
});

test("what another race tells is not taken", () => {
  const state = told([5, 1]);
  expect(reduce(state, { kind: "told", raceId: "2019_01", live: at(9, 9), at: 9 })).toBe(state);
});

test("an error keeps what was told, and the next answer clears it", () => {
  const state = reduce(told([5, 1]), { kind: "failed", raceId: RACE, error: new ApiError(0, "offline", "") });
  expect(state.buffer).toHaveLength(1);
  expect(reduce(state, { kind: "told", raceId: RACE, live: at(5, 2), at: 2000 }).error).toBeNull();
});

test("a new call is due with a lap, a track status, a stop, and not with a gap", () => {
  const now = situation(live(), "BBB");
  expect(situation(live({ field: [car("BBB", 1, 0)] }), "BBB")).toBe(now);
  expect(situation(live({ lap: 6 }), "BBB")).not.toBe(now);
  const others = [car("AAA", 1, 0, { pit_stops: 1 }), car("BBB", 2, 2.5), car("CCC", 3, 9)];
  expect(situation(live({ field: others }), "BBB")).not.toBe(now);
  const over = live().cars.map((one) => (one.driver_id === "BBB" ? { ...one, lap: 6 } : one));
  expect(situation(live({ cars: over }), "BBB")).not.toBe(now);
  expect(situation(live({ track_status: "SC" }), "BBB")).not.toBe(now);
  expect(situation(live({ field: [car("BBB", 1, 0, { pit_stops: 1 })] }), "BBB")).not.toBe(now);
});

test("no call is due for a car that is out, on the grid, or at the flag", () => {
  expect(situation(live(), "ZZZ")).toBeNull();
  expect(situation(live({ lap: 0 }), "BBB")).toBeNull();
  expect(situation(live({ lap: 57 }), "BBB")).toBeNull();
});
