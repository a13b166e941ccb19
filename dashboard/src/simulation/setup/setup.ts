/** What is to be simulated, as the address keeps it and as the service is asked. */

import type { Schemas } from "@/api/client";
import type { Compound } from "@/ui/tires";

export type Request = Schemas["SimulateRequest"];
export type Season = Schemas["SeasonSummary"];

export interface Entry {
  driver: string;
  compound: Compound;
  age: number;
}

export interface Stop {
  lap: number;
  compound: Compound;
}

/** Stops of a car; null leaves them to the pit policy, as for its rivals. */
export type Plan = readonly Stop[] | null;

export interface Rain {
  lap: number;
  /** Percent. */
  chance: number;
}

export interface Setup {
  circuit: string;
  season: number;
  /** null: the usual distance. */
  laps: number | null;
  scenarios: number;
  seed: number;
  rain: readonly Rain[];
  grid: readonly Entry[];
  car: string;
  planA: Plan;
  /** undefined: nothing to compare with. */
  planB: Plan | undefined;
}

const LETTERS: Record<string, Compound> = { S: "SOFT", M: "MEDIUM", H: "HARD", I: "INTERMEDIATE", W: "WET" };
export const MOST_STOPS = 5;

/** A plan as text: "18H-38M", "none" for no stop, "" for the pit policy. */
export function planCode(plan: Plan): string {
  if (plan === null) return "";
  return plan.length === 0 ? "none" : plan.map((stop) => `${stop.lap}${stop.compound[0]}`).join("-");
}

export function readPlan(code: string): Plan {
  if (code === "") return null;
  const stops = [...code.matchAll(/(\d+)([SMHIW])/g)].map((found) => ({
    lap: Number(found[1]),
    compound: LETTERS[found[2] ?? ""] ?? "HARD",
  }));
  return stops.slice(0, MOST_STOPS).sort((a, b) => a.lap - b.lap);
}

export function gridCode(grid: readonly Entry[]): string {
  return grid.map((entry) => `${entry.driver}.${entry.compound[0]}${entry.age || ""}`).join("~");
}

export function readGrid(code: string): Entry[] {
  const entries = code.split("~").flatMap((part): Entry[] => {
    const found = /^([\w-]+)\.([SMHIW])(\d*)$/.exec(part);
    return found
      ? [{ driver: found[1] ?? "", compound: LETTERS[found[2] ?? ""] ?? "MEDIUM", age: Number(found[3] || 0) }]
      : [];
  });
  return entries.filter((entry, index) => entries.findIndex((other) => other.driver === entry.driver) === index);
}

export function rainCode(rain: readonly Rain[]): string {
  return rain.map(({ lap, chance }) => `${lap}.${chance}`).join("~");
}

export function readRain(code: string): Rain[] {
  return code.split("~").flatMap((part) => {
    const found = /^(\d+)\.(\d+)$/.exec(part);
    return found ? [{ lap: Number(found[1]), chance: Math.min(100, Number(found[2])) }] : [];
  });
}

/** The season's field in order of pace, all on new mediums. */
export function usualGrid(season: Season | undefined): Entry[] {
  return (season?.drivers ?? []).map(({ driver_id }) => ({ driver: driver_id, compound: "MEDIUM", age: 0 }));
}

/** The race with the car on `plan`; `against` has the service hold another plan against it. */
export function requestOf(setup: Setup, season: Season | undefined, plan: Plan, against?: Plan): Request {
  const teams = new Map(season?.drivers.map((driver) => [driver.driver_id, driver.team]));
  return {
    circuit_id: setup.circuit,
    season: setup.season,
    ...(setup.laps !== null && { total_laps: setup.laps }),
    n_scenarios: setup.scenarios,
    seed: setup.seed,
    rain: setup.rain.map(({ lap, chance }) => ({ from_lap: lap, probability: chance / 100 })),
    field: setup.grid.map((entry, index) => ({
      driver_id: entry.driver,
      team: teams.get(entry.driver) ?? null,
      grid_position: index + 1,
      tire_compound: entry.compound,
      tire_age: entry.age,
      ...(entry.driver === setup.car && plan !== null && { strategy: [...plan] }),
    })),
    ...(against && { compare: { driver_id: setup.car, strategy: [...against] } }),
  } as Request;
}

/** What stands in the way of asking, in words. */
export function faults(setup: Setup): string[] {
  const found: string[] = [];
  if (setup.grid.length < 2) found.push("The grid needs two cars or more.");
  if (!setup.grid.some((entry) => entry.driver === setup.car)) found.push("Choose a car of the grid.");
  for (const [name, plan] of [
    ["Plan A", setup.planA],
    ["Plan B", setup.planB],
  ] as const) {
    const laps = plan?.map((stop) => stop.lap) ?? [];
    if (new Set(laps).size < laps.length) found.push(`${name} stops twice on a lap.`);
  }
  if (new Set(setup.rain.map(({ lap }) => lap)).size < setup.rain.length) found.push("Rain: one chance from a lap.");
  return found;
}
