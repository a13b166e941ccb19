import { expect, test } from "vitest";
import { askable, done, question } from "@/history/advice";
import { gapLines, type Lap, pace, positionLines, type Recorded, raceOf, type Summary } from "@/history/race";

const SUMMARY: Summary = {
  race_id: "2023_01",
  season: 2023,
  round: 1,
  name: "Made",
  circuit_id: "bahrain",
  date: "2023-03-05",
  total_laps: 6,
  drivers: ["AAA", "BBB"],
};

function lap(driver_id: string, number: number, values: Partial<Lap> = {}): Lap {
  const first = driver_id === "AAA";
  return {
    driver_id,
    lap: number,
    lap_time: first ? 90 : 91,
    position: first ? 1 : 2,
    gap_to_leader: first ? 0 : number,
    tire_compound: "SOFT",
    tire_age: number,
    stint: 1,
    track_status: "GREEN",
    pit_in: false,
    pit_out: false,
    ...values,
  };
}

/** Six laps; BBB stops on lap 3 under a safety car and retires after lap 5. */
const RECORDED: Recorded = {
  race_id: "2023_01",
  laps: [
    ...[1, 2, 3, 4, 5, 6].map((number) => lap("AAA", number, { track_status: number === 3 ? "SC" : "GREEN" })),
    ...[1, 2].map((number) => lap("BBB", number)),
    lap("BBB", 3, { pit_in: true, track_status: "SC" }),
    ...[4, 5].map((number) =>
      lap("BBB", number, { tire_compound: "HARD", tire_age: number - 3, stint: 2, pit_out: number === 4 }),
    ),
  ],
  cars: [
    {
      driver_id: "AAA",
      ergast_id: "a",
      name: "A",
      team: "Ferrari",
      grid: 2,
      position: 1,
      points: 25,
      laps: 6,
      status: "Finished",
    },
    {
      driver_id: "BBB",
      ergast_id: "b",
      name: "B",
      team: "Ferrari",
      grid: 1,
      position: null,
      points: 0,
      laps: 5,
      status: "Engine",
    },
  ],
};
const RACE = raceOf(SUMMARY, RECORDED);

test("stops, stints, status and teammates are read off the laps", () => {
  const [a, b] = RACE.cars;
  expect(b?.stops).toEqual([{ lap: 3, compound: "HARD" }]);
  expect(b?.stints).toEqual([
    { compound: "SOFT", first: 1, last: 3, age: 0 },
    { compound: "HARD", first: 4, last: 5, age: 0 },
  ]);
  expect([a?.second, b?.second]).toEqual([false, true]);
  expect(RACE.spans.map(({ status, from, to }) => [status, from, to])).toEqual([["SC", 2, 3]]);
  expect(b && pace(b)).toEqual({ median: 91, laps: 2 });
});

test("tires changed without a stop, under a red flag, are no stop and are not lost", () => {
  const red = RECORDED.laps.map((one) => (one.driver_id === "BBB" ? { ...one, pit_in: false } : one));
  const b = raceOf(SUMMARY, { ...RECORDED, laps: red }).cars[1];
  expect(b?.stops).toEqual([]);
  expect(b?.changes).toEqual([{ lap: 3, compound: "HARD" }]);
  expect(RACE.cars.map((one) => one.changes)).toEqual([[], []]);
});

test("places begin with the grid, and end where the car does", () => {
  const lines = positionLines(RACE, ["AAA"]);
  expect(lines.map((line) => [line.name, line.values])).toEqual([
    ["BBB", [1, 2, 2, 2, 2, 2, null]],
    ["AAA", [2, 1, 1, 1, 1, 1, 1]],
  ]);
});

test("gaps are to the car of reference on the same lap", () => {
  const lines = gapLines(RACE, "BBB", []);
  expect(lines.find((line) => line.name === "AAA")?.values).toEqual([-1, -2, -3, -4, -5, null]);
  expect(lines.find((line) => line.name === "BBB")?.values).toEqual([0, 0, 0, 0, 0, null]);
});

test("nothing later than the lap goes into the question", () => {
  const asked = question(RACE, "BBB", 3);
  const cut: Recorded = { ...RECORDED, laps: RECORDED.laps.filter((one) => one.lap <= 3) };
  expect(question(raceOf(SUMMARY, cut), "BBB", 3)).toEqual(asked);
  expect(asked).toMatchObject({
    position: 2,
    gap_to_leader: 3,
    tire_compound: "SOFT",
    pit_stops: 1,
    track_status: "SC",
    fuel_remaining: 55,
    total_laps: 6,
  });
  expect(asked?.field.map((car) => [car.driver_id, car.in_pit, car.recent_laps.length])).toEqual([
    ["AAA", false, 3],
    ["BBB", true, 3],
  ]);
});

test("a car is asked about on laps that it completed, and not on the last of the race", () => {
  const [a, b] = RACE.cars;
  expect([a && askable(RACE, a), b && askable(RACE, b)]).toEqual([5, 5]);
  expect(question(RACE, "BBB", 6)).toBeNull();
  expect(b && done(b, 2)).toEqual([{ lap: 3, compound: "HARD" }]);
  expect(b && done(b, 3)).toEqual([]);
});
