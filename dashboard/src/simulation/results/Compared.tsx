/** Plan B against plan A in the same scenarios: paired differences with their intervals, in words and as bars. */
"use client";

import { ChartFrame } from "@/charts/ChartFrame";
import { linear } from "@/charts/scale";
import { Interval, SvgChart } from "@/charts/svg";
import { useWidth } from "@/charts/useWidth";
import { percent, signed } from "@/ui/format";
import type { Answer } from "../useSimulation";

type Comparison = NonNullable<Answer["comparison"]>;

const ROW = 34;

export function Compared({ found }: { found: Comparison }) {
  const [frame, width] = useWidth<HTMLDivElement>(520);
  const rows = [
    { label: "Points", unit: "", scale: 1, digits: 2, better: 1, of: found.points },
    { label: "Places gained", unit: "", scale: 1, digits: 2, better: 1, of: found.places_gained },
    { label: "Chance to win", unit: " pp", scale: 100, digits: 1, better: 1, of: found.win },
    { label: "Chance of a podium", unit: " pp", scale: 100, digits: 1, better: 1, of: found.podium },
    { label: "Race time", unit: " s", scale: 1, digits: 1, better: -1, of: found.time },
  ].flatMap((row) =>
    row.of
      ? [{ ...row, value: row.of.value * row.scale, low: row.of.low * row.scale, high: row.of.high * row.scale }]
      : [],
  );
  const left = 126;
  const right = 168;
  const wide = width >= 420;
  const span = [wide ? left : 96, width - (wide ? right : 64)] as const;
  return (
    <div ref={frame}>
      <ChartFrame
        title={`Plan B less plan A, ${found.driver_id}`}
        summary={`The same ${found.n_scenarios.toLocaleString("en")} scenarios under both plans: mean paired differences with the 90% interval of the mean. Each row has its own scale; 0 is no difference. ${found.driver_id} ends further ahead in ${percent(found.ahead)} and further behind in ${percent(found.behind)} of them.`}
        rows={() =>
          rows.map(({ label, unit, value, low, high }) => ({
            measure: label,
            unit: unit.trim(),
            difference: value,
            low,
            high,
          }))
        }
      >
        <SvgChart
          width={width}
          height={rows.length * ROW + 6}
          label={rows
            .map(
              ({ label, unit, value, low, high, digits }) =>
                `${label} ${signed(value, digits)}${unit}, ${signed(low, digits)} to ${signed(high, digits)}`,
            )
            .join("; ")}
        >
          {rows.map((row, index) => {
            const most = Math.max(Math.abs(row.low), Math.abs(row.high), 1e-9) * 1.08;
            const x = linear([-most, most], span);
            const y = index * ROW + ROW / 2;
            const close = row.low <= 0 && row.high >= 0;
            const good = row.value * row.better > 0;
            const color = close ? "var(--c-dim)" : good ? "var(--c-good)" : "var(--c-bad)";
            return (
              <g key={row.label}>
                <text x={0} y={y + 4} fill="var(--c-text)">
                  {row.label}
                </text>
                <line x1={x(0)} x2={x(0)} y1={y - ROW / 2 + 3} y2={y + ROW / 2 - 3} stroke="var(--c-strong)" />
                <Interval scale={x} y={y} low={row.low} value={row.value} high={row.high} color={color} />
                <text x={width} y={y + 4} textAnchor="end" fill="var(--c-dim)">
                  <tspan fontWeight={700} fill={color}>
                    {signed(row.value, row.digits)}
                    {row.unit}
                  </tspan>
                  {wide && <tspan>{`  ${signed(row.low, row.digits)} to ${signed(row.high, row.digits)}`}</tspan>}
                </text>
              </g>
            );
          })}
        </SvgChart>
      </ChartFrame>
    </div>
  );
}
