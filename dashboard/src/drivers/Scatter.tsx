/** Aggression against consistency: a point a driver, larger with more races, with intervals both ways. */
"use client";

import { ChartFrame } from "@/charts/ChartFrame";
import { linear } from "@/charts/scale";
import { SvgChart, XAxis, YAxis } from "@/charts/svg";
import { useWidth } from "@/charts/useWidth";
import type { Estimate, Profile } from "./profiles";

const LEFT = 44;
const BOTTOM = 40;
const TOP = 10;
/** With more drivers than this names and intervals would hide the points: those picked and pointed at have them. */
const NAMED = 48;

interface Placed {
  profile: Profile;
  consistency: Estimate;
  aggression: Estimate;
}

interface Props {
  profiles: readonly Profile[];
  a: string;
  b: string;
  pick: (driverId: string) => void;
}

export function Scatter({ profiles, a, b, pick }: Props) {
  const [frame, width] = useWidth<HTMLDivElement>(640);
  const height = Math.round(Math.min(620, Math.max(320, width * 0.68)));
  const placed = profiles.flatMap(({ consistency, aggression, ...rest }): Placed[] =>
    consistency && aggression ? [{ profile: { ...rest, consistency, aggression }, consistency, aggression }] : [],
  );
  const x = linear([0, 1], [LEFT, width - 14]);
  const y = linear([0, 1], [height - BOTTOM, TOP]);
  const chosen = (driverId: string) => (driverId === a ? "var(--c-accent)" : driverId === b ? "var(--c-warn)" : null);
  // Those picked are drawn last, above the others.
  const order = [...placed].sort(
    (p, q) => Number(chosen(p.profile.driver_id) !== null) - Number(chosen(q.profile.driver_id) !== null),
  );
  const few = placed.length <= NAMED;
  const labels = few
    ? apartLabels(
        placed.map((one) => ({ x: x(one.consistency.value), y: y(one.aggression.value), text: one.profile.driver_id })),
      )
    : new Set<string>();
  return (
    <div ref={frame}>
      <ChartFrame
        title="Aggression against consistency"
        summary={`${placed.length} drivers with both measures known. 0 to 1 is where among drivers the trait lies; 0.5 is the average of their era. The cross is the 90% interval, the area of a point the number of races it rests on.`}
        rows={() =>
          placed.map(({ profile, consistency, aggression }) => ({
            driver: profile.driver_id,
            name: profile.name,
            consistency: consistency.value,
            consistency_low: consistency.low,
            consistency_high: consistency.high,
            consistency_n: consistency.n,
            aggression: aggression.value,
            aggression_low: aggression.low,
            aggression_high: aggression.high,
            aggression_n: aggression.n,
          }))
        }
      >
        <SvgChart
          width={width}
          height={height}
          label={`Scatter of ${placed.length} drivers; the table below holds the same values.`}
        >
          <XAxis scale={x} at={height - BOTTOM} to={TOP} count={5} />
          <YAxis scale={y} at={LEFT} to={width - 14} count={5} />
          <text x={(LEFT + width - 14) / 2} y={height - 6} textAnchor="middle" fill="var(--c-faint)">
            Consistency
          </text>
          <text
            transform={`translate(12,${(TOP + height - BOTTOM) / 2}) rotate(-90)`}
            textAnchor="middle"
            fill="var(--c-faint)"
          >
            Aggression
          </text>
          {order.map(({ profile, consistency, aggression }) => {
            const id = profile.driver_id;
            const color = chosen(id);
            const at = [x(consistency.value), y(aggression.value)] as const;
            const n = Math.min(consistency.n, aggression.n);
            return (
              // biome-ignore lint/a11y/noStaticElementInteractions: the table below picks by key as well
              <g key={profile.ergast_id} className="group cursor-pointer" onClick={() => pick(id)}>
                <title>{`${profile.name}: aggression ${told(aggression)}, consistency ${told(consistency)}`}</title>
                <g
                  stroke={color ?? "var(--c-dim)"}
                  strokeWidth={color ? 2 : 1}
                  className={
                    color ? "" : few ? "opacity-30 group-hover:opacity-100" : "opacity-0 group-hover:opacity-100"
                  }
                >
                  <line x1={x(consistency.low)} x2={x(consistency.high)} y1={at[1]} y2={at[1]} />
                  <line x1={at[0]} x2={at[0]} y1={y(aggression.low)} y2={y(aggression.high)} />
                </g>
                <circle
                  cx={at[0]}
                  cy={at[1]}
                  r={3 + Math.sqrt(Math.min(n, 250)) / 3.2}
                  fill={color ?? "var(--c-dim)"}
                  fillOpacity={color ? 1 : 0.75}
                  stroke="var(--c-panel)"
                />
                {(color || labels.has(id)) && (
                  <text
                    x={at[0] + (at[0] > width - 60 ? -9 : 9)}
                    textAnchor={at[0] > width - 60 ? "end" : "start"}
                    y={at[1] - 7}
                    fontWeight={color ? 700 : 500}
                    fontSize={color ? 13 : 11}
                    fill={color ?? "var(--c-dim)"}
                    stroke="var(--c-panel)"
                    strokeWidth={3}
                    paintOrder="stroke"
                  >
                    {id.length > 3 ? profile.name : id}
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

export function told({ value, low, high, n }: Estimate): string {
  return `${value.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)}, n ${n})`;
}

/** Names that find room: each is kept unless one kept before lies under it. */
function apartLabels(points: readonly { x: number; y: number; text: string }[]): Set<string> {
  const kept: { x: number; y: number; text: string }[] = [];
  for (const point of points) {
    if (kept.every((other) => Math.abs(other.x - point.x) > 7 * point.text.length || Math.abs(other.y - point.y) > 11))
      kept.push(point);
  }
  return new Set(kept.map((point) => point.text));
}
