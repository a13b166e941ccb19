/** A recorded race in charts: places by lap, gaps to a car, stints, lap times. */
"use client";

import { useMemo } from "react";
import { ChartFrame } from "@/charts/ChartFrame";
import { rowsByLap } from "@/charts/export";
import { Key, Swatch } from "@/charts/Key";
import { LineChart } from "@/charts/LineChart";
import { linear } from "@/charts/scale";
import { StintBar, SvgChart, XAxis } from "@/charts/svg";
import { useWidth } from "@/charts/useWidth";
import { lapTimeShort, signed } from "@/ui/format";
import { gapLines, lapNumbers, lapTimeLines, positionLines, type Race, STATUS } from "./race";

interface Props {
  race: Race;
  picked: readonly string[];
  toggle: (driver: string) => void;
}

const whole = (value: number) => (Number.isInteger(value) ? String(value) : "");

function Bands({ race }: { race: Race }) {
  return [...new Set(race.spans.map((span) => span.status))].map((status) => (
    <Swatch key={status} color={STATUS[status]?.color ?? ""} opacity={0.35}>
      {STATUS[status]?.label ?? status}
    </Swatch>
  ));
}

/** Buttons in the order of the result, each with its car's stroke: a legend that picks. */
function Cars({ race, picked, toggle }: Props) {
  return (
    <fieldset className="flex flex-wrap gap-1">
      <legend className="sr-only">Cars to pick out</legend>
      {race.cars.map((car) => (
        <button
          key={car.driver}
          type="button"
          aria-pressed={picked.includes(car.driver)}
          title={`${car.name}${car.team ? `, ${car.team}` : ""}`}
          className="control min-h-7 gap-1 px-1.5"
          onClick={() => toggle(car.driver)}
        >
          <svg aria-hidden width="14" height="4">
            <line
              x2="14"
              y1="2"
              y2="2"
              stroke={car.color}
              strokeWidth="3.5"
              strokeDasharray={car.second ? "5 2.5" : undefined}
            />
          </svg>
          {car.driver}
        </button>
      ))}
    </fieldset>
  );
}

export function Positions(props: Props) {
  const { race, picked } = props;
  const x = useMemo(() => lapNumbers(race), [race]);
  const lines = useMemo(() => positionLines(race, picked), [race, picked]);
  return (
    <ChartFrame
      title={`Places by lap, ${race.summary.name ?? race.summary.race_id} ${race.summary.season}`}
      summary="Lap 0 is the grid. A dashed line is the second car of a team; a line ends with the last lap completed."
      legend={
        <>
          <Cars {...props} />
          <Bands race={race} />
        </>
      }
      rows={() =>
        race.cars.flatMap((car) =>
          car.laps.flatMap((lap) =>
            lap ? [{ driver: car.driver, lap: lap.lap, place: lap.position, status: lap.track_status }] : [],
          ),
        )
      }
    >
      <LineChart
        x={x}
        lines={lines}
        spans={race.spans}
        xLabel="Lap"
        yLabel="Place"
        invert
        height={380}
        yRange={[0.5, race.cars.length + 0.5]}
        format={whole}
        label={race.cars.map((car) => `${car.driver} from ${car.grid ?? "?"} to ${car.position ?? "out"}`).join(", ")}
      />
    </ChartFrame>
  );
}

export function Gaps({ race, picked, reference }: Props & { reference: string }) {
  const x = useMemo(() => lapNumbers(race, 1), [race]);
  const lines = useMemo(() => gapLines(race, reference, picked), [race, reference, picked]);
  const range = useMemo(() => gapRange(lines.map((one) => one.values)), [lines]);
  return (
    <ChartFrame
      title={`Gaps to ${reference}`}
      summary={`Seconds at the end of each lap: above the zero line the car is ahead of ${reference}, below it is behind. Cars more than a minute and a half away leave the chart.`}
      legend={<Bands race={race} />}
      rows={() => rowsByLap(x, lines)}
    >
      <LineChart
        x={x}
        lines={lines}
        spans={race.spans}
        xLabel="Lap"
        yLabel="Gap, s"
        invert
        height={Math.max(300, race.cars.length * ROW - 40)}
        yRange={range}
        format={(value) => signed(value, 0)}
        label={`Gaps of all cars to ${reference}; the CSV holds every value.`}
      />
    </ChartFrame>
  );
}

