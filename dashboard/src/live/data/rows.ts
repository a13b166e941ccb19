/** The tower's rows, from what a race tells and what a call forecasts. */

import type { Call, CarState, FieldCar, ForecastRow, Live } from "./types";

export interface Row {
  driver: string;
  team: string | null;
  /** null once the car is out. */
  position: number | null;
  /** Places won (positive) or lost since the start; null where the grid is not known. */
  gained: number | null;
  gapToLeader: number | null;
  /** To the car ahead. */
  interval: number | null;
  compound: string | null;
  tireAge: number | null;
  stops: number;
  lastLap: number | null;
  /** How the last lap compares: the best of the race, of the car, or neither. */
  lapKind: "best" | "own" | "plain";
  inPit: boolean;
  out: boolean;
  /** Places lost to announced penalties are still to come. */
  penalty: number;
  odds: ForecastRow | undefined;
}

/** Lap times told so far, by driver: the best of each. `bests` holds those of laps no longer told. */
export function bestLaps(live: Live, bests: ReadonlyMap<string, number> = new Map()): Map<string, number> {
  const found = new Map(bests);
  for (const car of live.field) {
    for (const { lap_time } of car.recent_laps) {
      if (lap_time !== null && lap_time < (found.get(car.driver_id) ?? Infinity)) found.set(car.driver_id, lap_time);
    }
  }
  return found;
}

export function rows(live: Live, call: Call | undefined, bests: ReadonlyMap<string, number> = new Map()): Row[] {
  const best = bestLaps(live, bests);
  const quickest = Math.min(...best.values());
  const states = new Map(live.cars.map((car) => [car.driver_id, car]));
  const odds = new Map(call?.forecast.map((row) => [row.driver_id, row]));
  const running = [...live.field].sort((a, b) => a.position - b.position);
  const told = running.map((car, index) => {
    const ahead = running[index - 1];
    const last = car.recent_laps.at(-1)?.lap_time ?? null;
    const kind = last === null || last > (best.get(car.driver_id) ?? 0) ? "plain" : last <= quickest ? "best" : "own";
    return {
      driver: car.driver_id,
      team: car.team,
      position: car.position,
      gained: car.grid_position === null ? null : car.grid_position - car.position,
      gapToLeader: car.gap_to_leader,
      interval: ahead ? car.gap_to_leader - ahead.gap_to_leader : null,
      compound: car.tire_compound,
      tireAge: car.tire_age,
      stops: car.pit_stops,
      lastLap: last,
      lapKind: car.recent_laps.length > 1 ? kind : "plain",
      inPit: live.lap < live.total_laps && inPit(car, states.get(car.driver_id)),
      out: false,
      penalty: car.time_penalty,
      odds: odds.get(car.driver_id),
    } satisfies Row;
  });
  const out = live.cars.filter((car) => !running.some((row) => row.driver_id === car.driver_id));
  return [...told, ...out.sort((a, b) => b.lap - a.lap).map(retired)];
}

/** Until the leader has the flag: then all come in, and the gap at the flag is what counts. */
function inPit(car: FieldCar, state: CarState | undefined): boolean {
  return car.in_pit || (state?.in_pit_lane ?? false);
}

function retired(car: CarState): Row {
  return {
    driver: car.driver_id,
    team: null,
    position: null,
    gained: null,
    gapToLeader: null,
    interval: null,
    compound: null,
    tireAge: null,
    stops: 0,
    lastLap: null,
    lapKind: "plain",
    inPit: false,
    out: true,
    penalty: 0,
    odds: undefined,
  };
}

export type GapMode = "leader" | "interval" | "car";

/** A car's gap as the mode has it: seconds behind the leader, the car ahead, or `reference` (negative: ahead of it). */
export function gapOf(row: Row, mode: GapMode, reference: Row | undefined): number | null {
  if (row.gapToLeader === null) return null;
  if (mode === "interval") return row.interval;
  if (mode === "car") return reference?.gapToLeader == null ? null : row.gapToLeader - reference.gapToLeader;
  return row.position === 1 ? null : row.gapToLeader;
}
