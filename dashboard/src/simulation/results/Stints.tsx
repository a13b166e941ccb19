/** The most frequent strategy of every car, as stints, with the share of races that came to it. */
"use client";

import { ChartFrame } from "@/charts/ChartFrame";
import { linear } from "@/charts/scale";
import { StintBar, SvgChart, XAxis } from "@/charts/svg";
import { useWidth } from "@/charts/useWidth";
import { percent } from "@/ui/format";
import type { Setup } from "../setup/setup";
import type { Answer } from "../useSimulation";
import { byPlace, carOf, lapsOf, stints } from "./rows";

const LEFT = 40;
const ROW = 20;

export function Stints({ answer, setup, name }: { answer: Answer; setup: Setup; name: string }) {
  const [frame, width] = useWidth<HTMLDivElement>(640);
  const last = lapsOf(answer).at(-1) ?? 1;
  const order = byPlace(answer).map((row) => row.driver_id);
  const rows = order.flatMap((driver) => {
    const usual = carOf(answer, driver)?.stops[0];
    const entry = setup.grid.find((one) => one.driver === driver);
    return usual ? [{ driver, share: usual.share, stops: usual.stops, stints: stints(entry, usual.stops, last) }] : [];
  });
  const x = linear([0, last], [LEFT, width - 40]);
  const bottom = rows.length * ROW + 4;
  return (
    <div ref={frame}>
      <ChartFrame
        title={`Tire stints${name}`}
        summary="Each car's most frequent order of tires, every stop on its median lap, and the share of races that came to it."
        rows={() =>
          order.flatMap((driver) =>
            (carOf(answer, driver)?.stops ?? []).map(({ stops, share }) => ({
              driver,
              share,
              stops: stops.map((stop) => `${stop.lap} ${stop.compound}`).join(", "),
            })),
          )
        }
      >
        <SvgChart
          width={width}
          height={bottom + 20}
          label={rows
            .map((row) => `${row.driver}: ${row.stints.map((stint) => stint.compound?.toLowerCase()).join(", ")}`)
            .join("; ")}
        >
          <XAxis scale={x} at={bottom} to={0} />
          {rows.map((row, index) => (
            <g key={row.driver}>
              <text
                x={0}
                y={index * ROW + 14}
                fill={row.driver === setup.car ? "var(--c-accent)" : "var(--c-text)"}
                fontWeight={row.driver === setup.car ? 700 : 500}
              >
                {row.driver}
              </text>
              <StintBar stints={row.stints} x={x} y={index * ROW + 2} height={ROW - 4} />
              <text x={width} y={index * ROW + 14} textAnchor="end" fill="var(--c-dim)">
                {percent(row.share)}
              </text>
            </g>
          ))}
        </SvgChart>
      </ChartFrame>
    </div>
  );
}
