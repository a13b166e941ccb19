/** A recorded race made ready for charts: laps by car, places, gaps, stints, track status. */

import type { Schemas } from "@/api/client";
import type { Line, Span } from "@/charts/LineChart";
import type { Stint } from "@/charts/svg";
import { teamColor } from "@/live/data/teams";

export type Lap = Schemas["RecordedLap"];
export type Recorded = Schemas["RaceLaps"];
export type Summary = Schemas["RaceSummary"];

export interface Car {
  driver: string;
  name: string;
  team: string | null;
  grid: number | null;
  /** As classified; null: not classified, or not known. */
  position: number | null;
  points: number | null;
  status: string | null;
  color: string;
  /** The second car of a team. */
  second: boolean;
  laps: readonly (Lap | undefined)[];
  completed: number;
  stops: readonly { lap: number; compound: string | null }[];
  /** Tires changed without a stop, as under a red flag: the last lap on the old ones, and the new ones. */
  changes: readonly { lap: number; compound: string | null }[];
  stints: readonly Stint[];
}

export interface Race {
  summary: Summary;
  /** Laps that were run. */
  length: number;
  cars: readonly Car[];
  spans: readonly (Span & { status: string })[];
}

export const STATUS: Record<string, { label: string; color: string }> = {
  SC: { label: "Safety car", color: "var(--c-warn)" },
  VSC: { label: "Virtual safety car", color: "var(--tire-medium)" },
  YELLOW: { label: "Yellow flag", color: "var(--c-faint)" },
  RED: { label: "Red flag", color: "var(--c-bad)" },
};

export function raceOf(summary: Summary, recorded: Recorded): Race {
  const length = recorded.laps.reduce((most, { lap }) => Math.max(most, lap), 0);
  const byDriver = new Map<string, Lap[]>();
  for (const lap of recorded.laps) {
    const kept = byDriver.get(lap.driver_id);
    if (kept) kept.push(lap);
    else byDriver.set(lap.driver_id, [lap]);
  }
  const known = new Map(recorded.cars?.map((car, index) => [car.driver_id, { ...car, index }]));
  const teams = new Set<string>();
  const cars = [...byDriver]
    .map(([driver, laps]): Car => {
      const about = known.get(driver);
      const team = about?.team ?? null;
      const completed = laps.reduce((most, { lap }) => Math.max(most, lap), 0);
      const by: (Lap | undefined)[] = Array.from({ length: length + 1 });
      for (const lap of laps) by[lap.lap] = lap;
      return {
        driver,
        name: about?.name ?? driver,
        team,
        grid: about?.grid ?? null,
        position: about?.position ?? null,
        points: about?.points ?? null,
        status: about?.status ?? null,
        color: teamColor(team),
        second: false,
        laps: by,
        completed,
        stops: stopsOf(by),
        changes: changesOf(by),
        stints: stintsOf(by),
      };
    })
    .sort((a, b) => rank(a, known, length) - rank(b, known, length))
    .map((car) => {
      const second = car.team !== null && teams.has(car.team);
      if (car.team) teams.add(car.team);
      return { ...car, second };
    });
  return { summary, length, cars, spans: spansOf(recorded.laps, length) };
}

/** The order of the result; where none is known, laps and then the place at the last of them. */
function rank(car: Car, known: ReadonlyMap<string, { index: number }>, length: number): number {
  return known.get(car.driver)?.index ?? 100 * (1 + length - car.completed) + (car.laps[car.completed]?.position ?? 99);
}

function stopsOf(laps: readonly (Lap | undefined)[]) {
  return laps.flatMap((lap, number) =>
    lap?.pit_in && laps[number + 1] ? [{ lap: number, compound: laps[number + 1]?.tire_compound ?? null }] : [],
  );
}

function changesOf(laps: readonly (Lap | undefined)[]) {
  return laps.flatMap((lap, number) => {
    const next = laps[number + 1];
    const other = lap && next && lap.stint !== null && next.stint !== null && lap.stint !== next.stint;
    return other && !lap.pit_in ? [{ lap: number, compound: next.tire_compound }] : [];
  });
}

