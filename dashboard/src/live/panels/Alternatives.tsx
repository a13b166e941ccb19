/** Other plans against the call, each with its interval, on one axis. */
"use client";

import { ChartFrame } from "@/charts/ChartFrame";
import { linear } from "@/charts/scale";
import { Interval, SvgChart } from "@/charts/svg";
import { useWidth } from "@/charts/useWidth";
import { percent, signed } from "@/ui/format";
import { Panel } from "@/ui/Panel";
import { tire } from "@/ui/tires";
import type { Call } from "../data/types";
import { planText, type Stop } from "./plan";

const ROW = 26;
const TOP = 20;
const SHOWN = 8;

export function Alternatives({ call }: { call: Call | undefined }) {
  const [frame, width] = useWidth<HTMLDivElement>(560);
  if (!call || call.alternatives.length === 0) return null;
  const rows = call.alternatives.slice(0, SHOWN);
  const wide = width >= 520;
  const left = Math.min(wide ? 236 : 150, 24 + 58 * Math.max(1, ...rows.map((row) => row.stops.length)));
  const right = wide ? 168 : 62;
  const low = Math.min(-0.1, ...rows.map((row) => row.difference.low));
  const high = Math.max(0.1, ...rows.map((row) => row.difference.high));
  const x = linear([low, high], [left + 10, width - right - 8]);
  const height = TOP + ROW * rows.length + 22;
  const bottom = TOP + ROW * rows.length;
  return (
    <Panel>
      <div ref={frame}>
        <ChartFrame
          title="Alternatives"
          summary="Expected points less those of the call, over the same scenarios, with the 90% interval. One that reaches 0 cannot be told from the call."
          rows={() =>
            call.alternatives.map((row) => ({
              plan: planText(row.stops),
              difference: row.difference.value,
              low: row.difference.low,
              high: row.difference.high,
              probability_best: row.probability_best,
              win_probability: row.win_probability,
              podium_probability: row.podium_probability,
              expected_position: row.expected_position,
              time_delta: row.time_delta,
              n_scenarios: row.n_scenarios,
            }))
          }
        >
          <SvgChart
            width={width}
            height={height}
            label={rows.map((row) => `${planText(row.stops)}: ${signed(row.difference.value, 2)} points`).join("; ")}
          >
            <text x={width - right + 42} y={11} textAnchor="end" fill="var(--c-faint)" fontSize={11}>
              Points
            </text>
            {wide && (
              <>
                <text x={width - right + 104} y={11} textAnchor="end" fill="var(--c-faint)" fontSize={11}>
                  Time
                </text>
                <text x={width} y={11} textAnchor="end" fill="var(--c-faint)" fontSize={11}>
                  Best plan
                </text>
              </>
            )}
            {x.ticks(5).map((value) => (
              <g key={value} transform={`translate(${x(value)},0)`}>
                <line y1={TOP - 4} y2={bottom} stroke={value === 0 ? "var(--c-text)" : "var(--c-line)"} />
                <text y={bottom + 15} textAnchor="middle" fill="var(--c-faint)" fontSize={11}>
                  {value === 0 ? "the call" : signed(value, Math.abs(value) < 0.1 ? 2 : 1)}
                </text>
              </g>
            ))}
            {rows.map((row, index) => {
              const y = TOP + ROW * index + ROW / 2;
              const { value, low: from, high: to } = row.difference;
              const close = from <= 0 && to >= 0;
              return (
                <g key={planText(row.stops)}>
                  <PlanMarks stops={row.stops} y={y} />
                  <Interval
                    scale={x}
                    y={y}
                    low={from}
                    value={value}
                    high={to}
                    color={close ? "var(--c-warn)" : "var(--c-dim)"}
                  />
                  <text x={width - right + 42} y={y + 4} textAnchor="end" fill="var(--c-text)" fontWeight={600}>
                    {signed(value, 2)}
                  </text>
                  {wide && (
                    <>
                      <text x={width - right + 104} y={y + 4} textAnchor="end" fill="var(--c-dim)">
                        {signed(row.time_delta)} s
                      </text>
                      <text x={width} y={y + 4} textAnchor="end" fill="var(--c-dim)">
                        {percent(row.probability_best)}
                      </text>
                    </>
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

/** Laps and tires of a plan, drawn. */
function PlanMarks({ stops, y }: { stops: readonly Stop[]; y: number }) {
  if (stops.length === 0) {
    return (
      <text y={y + 4} fill="var(--c-text)">
        No further stop
      </text>
    );
  }
  return (
    <g>
      {stops.map((stop, index) => {
        const { color, letter } = tire(stop.compound);
        return (
          <g key={stop.lap} transform={`translate(${index * 58},${y})`}>
            <text x={20} y={4} textAnchor="end" fill="var(--c-text)" fontWeight={600}>
              {stop.lap}
            </text>
            <circle cx={34} r={9} fill="var(--tire-edge)" />
            <circle cx={34} r={7} fill="none" stroke={color} strokeWidth={2.2} />
            <text x={34} y={3.4} textAnchor="middle" fontSize={9} fontWeight={700} fill="#ffffff">
              {letter}
            </text>
          </g>
        );
      })}
    </g>
  );
}
