/** How much better than the table of past finishes the forecasts are, by distance, with intervals over races. */
"use client";

import { ChartFrame } from "@/charts/ChartFrame";
import { linear } from "@/charts/scale";
import { Interval, SvgChart } from "@/charts/svg";
import { useWidth } from "@/charts/useWidth";
import { distanceName, type Scorecard } from "./scorecard";

const ROW = 30;

export function Skill({ card }: { card: Scorecard }) {
  const [frame, width] = useWidth<HTMLDivElement>(480);
  const rows = Object.entries(card.skill)
    .sort(([a], [b]) => (a === "all" ? 1 : b === "all" ? -1 : Number(a) - Number(b)))
    .flatMap(([key, { value, low, high, ...rest }]) =>
      value === null || low === null || high === null
        ? []
        : [{ key, value, low, high, races: Number(rest.races ?? 0) }],
    );
  const left = 60;
  const right = 118;
  const x = linear(
    [Math.min(0, ...rows.map((row) => row.low)), Math.max(0.25, ...rows.map((row) => row.high))],
    [left, width - right],
  );
  const bottom = ROW * rows.length + 4;
  const percentOf = (value: number) => `${(100 * value).toFixed(0)}%`;
  return (
    <div ref={frame}>
      <ChartFrame
        title="Skill over the table of past finishes"
        summary="Share of the table's ranked probability score that the forecast takes away, by distance run; 90% interval over races. 0 is no better than the table."
        rows={() =>
          rows.map((row) => ({
            distance: distanceName(row.key),
            value: row.value,
            low: row.low,
            high: row.high,
            races: row.races,
          }))
        }
      >
        <SvgChart
          width={width}
          height={bottom + 22}
          label={rows
            .map(
              (row) =>
                `${distanceName(row.key)}: ${percentOf(row.value)}, ${percentOf(row.low)} to ${percentOf(row.high)}`,
            )
            .join("; ")}
        >
          {x.ticks(5).map((value) => (
            <g key={value} transform={`translate(${x(value)},0)`}>
              <line y1={0} y2={bottom} stroke={value === 0 ? "var(--c-text)" : "var(--c-line)"} />
              <text y={bottom + 15} textAnchor="middle" fill="var(--c-faint)" fontSize={11}>
                {percentOf(value)}
              </text>
            </g>
          ))}
          {rows.map((row, index) => {
            const y = ROW * index + ROW / 2;
            return (
              <g key={row.key}>
                <text x={0} y={y + 4} fill="var(--c-text)" fontWeight={row.key === "all" ? 700 : 400}>
                  {distanceName(row.key)}
                </text>
                <Interval scale={x} y={y} low={row.low} value={row.value} high={row.high} color="var(--c-accent)" />
                <text x={width} y={y + 4} textAnchor="end" fill="var(--c-dim)">
                  {`${percentOf(row.value)} (${percentOf(row.low)}–${percentOf(row.high)})`}
                </text>
              </g>
            );
          })}
        </SvgChart>
      </ChartFrame>
    </div>
  );
}
