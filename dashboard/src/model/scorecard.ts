/** The scorecard as the page shows it: distances, forecasters, measures with their units, reliability points. */

import type { Schemas } from "@/api/client";

export type Scorecard = Schemas["Scorecard"];
export type Bin = Schemas["ReliabilityBin"];

/** Shares of the race's distance at which was asked, in order. */
export function distances(card: Scorecard): string[] {
  return Object.keys(card.places).sort((a, b) => Number(a) - Number(b));
}

export function distanceName(key: string): string {
  if (key === "all") return "All";
  return Number(key) === 0 ? "Lap 1" : `${Math.round(100 * Number(key))}%`;
}

export interface Measure {
  key: string;
  label: string;
  meaning: string;
  /** Whether more is better. */
  up: boolean;
  digits: number;
}

export const MEASURES: readonly Measure[] = [
  { key: "rps", label: "RPS", meaning: "ranked probability score of the whole order", up: false, digits: 4 },
  { key: "crps", label: "CRPS", meaning: "mean miss of a car's place, in places", up: false, digits: 2 },
  { key: "spearman", label: "Spearman", meaning: "rank correlation of the expected order", up: true, digits: 3 },
  {
    key: "winner",
    label: "Winner named",
    meaning: "share of races whose winner was the favorite",
    up: true,
    digits: 2,
  },
  {
    key: "podium",
    label: "Podium named",
    meaning: "share of the podium among the three favorites",
    up: true,
    digits: 2,
  },
  { key: "brier_win", label: "Brier, win", meaning: "squared error of the chance to win", up: false, digits: 4 },
  {
    key: "brier_podium",
    label: "Brier, podium",
    meaning: "squared error of the chance of a podium",
    up: false,
    digits: 4,
  },
  {
    key: "brier_points",
    label: "Brier, points",
    meaning: "squared error of the chance of points",
    up: false,
    digits: 4,
  },
];

/** Who else foretold the same: the strongest baseline first. */
export const BASELINES: readonly { key: string; label: string }[] = [
  { key: "table", label: "Table of past finishes by place" },
  { key: "running order", label: "Running order" },
  { key: "grid order", label: "Grid order" },
];

/** The questions of which reliability is known at a distance, with their bins. */
export function questions(card: Scorecard, distance: string): { name: string; bins: readonly Bin[] }[] {
  const places = Object.entries(card.calibration[distance]?.bins ?? {}).filter(([name]) => name !== "pooled");
  const others = Object.entries(card.reliability[distance] ?? {});
  return [...places, ...others].map(([name, bins]) => ({ name, bins }));
}

/** 90% interval of a share of n, by Wilson's score. */
export function wilson(share: number, n: number): [number, number] {
  const z = 1.6449;
  const middle = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))) / (1 + (z * z) / n);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

export function figure(value: number | null | undefined, digits: number): string {
  return value === null || value === undefined ? "–" : value.toFixed(digits);
}
