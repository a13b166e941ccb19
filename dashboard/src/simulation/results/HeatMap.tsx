/** Where every car ends up: a row a car, a column a place, darker where it is likelier. */
"use client";

import { ChartFrame } from "@/charts/ChartFrame";
import { SvgChart } from "@/charts/svg";
import { useWidth } from "@/charts/useWidth";
import { percent } from "@/ui/format";
import type { Answer } from "../useSimulation";
import { byPlace } from "./rows";

const LEFT = 40;
const TOP = 22;
const ROW = 20;

interface Props {
  answer: Answer;
  car: string;
  name: string;
  choose: (driver: string) => void;
}

export function HeatMap({ answer, car, name, choose }: Props) {
  const [frame, width] = useWidth<HTMLDivElement>(640);
  const rows = byPlace(answer);
  const n = rows.length;
  const wide = width >= 560;
  const right = wide ? 92 : 40;
  const cell = (width - LEFT - right) / n;
  return (
    <div ref={frame}>
      <ChartFrame
        title={`Finishing places${name}`}
        summary="Chance of each place at the flag, in percent where it is 3 or more; cars in order of their expected place. Retired cars rank last by their laps."
        rows={() =>
          rows.map((row) => ({
            driver: row.driver_id,
            expected_place: row.expected_position,
            retires: row.dnf_probability,
            ...Object.fromEntries(row.position_probabilities.map((p, place) => [`p${place + 1}`, p])),
          }))
        }
      >
        <SvgChart
          width={width}
          height={TOP + n * ROW + 4}
          label={rows
            .slice(0, 6)
            .map(
              (row) =>
                `${row.driver_id}: expected place ${row.expected_position.toFixed(1)}, wins ${percent(row.win_probability)}`,
            )
            .join("; ")}
        >
          {rows.map((_, place) => (
            <text
              // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place
              key={place}
              x={LEFT + (place + 0.5) * cell}
              y={14}
              textAnchor="middle"
              fill="var(--c-faint)"
              fontSize={11}
            >
              {cell >= 15 || place % 2 === 0 ? place + 1 : ""}
            </text>
          ))}
          <text x={width} y={14} textAnchor="end" fill="var(--c-faint)" fontSize={11}>
            {wide ? "Mean   Retires" : "Mean"}
          </text>
          {rows.map((row, index) => {
            const y = TOP + index * ROW;
            const own = row.driver_id === car;
            return (
              // biome-ignore lint/a11y/noStaticElementInteractions: the form has the same choice by key
              <g key={row.driver_id} className="cursor-pointer" onClick={() => choose(row.driver_id)}>
                <text x={0} y={y + 14} fill={own ? "var(--c-accent)" : "var(--c-text)"} fontWeight={own ? 700 : 500}>
                  {row.driver_id}
                </text>
                {row.position_probabilities.map((p, place) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place
                  <g key={place}>
                    <rect
                      x={LEFT + place * cell}
                      y={y + 1}
                      width={Math.max(1, cell - 1)}
                      height={ROW - 2}
                      fill="var(--c-raised)"
                    >
                      <title>{`${row.driver_id} in place ${place + 1}: ${percent(p)}`}</title>
                    </rect>
                    <rect
                      x={LEFT + place * cell}
                      y={y + 1}
                      width={Math.max(1, cell - 1)}
                      height={ROW - 2}
                      fill="var(--c-accent)"
                      opacity={Math.min(1, p ** 0.6)}
                      pointerEvents="none"
                    />
                    {p >= 0.03 && cell >= 17 && (
                      <text
                        x={LEFT + (place + 0.5) * cell}
                        y={y + 14}
                        textAnchor="middle"
                        fontSize={10}
                        fill={p > 0.5 ? "var(--c-panel)" : "var(--c-text)"}
                        pointerEvents="none"
                      >
                        {Math.round(100 * p)}
                      </text>
                    )}
                  </g>
                ))}
                <text x={wide ? width - 56 : width} y={y + 14} textAnchor="end" fill="var(--c-text)">
                  {row.expected_position.toFixed(1)}
                </text>
                {wide && (
                  <text x={width} y={y + 14} textAnchor="end" fill="var(--c-dim)">
                    {percent(row.dnf_probability)}
                  </text>
                )}
              </g>
            );
          })}
        </SvgChart>
      </ChartFrame>
    </div>
  );
}
