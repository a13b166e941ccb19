/** Who is ahead and behind after the stop, and how far: a distribution, not a guess. */
"use client";

import { ChartFrame } from "@/charts/ChartFrame";
import { linear } from "@/charts/scale";
import { SvgChart } from "@/charts/svg";
import { useWidth } from "@/charts/useWidth";
import { gap, percent, range } from "@/ui/format";
import { Panel } from "@/ui/Panel";
import type { Call } from "../data/types";

const ROW = 22;
const TOP = 22;
const FAR = 12;
/** Seconds at each end of the strip: cars beyond are of no concern on the out-lap. */
const LABEL = 84;

export function Rejoin({ call, driver }: { call: Call | undefined; driver: string }) {
  const [frame, width] = useWidth<HTMLDivElement>(480);
  const rejoin = call?.pit_strategy.rejoin;
  if (!call || !rejoin) return null;
  const near = [...rejoin.neighbors].sort((a, b) => b.probability - a.probability);
  const ahead = near.filter((car) => car.side === "ahead").slice(0, 4);
  const behind = near.filter((car) => car.side === "behind").slice(0, 4);
  const reach = Math.min(FAR, Math.max(3, ...[...ahead, ...behind].map((car) => car.gap_p90)));
  const x = linear([-reach, reach], [LABEL, width - LABEL]);
  const lanes = Math.max(ahead.length, behind.length, 1);
  const bottom = TOP + lanes * ROW;
  const place = range(rejoin.position_p10, rejoin.position_p90);
  const told = near.map((car) => `${car.driver_id} ${car.side} in ${percent(car.probability)}, ${gap(car.gap)} s`);
  return (
    <Panel>
      <div ref={frame}>
        <ChartFrame
          title="Rejoin"
          summary={`After the stop on lap ${call.pit_strategy.recommended_lap}: P${rejoin.position}, between P${place.replace("–", " and P")} in eight of ten scenarios. Seconds to the car ahead and behind: median, and the middle 80%.`}
          rows={() => rejoin.neighbors.map((car) => ({ ...car }))}
        >
          <SvgChart width={width} height={bottom + 20} label={`Place ${rejoin.position}. ${told.join("; ")}`}>
            <text x={LABEL} y={12} fill="var(--c-faint)" fontSize={11}>
              Ahead
            </text>
            <text x={width - LABEL} y={12} textAnchor="end" fill="var(--c-faint)" fontSize={11}>
              Behind
            </text>
            {x.ticks(6).map((value) => (
              <g key={value} transform={`translate(${x(value)},0)`}>
                {value !== 0 && <line y1={TOP} y2={bottom} stroke="var(--c-line)" />}
                <text y={bottom + 15} textAnchor="middle" fill="var(--c-faint)" fontSize={11}>
                  {value === 0 ? "" : `${Math.abs(value)} s`}
                </text>
              </g>
            ))}
            <rect
              x={x(0) - 19}
              y={TOP - 16}
              width={38}
              height={bottom - TOP + 18}
              rx={2}
              fill="var(--c-accent-ground)"
              stroke="var(--c-accent)"
            />
            <text x={x(0)} y={(TOP + bottom) / 2 - 4} textAnchor="middle" fontWeight={700} fill="var(--c-text)">
              {driver}
            </text>
            <text x={x(0)} y={(TOP + bottom) / 2 + 11} textAnchor="middle" fill="var(--c-text)">
              P{rejoin.position}
            </text>
            {ahead.map((car, lane) => (
              <Lane
                key={car.driver_id}
                car={car}
                lane={lane}
                x={(seconds) => x(-Math.min(reach, seconds))}
                beyond={car.gap > reach}
                from={LABEL - 6}
                anchor="end"
              />
            ))}
            {behind.map((car, lane) => (
              <Lane
                key={car.driver_id}
                car={car}
                lane={lane}
                x={(seconds) => x(Math.min(reach, seconds))}
                beyond={car.gap > reach}
                from={width - LABEL + 6}
                anchor="start"
              />
            ))}
          </SvgChart>
        </ChartFrame>
      </div>
    </Panel>
  );
}

interface LaneProps {
  car: NonNullable<Call["pit_strategy"]["rejoin"]>["neighbors"][number];
  lane: number;
  /** Pixels for seconds of distance. */
  x: (seconds: number) => number;
  /** The median is off the strip. */
  beyond: boolean;
  from: number;
  anchor: "start" | "end";
}

/** One neighbor: the likelier, the heavier. */
function Lane({ car, lane, x, beyond, from, anchor }: LaneProps) {
  const y = TOP + lane * ROW + ROW / 2;
  return (
    <g>
      <text x={from} y={y + 4} textAnchor={anchor} fill="var(--c-text)" fontWeight={600}>
        {car.driver_id}{" "}
        <tspan fontWeight={400} fill="var(--c-dim)">
          {percent(car.probability)}
        </tspan>
      </text>
      <line
        x1={x(car.gap_p10)}
        x2={x(car.gap_p90)}
        y1={y}
        y2={y}
        stroke="var(--c-accent)"
        strokeWidth={10}
        opacity={0.18 + 0.7 * car.probability}
      />
      {beyond ? (
        <text
          x={x(car.gap)}
          y={y + 4}
          textAnchor={anchor === "end" ? "start" : "end"}
          fill="var(--c-text)"
          fontSize={11}
        >
          {anchor === "end" ? `‹ ${gap(car.gap, 0)} s` : `${gap(car.gap, 0)} s ›`}
        </text>
      ) : (
        <line x1={x(car.gap)} x2={x(car.gap)} y1={y - 7} y2={y + 7} stroke="var(--c-text)" strokeWidth={2} />
      )}
    </g>
  );
}
