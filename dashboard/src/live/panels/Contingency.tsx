/** What to do if the track changes: on this lap in words, on the coming laps as a strip. */
"use client";

import type { Schemas } from "@/api/client";
import { ChartFrame } from "@/charts/ChartFrame";
import { SvgChart } from "@/charts/svg";
import { useWidth } from "@/charts/useWidth";
import { signed } from "@/ui/format";
import { Panel } from "@/ui/Panel";
import { TireBadge, tire } from "@/ui/tires";
import type { Call, Live } from "../data/types";

type Reaction = Schemas["Reaction"];

export function Contingency({ call, live }: { call: Call | undefined; live: Pick<Live, "track_status"> }) {
  if (!call) return null;
  const status = live.track_status;
  if (status === "RED") {
    return (
      <Panel title="If it happens now">
        <p className="text-dim">The race stands. What to do under a safety car or rain is told from the restart on.</p>
      </Panel>
    );
  }
  const { safety_car_now, vsc_now, rain_now } = call.contingency;
  return (
    <Panel title="If it happens now">
      <ul className="grid gap-x-6 gap-y-2 sm:grid-cols-3">
        <Case name={status === "SC" ? "Safety car, as it is out" : "Safety car"} reaction={safety_car_now} />
        <Case name={status === "VSC" ? "Virtual safety car, as it is out" : "Virtual safety car"} reaction={vsc_now} />
        <Case name="Rain" reaction={rain_now} />
      </ul>
      {call.contingency_by_lap.length > 1 && <ByLap call={call} />}
    </Panel>
  );
}

function Case({ name, reaction }: { name: string; reaction: Reaction }) {
  const { pit, compound, gain_points, low, high } = reaction;
  const bounds = low != null && high != null ? `${signed(low)} to ${signed(high)}` : null;
  return (
    <li>
      <p className="label">{name}</p>
      <p className={`flex items-center gap-1.5 text-lg leading-tight font-semibold ${pit ? "text-warn" : ""}`}>
        {pit ? "Box for" : "Stay out"}
        {pit && <TireBadge compound={compound} />}
        {pit && compound && tire(compound).plural}
      </p>
      <p className="text-dim">
        {pit ? `${signed(gain_points)} points` : bounds && `Stopping: ${bounds} points`}
        {pit && bounds && ` (${bounds})`}
      </p>
    </li>
  );
}

const ROW = 20;
const LEFT = 92;

function ByLap({ call }: { call: Call }) {
  const [frame, width] = useWidth<HTMLDivElement>(480);
  const laps = call.contingency_by_lap;
  const cell = Math.min(44, (width - LEFT) / laps.length);
  const most = Math.max(0.5, ...laps.flatMap((row) => [row.safety_car.gain_points, row.vsc.gain_points]));
  const rows: [string, (row: (typeof laps)[number]) => Reaction][] = [
    ["Safety car", (row) => row.safety_car],
    ["VSC", (row) => row.vsc],
  ];
  return (
    <div ref={frame} className="mt-3">
      <ChartFrame
        title="If it happens on a later lap"
        summary="Points that a stop gains over staying out; an empty cell: stay out."
        rows={() =>
          laps.flatMap((row) =>
            rows.map(([event, of]) => ({ lap: row.lap, event, ...of(row), compound: of(row).compound ?? "" })),
          )
        }
      >
        <SvgChart
          width={width}
          height={2 * ROW + 20}
          label="Stop or stay out by lap and kind of interruption, as listed in the CSV"
        >
          {rows.map(([name, of], index) => (
            <g key={name} transform={`translate(0,${index * ROW})`}>
              <text y={14} fill="var(--c-dim)">
                {name}
              </text>
              {laps.map((row, column) => {
                const { pit, compound, gain_points } = of(row);
                return (
                  <g key={row.lap} transform={`translate(${LEFT + column * cell},0)`}>
                    <title>{`Lap ${row.lap}: ${pit ? `box for ${tire(compound).plural}, ${signed(gain_points)} points` : "stay out"}`}</title>
                    <rect width={cell - 1} height={ROW - 2} fill="var(--c-raised)" />
                    {pit && (
                      <rect
                        width={cell - 1}
                        height={ROW - 2}
                        fill="var(--c-warn)"
                        opacity={0.15 + (0.55 * gain_points) / most}
                      />
                    )}
                    {pit && cell > 26 && (
                      <text x={cell / 2 - 0.5} y={13} textAnchor="middle" fill="var(--c-text)" fontSize={11}>
                        {signed(gain_points)}
                      </text>
                    )}
                  </g>
                );
              })}
            </g>
          ))}
          {laps.map((row, column) =>
            column % Math.ceil(26 / cell) === 0 ? (
              <text
                key={row.lap}
                x={LEFT + column * cell + cell / 2}
                y={2 * ROW + 14}
                textAnchor="middle"
                fill="var(--c-faint)"
                fontSize={11}
              >
                {row.lap}
              </text>
            ) : null,
          )}
        </SvgChart>
      </ChartFrame>
    </div>
  );
}
