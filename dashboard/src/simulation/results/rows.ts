/** What charts of a simulated race are drawn from. */

import type { Line } from "@/charts/LineChart";
import type { Stint } from "@/charts/svg";
import type { Entry } from "../setup/setup";
import type { Answer } from "../useSimulation";

export const A = "var(--c-accent)";
export const B = "var(--c-warn)";
export const DASH_B = [7, 4];

export type Car = Answer["cars"][number];

export function carOf(answer: Answer, driver: string): Car | undefined {
  return answer.cars.find((car) => car.driver_id === driver);
}

/** Laps on the x axis. */
export function lapsOf(answer: Answer): number[] {
  const length = answer.cars[0]?.positions.length ?? 0;
  return Array.from({ length }, (_, index) => answer.first_lap + index);
}

/** Forecast rows by expected place. */
export function byPlace(answer: Answer) {
  return [...answer.forecast].sort((a, b) => a.expected_position - b.expected_position);
}

/** Median place with the band between the 10th and 90th percentile, as three lines. */
export function fan(car: Car, name: string, color: string, at: number, dash?: number[]): Line[] {
  return [
    { name: `${name}, 10th percentile`, color, width: 0.75, values: car.positions.map(({ p10 }) => p10) },
    { name: `${name}, 90th percentile`, color, width: 0.75, values: car.positions.map(({ p90 }) => p90), fillTo: at },
    {
      name: `${name}, median`,
      color,
      width: 2.75,
      values: car.positions.map(({ median }) => median),
      ...(dash && { dash }),
    },
  ];
}

/** Stints of the most frequent strategy of a car that starts as `entry`, to lap `last`. */
export function stints(
  entry: Entry | undefined,
  stops: readonly { lap: number; compound: string }[],
  last: number,
): Stint[] {
  const found: Stint[] = [];
  let first = 1;
  let compound: string | null = entry?.compound ?? null;
  for (const stop of stops) {
    found.push({ compound, first, last: stop.lap, ...(first === 1 && entry?.age && { age: entry.age }) });
    first = stop.lap + 1;
    compound = stop.compound;
  }
  found.push({ compound, first, last, ...(first === 1 && entry?.age && { age: entry.age }) });
  return found;
}

/** 5412.3 s as 1:30:12.3. */
export function raceTime(seconds: number | null): string {
  if (seconds === null) return "–";
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return `${hours}:${String(minutes).padStart(2, "0")}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
}