function stintsOf(laps: readonly (Lap | undefined)[]): Stint[] {
  const found: Stint[] = [];
  let stint: number | null | undefined;
  for (const lap of laps) {
    if (!lap) continue;
    const last = found[found.length - 1];
    if (last && lap.stint === stint) last.last = lap.lap;
    else
      found.push({
        compound: lap.tire_compound,
        first: lap.lap,
        last: lap.lap,
        age: Math.max(0, (lap.tire_age ?? 1) - 1),
      });
    stint = lap.stint;
  }
  return found;
}

/** Stretches of laps on which half the field or more had the status. */
function spansOf(laps: readonly Lap[], length: number): Race["spans"] {
  const counts = Array.from({ length: length + 1 }, () => new Map<string, number>());
  for (const { lap, track_status } of laps) {
    const at = counts[lap];
    if (at && track_status) at.set(track_status, (at.get(track_status) ?? 0) + 1);
  }
  const found: (Span & { status: string })[] = [];
  counts.forEach((at, lap) => {
    const [status] = [...at].sort((a, b) => b[1] - a[1])[0] ?? [];
    const style = status ? STATUS[status] : undefined;
    if (!status || !style) return;
    const last = found[found.length - 1];
    if (last?.status === status && last.to === lap - 1) last.to = lap;
    else found.push({ status, from: lap - 1, to: lap, color: style.color });
  });
  return found;
}

export function lapNumbers(race: Race, from = 0): number[] {
  return Array.from({ length: race.length + 1 - from }, (_, index) => from + index);
}

interface Style {
  picked: readonly string[];
}

function line(car: Car, { picked }: Style, values: readonly (number | null)[]): Line {
  const on = picked.length === 0 || picked.includes(car.driver);
  return {
    name: car.driver,
    color: on ? car.color : "var(--c-strong)",
    width: picked.includes(car.driver) ? 3 : on ? 1.75 : 1,
    ...(car.second && on && { dash: [6, 3] }),
    values,
  };
}

/** Places by lap, from the grid on; those picked are drawn last. */
export function positionLines(race: Race, picked: readonly string[]): Line[] {
  return ordered(race, picked).map((car) =>
    line(car, { picked }, [car.grid || null, ...car.laps.slice(1).map((lap) => lap?.position ?? null)]),
  );
}

/** Seconds to the car of reference at the end of each lap: above 0 is behind it. */
export function gapLines(race: Race, reference: string, picked: readonly string[]): Line[] {
  const own = race.cars.find((car) => car.driver === reference);
  return ordered(race, [reference, ...picked]).map((car) =>
    line(
      car,
      { picked: picked.length === 0 ? [] : [reference, ...picked] },
      car.laps.slice(1).map((lap, index) => difference(lap?.gap_to_leader, own?.laps[index + 1]?.gap_to_leader)),
    ),
  );
}

export function lapTimeLines(race: Race, picked: readonly string[]): Line[] {
  return race.cars
    .filter((car) => picked.includes(car.driver))
    .map((car) =>
      line(
        car,
        { picked: [] },
        car.laps.slice(1).map((lap) => lap?.lap_time ?? null),
      ),
    );
}

function ordered(race: Race, picked: readonly string[]): Car[] {
  return [...race.cars].sort((a, b) => Number(picked.includes(a.driver)) - Number(picked.includes(b.driver)));
}

function difference(a: number | null | undefined, b: number | null | undefined): number | null {
  return a === null || a === undefined || b === null || b === undefined ? null : a - b;
}

/** Figures of a car over the laps that it drove at racing speed: no stop, no neutralization, not the first. */
export function pace(car: Car): { median: number | null; laps: number } {
  const times = car.laps
    .flatMap((lap) =>
      lap?.lap_time && lap.lap > 1 && lap.track_status === "GREEN" && !lap.pit_in && !lap.pit_out ? [lap.lap_time] : [],
    )
    .sort((a, b) => a - b);
  const middle = times.length >> 1;
  const median = times.length % 2 ? times[middle] : ((times[middle - 1] ?? 0) + (times[middle] ?? 0)) / 2;
  return { median: times.length ? (median ?? null) : null, laps: times.length };
}

export function ledLaps(car: Car): number {
  return car.laps.filter((lap) => lap?.position === 1).length;
}
