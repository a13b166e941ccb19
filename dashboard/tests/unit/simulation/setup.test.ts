import { expect, test } from "vitest";
import { stints } from "@/simulation/results/rows";
import {
  faults,
  gridCode,
  planCode,
  rainCode,
  readGrid,
  readPlan,
  readRain,
  requestOf,
  type Setup,
  usualGrid,
} from "@/simulation/setup/setup";

const SEASON = {
  season: 2023,
  drivers: [
    { driver_id: "VER", name: "Max Verstappen", team: "Red Bull Racing" },
    { driver_id: "LEC", name: "Charles Leclerc", team: "Ferrari" },
  ],
};
const SETUP: Setup = {
  circuit: "bahrain",
  season: 2023,
  laps: null,
  scenarios: 4000,
  seed: 7,
  rain: [{ lap: 20, chance: 30 }],
  grid: usualGrid(SEASON),
  car: "LEC",
  planA: [{ lap: 18, compound: "HARD" }],
  planB: [],
};

test("a link restores plans, grid and rain", () => {
  for (const code of ["", "none", "18H", "18H-38M"]) expect(planCode(readPlan(code))).toBe(code);
  expect(gridCode(readGrid("VER.S3~LEC.M"))).toBe("VER.S3~LEC.M");
  expect(rainCode(readRain("20.30~25.60"))).toBe("20.30~25.60");
});

test("a link that says nonsense is read as far as it makes sense", () => {
  expect(readGrid("VER.S~VER.M~x~LEC.Q")).toEqual([{ driver: "VER", compound: "SOFT", age: 0 }]);
  expect(readPlan("38M-18H")).toEqual([
    { lap: 18, compound: "HARD" },
    { lap: 38, compound: "MEDIUM" },
  ]);
  expect(readRain("a.b")).toEqual([]);
});

test("only the chosen car has the plan, and the other plan goes along to be compared", () => {
  const body = requestOf(SETUP, SEASON, SETUP.planA, SETUP.planB ?? undefined);
  expect(body.field.map((car) => [car.driver_id, car.grid_position, car.team, car.strategy])).toEqual([
    ["VER", 1, "Red Bull Racing", undefined],
    ["LEC", 2, "Ferrari", [{ lap: 18, compound: "HARD" }]],
  ]);
  expect(body.compare).toEqual({ driver_id: "LEC", strategy: [] });
  expect(body.rain).toEqual([{ from_lap: 20, probability: 0.3 }]);
  expect("total_laps" in body).toBe(false);
});

test("without a plan the pit policy decides for the car as for its rivals", () => {
  expect(requestOf(SETUP, SEASON, null).field[1]).not.toHaveProperty("strategy");
});

test("what cannot be asked is told in words", () => {
  expect(faults(SETUP)).toEqual([]);
  const twice = [
    { lap: 9, compound: "HARD" as const },
    { lap: 9, compound: "SOFT" as const },
  ];
  expect(faults({ ...SETUP, planA: twice })).toEqual(["Plan A stops twice on a lap."]);
  expect(faults({ ...SETUP, car: "HAM" })).toEqual(["Choose a car of the grid."]);
});

test("stints run from the tire of the grid over each stop to the flag", () => {
  expect(stints({ driver: "LEC", compound: "SOFT", age: 3 }, [{ lap: 18, compound: "HARD" }], 57)).toEqual([
    { compound: "SOFT", first: 1, last: 18, age: 3 },
    { compound: "HARD", first: 19, last: 57 },
  ]);
});
