/** What the product would have been asked at the end of a lap: made from laps up to it, and nothing later. */

import type { Car, Lap, Race } from "./race";

/** The body of POST /recommend. */
export type Question = NonNullable<ReturnType<typeof question>>;

/** Fuel allowed for a race, kg (FIA Technical Regulations since 2019); who knows no better burns it evenly. */
const START_FUEL = 110;
const RECENT_LAPS = 10;
const LONGEST_GAP = 7200;

/** The laps at which can be asked about a car: it has completed them, and there is a later one to race. */
export function askable(race: Race, car: Car): number {
  return Math.min(car.completed, total(race) - 1);
}

export function total(race: Race): number {
  return race.summary.total_laps ?? race.length;
}

/** The question about `driver` at the end of `lap`; null where it has not completed that lap. */
export function question(race: Race, driver: string, lap: number) {
  const running = race.cars
    .flatMap((car) => {
      const known = car.laps.slice(0, lap + 1);
      const last = known[lap];
      return last ? [{ car, known, last }] : [];
    })
    .sort((a, b) => (a.last.gap_to_leader ?? LONGEST_GAP) - (b.last.gap_to_leader ?? LONGEST_GAP));
  let behind = 0;
  const field = running.map(({ car, known, last }, index) => {
    behind = Math.min(LONGEST_GAP, Math.max(behind, last.gap_to_leader ?? behind));
    return entry(car, known, last, index + 1, index === 0 ? 0 : behind);
  });
  const own = field.find((one) => one.driver_id === driver);
  if (!own) return null;
  const status = running.find(({ car }) => car.driver === driver)?.last.track_status;
  return {
    driver_id: driver,
    circuit_id: race.summary.circuit_id,
    season: race.summary.season,
    lap,
    total_laps: total(race),
    position: own.position,
    gap_to_leader: own.gap_to_leader,
    tire_compound: own.tire_compound,
    tire_age: own.tire_age,
    compounds_used: own.compounds_used,
    pit_stops: own.pit_stops,
    fuel_remaining: Math.round(10 * START_FUEL * (1 - lap / total(race))) / 10,
    track_status: statusOf(status),
    field,
    seed: 1,
  };
}

function entry(car: Car, known: readonly (Lap | undefined)[], last: Lap, position: number, gap: number) {
  const laps = known.filter((lap) => lap !== undefined);
  const fitted = [...laps].reverse().find((lap) => lap.tire_compound)?.tire_compound ?? "MEDIUM";
  const used = laps.flatMap((lap) => (lap.tire_compound ? [lap.tire_compound] : []));
  return {
    driver_id: car.driver,
    team: car.team,
    position,
    gap_to_leader: Math.round(1000 * gap) / 1000,
    tire_compound: fitted,
    tire_age: Math.max(0, Math.round(last.tire_age ?? 0)),
    compounds_used: [...new Set([...used, fitted])],
    pit_stops: laps.filter((lap) => lap.pit_in).length,
    in_pit: last.pit_in ?? false,
    recent_laps: laps.slice(-RECENT_LAPS).map((lap) => ({
      lap: lap.lap,
      lap_time: lap.lap_time !== null && lap.lap_time > 0 ? lap.lap_time : null,
      tire_compound: lap.tire_compound,
      tire_age: lap.tire_age === null ? null : Math.round(lap.tire_age),
      track_status: statusOf(lap.track_status),
      pit_in: lap.pit_in ?? false,
      pit_out: lap.pit_out ?? false,
    })),
  };
}

function statusOf(status: string | null | undefined): string {
  return status && ["GREEN", "YELLOW", "VSC", "SC", "RED"].includes(status) ? status : "GREEN";
}

/** What the car did after `lap`: its later stops. */
export function done(car: Car, lap: number) {
  return car.stops.filter((stop) => stop.lap > lap);
}
