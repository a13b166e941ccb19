/** What is told lap by lap: places, lap times, fuel, safety cars. */
"use client";

import { useMemo } from "react";
import { ChartFrame } from "@/charts/ChartFrame";
import { rowsByLap } from "@/charts/export";
import { Key, Swatch } from "@/charts/Key";
import { type Line, LineChart } from "@/charts/LineChart";
import { lapTimeShort } from "@/ui/format";
import type { Ran } from "../useSimulation";
import { A, B, carOf, DASH_B, fan, lapsOf } from "./rows";

const laps = (value: number) => String(value);

/** Lines of the car under both plans. */
function both(ran: Ran, pick: (answer: Ran["a"]) => readonly (number | null)[] | undefined, width = 2): Line[] {
  const car = ran.setup.car;
  const a = pick(ran.a);
  const b = ran.b ? pick(ran.b) : undefined;
  return [
    ...(a ? [{ name: b ? `${car}, plan A` : car, color: A, width, values: a }] : []),
    ...(b ? [{ name: `${car}, plan B`, color: B, width, dash: DASH_B, values: b }] : []),
  ];
}

function Legend({ ran }: { ran: Ran }) {
  if (!ran.b) return null;
  return (
    <>
      <Key color={A}>Plan A</Key>
      <Key color={B} dash={DASH_B}>
        Plan B
      </Key>
    </>
  );
}

export function Positions({ ran }: { ran: Ran }) {
  const { a, b, setup } = ran;
  const x = useMemo(() => lapsOf(a), [a]);
  const n = a.cars.length;
  const lines = useMemo(() => {
    const rivals = a.cars
      .filter((car) => car.driver_id !== setup.car)
      .map(
        (car): Line => ({
          name: car.driver_id,
          color: "var(--c-strong)",
          width: 1,
          values: car.positions.map(({ median }) => median),
        }),
      );
    const own = carOf(a, setup.car);
    const other = b ? carOf(b, setup.car) : undefined;
    const first = own ? fan(own, b ? "plan A" : setup.car, A, rivals.length) : [];
    const second = other ? fan(other, "plan B", B, rivals.length + first.length, DASH_B) : [];
    return [...rivals, ...first, ...second];
  }, [a, b, setup.car]);
  const own = carOf(a, setup.car);
  return (
    <ChartFrame
      title={`Place by lap, ${setup.car}`}
      summary={`Median and the band that holds 80 of 100 races, over the first ${a.n_scenarios_by_lap.toLocaleString("en")} of them. Thin lines: the rivals' medians.`}
      legend={
        <>
          <Legend ran={ran} />
          <Swatch color={A} opacity={0.2}>
            10th to 90th percentile
          </Swatch>
        </>
      }
      rows={() =>
        (b
          ? [
              { plan: "A", answer: a },
              { plan: "B", answer: b },
            ]
          : [{ plan: "A", answer: a }]
        ).flatMap(({ plan, answer }) =>
          answer.cars.flatMap((car) => car.positions.map((at) => ({ plan, driver: car.driver_id, ...at }))),
        )
      }
    >
      <LineChart
        x={x}
        lines={lines}
        xLabel="Lap"
        yLabel="Place"
        invert
        height={330}
        yRange={[0.5, n + 0.5]}
        format={laps}
        label={
          own
            ? `${setup.car}: median place ${own.positions[0]?.median} after the first lap, ${own.positions.at(-1)?.median} at the end`
            : "no such car"
        }
      />
    </ChartFrame>
  );
}

interface SeriesProps {
  ran: Ran;
  title: string;
  summary: string;
  yLabel: string;
  unit: string;
  pick: (answer: Ran["a"]) => readonly (number | null)[] | undefined;
  format?: (value: number) => string;
}

function Series({ ran, title, summary, yLabel, unit, pick, format }: SeriesProps) {
  const x = useMemo(() => lapsOf(ran.a), [ran]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `pick` is told anew each time and means the same
  const lines = useMemo(() => both(ran, pick), [ran]);
  return (
    <ChartFrame
      title={title}
      summary={summary}
      legend={lines.length > 1 && <Legend ran={ran} />}
      rows={() => rowsByLap(x, lines, unit)}
    >
      <LineChart
        x={x}
        lines={lines}
        xLabel="Lap"
        yLabel={yLabel}
        height={200}
        {...(format && { format })}
        label={summary}
      />
    </ChartFrame>
  );
}

export function LapTimes({ ran }: { ran: Ran }) {
  return (
    <Series
      ran={ran}
      title={`Lap times, ${ran.setup.car}`}
      summary="Median over the races in which the lap is completed; laps with a stop stand out where most races stop."
      yLabel="Lap time"
      unit="s"
      pick={(answer) => carOf(answer, ran.setup.car)?.lap_times}
      format={lapTimeShort}
    />
  );
}

export function Fuel({ ran }: { ran: Ran }) {
  return (
    <Series
      ran={ran}
      title={`Fuel aboard, ${ran.setup.car}`}
      summary="At the end of the lap, by a physical rule: no meter is public."
      yLabel="kg"
      unit="kg"
      pick={(answer) => carOf(answer, ran.setup.car)?.fuel}
    />
  );
}

export function SafetyCars({ ran }: { ran: Ran }) {
  return (
    <Series
      ran={ran}
      title="Safety car by lap"
      summary="Share of the races in which a safety car is out on the lap."
      yLabel="%"
      unit="%"
      pick={(answer) => (answer === ran.a ? answer.safety_car_probability.map((p) => 100 * p) : undefined)}
    />
  );
}
