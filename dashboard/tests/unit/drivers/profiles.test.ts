import { expect, test } from "vitest";
import {
  apart,
  filtered,
  inEra,
  type Profile,
  quality,
  seasonsText,
  sorted,
  teamName,
  teamsOf,
} from "@/drivers/profiles";

function profile(name: string, seasons: number[], values: Partial<Profile> = {}): Profile {
  return {
    driver_id: name.slice(0, 3).toUpperCase(),
    ergast_id: name.toLowerCase(),
    name,
    teams: ["red_bull"],
    seasons,
    aggression: null,
    consistency: null,
    pressure_response: null,
    tire_management: null,
    data_quality: { level: "laps", races: 40, races_with_laps: 30, sources: {}, unproven: ["tire_management"] },
    ...values,
  } as Profile;
}

const estimate = (value: number, low: number, high: number) => ({ value, low, high, n: 50 });

test("a driver belongs to every era in which he drove", () => {
  const driver = profile("Kimi Räikkönen", [2001, 2002, 2012, 2021]);
  expect(inEra(driver, "1995")).toBe(true);
  expect(inEra(driver, "2006")).toBe(true);
  expect(inEra(driver, "2022")).toBe(false);
  expect(inEra(driver, "all")).toBe(true);
});

test("a name is found without accents, by parts and by code", () => {
  const all = [profile("Kimi Räikkönen", [2021]), profile("Nico Hülkenberg", [2023])];
  const names = (query: string) => filtered(all, { era: "all", team: "", query }).map(({ name }) => name);
  expect(names("raik")).toEqual(["Kimi Räikkönen"]);
  expect(names("hulk nico")).toEqual(["Nico Hülkenberg"]);
  expect(names("KIM")).toEqual(["Kimi Räikkönen"]);
  expect(names("")).toHaveLength(2);
});

test("those of whom a trait is not known come last", () => {
  const all = [
    profile("A", [2023]),
    profile("B", [2023], { aggression: estimate(0.2, 0.1, 0.3) }),
    profile("C", [2023], { aggression: estimate(0.8, 0.7, 0.9) }),
  ];
  expect(sorted(all, "aggression").map(({ name }) => name)).toEqual(["C", "B", "A"]);
});

test("two estimates are apart only where their intervals do not meet", () => {
  expect(apart(estimate(0.2, 0.1, 0.3), estimate(0.5, 0.31, 0.6))).toBe(true);
  expect(apart(estimate(0.2, 0.1, 0.4), estimate(0.5, 0.3, 0.6))).toBe(false);
  expect(apart(null, estimate(0.5, 0.3, 0.6))).toBeNull();
});

test("seasons in a row are told as a span, teams by their names", () => {
  expect(seasonsText([2001, 2003, 2004, 2005, 2021])).toBe("2001, 2003–2005, 2021");
  expect(teamName("force_india")).toBe("Force India");
  expect(teamsOf([profile("A", [2023]), profile("B", [2023], { teams: ["mclaren"] })])).toEqual([
    "mclaren",
    "red_bull",
  ]);
});

test("data quality is read as a table or as one word", () => {
  expect(quality(profile("A", [2023])).unproven).toEqual(["tire_management"]);
  expect(quality(profile("A", [2023], { data_quality: "good" })).level).toBe("good");
});
