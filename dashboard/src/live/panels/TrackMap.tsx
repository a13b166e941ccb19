/** The cars on the circuit, where the feed tells their positions. */
"use client";

import { ChartFrame } from "@/charts/ChartFrame";
import { SvgChart } from "@/charts/svg";
import { useWidth } from "@/charts/useWidth";
import { Panel } from "@/ui/Panel";
import { teamColor } from "../data/teams";
import type { Live } from "../data/types";
import type { Outline } from "./useOutline";

const MARGIN = 26;
const TALLEST = 380;

export function TrackMap({ live, driver, outline }: { live: Live; driver: string; outline: Outline }) {
  const [frame, width] = useWidth<HTMLDivElement>(420);
  const teams = new Map(live.field.map((car) => [car.driver_id, car.team]));
  const cars = live.cars.flatMap((car) =>
    car.track_position && !car.retired ? [{ ...car, at: car.track_position }] : [],
  );
  if (cars.length === 0) return null;
  const points = [...outline.values(), ...cars.map((car) => car.at)];
  const [west, east] = extent(points.map((point) => point.x));
  const [south, north] = extent(points.map((point) => point.y));
  const scale = Math.min((width - 2 * MARGIN) / (east - west), (TALLEST - 2 * MARGIN) / (north - south));
  const height = (north - south) * scale + 2 * MARGIN;
  const left = (width - (east - west) * scale) / 2;
  const place = ({ x, y }: { x: number; y: number }) =>
    [left + (x - west) * scale, MARGIN + (north - y) * scale] as const;
  const places = new Map(live.field.map((car) => [car.driver_id, car.position]));
  const order = (name: string) => (name === driver ? 0 : (places.get(name) ?? 99));
  const drawn = cars
    .map((car) => ({ ...car, spot: place(car.at) }))
    .sort((a, b) => order(a.driver_id) - order(b.driver_id));
  const labels = new Map(
    labelled(drawn.map((car) => car.spot)).flatMap((dy, index) => {
      const name = drawn[index]?.driver_id;
      return name === undefined || dy === null ? [] : [[name, dy] as const];
    }),
  );
  return (
    <Panel>
      <div ref={frame}>
        <ChartFrame
          title="Track"
          summary={`${cars.length} cars where they were last seen, named where there is room, those in front first; the outline is made of the places seen so far.`}
          rows={() => cars.map((car) => ({ driver_id: car.driver_id, x: car.at.x, y: car.at.y, at: car.at.at }))}
        >
          <SvgChart width={width} height={height} label="Cars on the circuit">
            {[...outline.values()].map((point) => {
              const [x, y] = place(point);
              return <circle key={`${point.x} ${point.y}`} cx={x} cy={y} r={3} fill="var(--c-strong)" />;
            })}
            {[...drawn].reverse().map((car) => {
              const [x, y] = car.spot;
              const dy = labels.get(car.driver_id);
              const team = teams.get(car.driver_id) ?? null;
              const own = car.driver_id === driver;
              return (
                <g
                  key={car.driver_id}
                  style={{ transform: `translate(${x}px,${y}px)`, transition: "transform 1.8s linear" }}
                >
                  <title>{car.driver_id}</title>
                  <circle
                    r={own ? 7 : 5}
                    fill={team === null ? "var(--c-accent)" : teamColor(team)}
                    stroke={own ? "var(--c-text)" : "var(--c-panel)"}
                    strokeWidth={own ? 2 : 1}
                  />
                  {dy !== undefined && (
                    <text
                      y={dy}
                      textAnchor="middle"
                      fill="var(--c-text)"
                      fontWeight={own ? 700 : 500}
                      stroke="var(--c-panel)"
                      strokeWidth={3}
                      paintOrder="stroke"
                    >
                      {car.driver_id}
                    </text>
                  )}
                </g>
              );
            })}
          </SvgChart>
        </ChartFrame>
      </div>
    </Panel>
  );
}

const LABEL_WIDTH = 30;
const LABEL_HEIGHT = 12;
const ABOVE = -9;
const BELOW = 18;

/**
 * Where each car's name stands from its spot: above, below where that is taken, null where both are. Names earlier in
 * the list come first.
 */
export function labelled(spots: readonly (readonly [number, number])[]): (number | null)[] {
  const taken: (readonly [number, number])[] = [];
  return spots.map(([x, y]) => {
    const free = [ABOVE, BELOW].find((dy) =>
      taken.every(([left, base]) => Math.abs(left - x) >= LABEL_WIDTH || Math.abs(base - (y + dy)) >= LABEL_HEIGHT),
    );
    if (free === undefined) return null;
    taken.push([x, y + free]);
    return free;
  });
}

/** Least and greatest, at least 100 m apart. */
function extent(values: readonly number[]): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return high - low >= 100 ? [low, high] : [(low + high) / 2 - 50, (low + high) / 2 + 50];
}
