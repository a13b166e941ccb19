import { expect, test } from "vitest";
import { gapOf, type Row, rows } from "@/live/data/rows";
import { call, car, lap, live } from "../../../fixtures";

function of(told: Row[], driver: string): Row {
  const row = told.find((other) => other.driver === driver);
  if (!row) throw new Error(`${driver} is not in the tower`);
  return row;
}

test("the tower is in the order of the race, with odds from the call", () => {
  const told = rows(live({ field: [car("BBB", 2, 2.5), car("AAA", 1, 0)] }), call());
  expect(told.map((row) => row.driver)).toEqual(["AAA", "BBB"]);
  expect(of(told, "BBB").odds?.win_probability).toBe(0.32);
});

test("gaps are to the leader, to the car ahead, or to any car", () => {
  const told = rows(live(), undefined);
  const last = of(told, "CCC");
  expect(gapOf(last, "leader", undefined)).toBe(9);
  expect(gapOf(last, "interval", undefined)).toBe(6.5);
  expect(gapOf(last, "car", of(told, "BBB"))).toBe(6.5);
  expect(gapOf(of(told, "AAA"), "car", of(told, "BBB"))).toBe(-2.5);
  expect(gapOf(of(told, "AAA"), "leader", undefined)).toBeNull();
});

test("a car that is out stays at the tower's end without numbers", () => {
  const race = live();
  const gone = { ...race.cars[0], driver_id: "DDD", retired: true, lap: 3 } as (typeof race.cars)[number];
  const told = rows({ ...race, cars: [...race.cars, gone] }, call());
  expect(told.at(-1)).toMatchObject({ driver: "DDD", out: true, position: null, odds: undefined });
});

test("the best lap of the race and a car's own best are told apart, over all laps seen", () => {
  const field = [
    car("AAA", 1, 0, { recent_laps: [lap(4, 92), lap(5, 90.5)] }),
    car("BBB", 2, 2, { recent_laps: [lap(4, 92), lap(5, 91)] }),
    car("CCC", 3, 4, { recent_laps: [lap(4, 92), lap(5, 93)] }),
  ];
  const told = rows(live({ field }), undefined);
  expect(told.map((row) => row.lapKind)).toEqual(["best", "own", "plain"]);
  const earlier = new Map([["CCC", 90.1]]);
  expect(rows(live({ field }), undefined, earlier).map((row) => row.lapKind)).toEqual(["own", "own", "plain"]);
});

test("places are won against the grid, and the pit lane is told from either source", () => {
  const race = live({ field: [car("AAA", 1, 0, { grid_position: 4 }), car("BBB", 2, 1, { in_pit: true })] });
  const told = rows(race, undefined);
  expect(of(told, "AAA").gained).toBe(3);
  expect(of(told, "BBB").inPit).toBe(true);
});

test("cars that come in after the flag keep their gaps", () => {
  const race = live({ field: [car("AAA", 1, 0, { in_pit: true }), car("BBB", 2, 1.5, { in_pit: true })] });
  expect(rows(race, undefined).map((row) => row.inPit)).toEqual([true, true]);
  const over = rows({ ...race, lap: race.total_laps }, undefined);
  expect(over.map((row) => row.inPit)).toEqual([false, false]);
});
