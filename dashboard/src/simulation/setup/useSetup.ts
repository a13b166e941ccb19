/** The setup as the address has it, with what is usual where it says nothing. */
"use client";

import { useMemo } from "react";
import { setUrl, useUrlState } from "@/state/url";
import {
  gridCode,
  planCode,
  rainCode,
  readGrid,
  readPlan,
  readRain,
  type Season,
  type Setup,
  usualGrid,
} from "./setup";

export const USUAL_SCENARIOS = 4000;

export function useSetup(seasons: readonly Season[]): [Setup, (change: Partial<Setup>) => void] {
  const [circuit] = useUrlState("circuit", "bahrain");
  const [seasonText] = useUrlState("season", String(seasons[0]?.season ?? new Date().getFullYear()));
  const [laps] = useUrlState("laps");
  const [scenarios] = useUrlState("n", String(USUAL_SCENARIOS));
  const [seed] = useUrlState("seed", "1");
  const [rain] = useUrlState("rain");
  const [grid] = useUrlState("grid");
  const [car] = useUrlState("car");
  const [planA] = useUrlState("plan");
  const [planB] = useUrlState("against", "off");
  const setup = useMemo<Setup>(() => {
    const season = seasons.find((one) => one.season === Number(seasonText));
    const entries = grid === "" ? usualGrid(season) : readGrid(grid);
    return {
      circuit,
      season: Number(seasonText),
      laps: laps === "" ? null : Number(laps),
      scenarios: Math.min(20_000, Math.max(1000, Number(scenarios) || USUAL_SCENARIOS)),
      seed: Number(seed) || 0,
      rain: readRain(rain),
      grid: entries,
      car: entries.some((entry) => entry.driver === car) ? car : (entries[0]?.driver ?? ""),
      planA: readPlan(planA),
      planB: planB === "off" ? undefined : readPlan(planB),
    };
  }, [seasons, circuit, seasonText, laps, scenarios, seed, rain, grid, car, planA, planB]);
  return [setup, change];
}

/** What changes goes into the address; `run` is dropped, since what was run is another. */
function change(values: Partial<Setup>): void {
  const texts: Record<string, string | null> = {};
  if (values.circuit !== undefined) texts.circuit = values.circuit;
  if (values.season !== undefined) Object.assign(texts, { season: String(values.season), grid: null, car: null });
  if (values.laps !== undefined) texts.laps = values.laps === null ? null : String(values.laps);
  if (values.scenarios !== undefined) texts.n = String(values.scenarios);
  if (values.seed !== undefined) texts.seed = String(values.seed);
  if (values.rain !== undefined) texts.rain = rainCode(values.rain) || null;
  if (values.grid !== undefined) texts.grid = gridCode(values.grid) || null;
  if (values.car !== undefined) texts.car = values.car;
  if ("planA" in values) texts.plan = planCode(values.planA ?? null) || null;
  if ("planB" in values) texts.against = values.planB ? planCode(values.planB) : null;
  setUrl(texts);
}