/** From the furthest ahead to the furthest behind, ninety seconds at most each way. */
function gapRange(values: readonly (readonly (number | null)[])[]): [number, number] {
  let low = -5;
  let high = 5;
  for (const row of values)
    for (const value of row) if (value !== null) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [Math.max(-90, low - 2), Math.min(90, high + 2)];
}

export function LapTimes({ race, picked }: Props) {
  const x = useMemo(() => lapNumbers(race, 1), [race]);
  const lines = useMemo(() => lapTimeLines(race, picked), [race, picked]);
  const range = useMemo(() => {
    const times = lines.flatMap((one) => one.values.filter((value) => value !== null)).sort((a, b) => a - b);
    const best = times[0] ?? 80;
    return [best - 0.5, (times[times.length >> 1] ?? best) * 1.09] as [number, number];
  }, [lines]);
  return (
    <ChartFrame
      title={`Lap times, ${picked.join(" and ")}`}
      summary="Laps much slower than the median, with a stop or behind a safety car, leave the chart."
      legend={
        <>
          {race.cars
            .filter((car) => picked.includes(car.driver))
            .map((car) => (
              <Key key={car.driver} color={car.color} {...(car.second && { dash: [5, 3] })}>
                {car.name}
              </Key>
            ))}
          <Bands race={race} />
        </>
      }
      rows={() => rowsByLap(x, lines)}
    >
      <LineChart
        x={x}
        lines={lines}
        spans={race.spans}
        xLabel="Lap"
        yLabel="Lap time"
        height={300}
        yRange={range}
        format={lapTimeShort}
        label={`Lap times of ${picked.join(" and ")}; the CSV holds every value.`}
      />
    </ChartFrame>
  );
}

const LEFT = 40;
const ROW = 19;

export function Stints({ race, picked, toggle }: Props) {
  const [frame, width] = useWidth<HTMLDivElement>(640);
  const x = linear([0, race.length], [LEFT, width - 6]);
  const bottom = race.cars.length * ROW + 4;
  return (
    <div ref={frame}>
      <ChartFrame
        title="Tire stints"
        summary="In the order of the result: letter and laps of each set; bands are neutralizations."
        legend={<Bands race={race} />}
        rows={() =>
          race.cars.flatMap((car) =>
            car.stints.map((stint, index) => ({
              driver: car.driver,
              stint: index + 1,
              tire: stint.compound,
              first_lap: stint.first,
              last_lap: stint.last,
              age_when_fitted: stint.age,
            })),
          )
        }
      >
        <SvgChart
          width={width}
          height={bottom + 20}
          label={race.cars
            .map(
              (car) =>
                `${car.driver}: ${car.stints.map((stint) => `${stint.compound?.toLowerCase() ?? "unknown"} to lap ${stint.last}`).join(", ")}`,
            )
            .join("; ")}
        >
          {race.spans.map((span) => (
            <rect
              key={span.from}
              x={x(span.from)}
              width={Math.max(1, x(span.to) - x(span.from))}
              y={0}
              height={bottom}
              fill={span.color}
              opacity={0.16}
            />
          ))}
          <XAxis scale={x} at={bottom} to={0} />
          {race.cars.map((car, index) => (
            // biome-ignore lint/a11y/noStaticElementInteractions: the buttons above pick by key
            <g key={car.driver} className="cursor-pointer" onClick={() => toggle(car.driver)}>
              <text
                x={0}
                y={index * ROW + 14}
                fill={picked.includes(car.driver) ? "var(--c-accent)" : "var(--c-text)"}
                fontWeight={picked.includes(car.driver) ? 700 : 500}
              >
                {car.driver}
              </text>
              <StintBar stints={car.stints} x={x} y={index * ROW + 2} height={ROW - 4} />
            </g>
          ))}
        </SvgChart>
      </ChartFrame>
    </div>
  );
}
