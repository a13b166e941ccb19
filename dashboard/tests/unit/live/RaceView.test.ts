import { expect, test } from "vitest";
import { absent, chosen } from "@/live/RaceView";
import { car, live } from "../../fixtures";

const field = [car("BBB", 2, 3), car("AAA", 1, 0)];

test("the car that was named is followed while it runs, then a favorite, then the leader", () => {
  expect(chosen(field, "BBB", [])).toBe("BBB");
  expect(chosen(field, "OUT", ["GONE", "BBB"])).toBe("BBB");
  expect(chosen(field, "OUT", [])).toBe("AAA");
  expect(chosen([], "OUT", [])).toBe("OUT");
});

test("a car without a call is told from one that never ran", () => {
  const cars = [...live({ field }).cars, { ...live({ field }).cars[0], driver_id: "OUT", lap: 39, retired: true }];
  const race = live({ field, cars: cars as never });
  expect(absent(race, "AAA")).toBeNull();
  expect(absent(race, "")).toBeNull();
  expect(absent(race, "OUT")).toBe("OUT is out of the race, after 39 laps.");
  expect(absent(race, "XXX")).toBe("XXX is not in this race.");
});
