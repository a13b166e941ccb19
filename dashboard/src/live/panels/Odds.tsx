/** How the chosen car's odds have moved, lap by lap, as they were told. */
"use client";

import { useMemo } from "react";
import { ChartFrame } from "@/charts/ChartFrame";
import { LineChart } from "@/charts/LineChart";
import { Panel } from "@/ui/Panel";
import type { Archive } from "../data/archive";

const LINES = [
  { name: "Win", color: "var(--c-accent)", key: "win_probability", dash: [] },
  { name: "Podium", color: "var(--c-warn)", key: "podium_probability", dash: [6, 3] },
  { name: "Points", color: "var(--c-good)", key: "points_probability", dash: [2, 3] },
] as const;

interface Props {
  archive: Archive;
  driver: string;
  /** The lap shown: later ones are not told. */
  until: number;
  total: number;
}

/** By lap, what the calls that are kept foretold of a car, whichever car they were made for. */
export function oddsByLap(archive: Archive, driver: string, until: number) {
  return [...archive]
    .filter(([lap]) => lap <= until)
    .sort(([a], [b]) => a - b)
    .flatMap(([lap, { calls }]) => {
      const call = calls[driver] ?? Object.values(calls)[0];
      const row = call?.forecast.find((other) => other.driver_id === driver);
      return row ? [{ lap, ...row }] : [];
    });
}

export function Odds({ archive, driver, until, total }: Props) {
  const told = useMemo(() => oddsByLap(archive, driver, until), [archive, driver, until]);
  const x = useMemo(() => [...told.map((row) => row.lap), total], [told, total]);
  const lines = useMemo(
    () =>
      LINES.map(({ name, color, key, dash }) => ({
        name,
        color,
        dash: [...dash],
        values: [...told.map((row) => 100 * row[key]), null],
      })),
    [told],
  );
  if (told.length < 2) return null;
  return (
    <Panel>
      <ChartFrame
        title={`Odds of ${driver}`}
        summary="As they were told at the end of each lap that this page saw."
        legend={LINES.map(({ name, color, dash }) => (
          <span key={name} className="label inline-flex items-center gap-1.5">
            <svg aria-hidden width="22" height="6">
              <line x1="0" x2="22" y1="3" y2="3" stroke={color} strokeWidth="2" strokeDasharray={dash.join(" ")} />
            </svg>
            {name}
          </span>
        ))}
        rows={() =>
          told.map(({ lap, win_probability, podium_probability, points_probability }) => ({
            lap,
            win_probability,
            podium_probability,
            points_probability,
          }))
        }
      >
        <LineChart
          x={x}
          lines={lines}
          xLabel="Lap"
          yLabel="Chance, %"
          yRange={[0, 100]}
          height={180}
          label={`Chance of a win, podium and points by lap; latest ${LINES.map(({ name, key }) => `${name} ${Math.round(100 * (told.at(-1)?.[key] ?? 0))}%`).join(", ")}`}
        />
      </ChartFrame>
    </Panel>
  );
}
