/** Two drivers beside each other: four measures with their intervals, and what they rest on. */
"use client";

import { ChartFrame } from "@/charts/ChartFrame";
import { Key } from "@/charts/Key";
import { linear } from "@/charts/scale";
import { Interval, SvgChart } from "@/charts/svg";
import { useWidth } from "@/charts/useWidth";
import { Scroll } from "@/ui/Scroll";
import { apart, type Profile, quality, seasonsText, TRAITS, teamName } from "./profiles";
import { told } from "./Scatter";

const ROW = 64;
const COLORS = ["var(--c-accent)", "var(--c-warn)"] as const;

export function Compare({ a, b }: { a: Profile | undefined; b: Profile | undefined }) {
  const [frame, width] = useWidth<HTMLDivElement>(480);
  const drivers = [a, b].filter((one) => one !== undefined);
  if (drivers.length === 0) {
    return (
      <div className="py-6 text-dim">
        <p className="font-semibold text-text">Pick two drivers to compare</p>
        <p className="mt-1">Click points of the chart, or A and B in the table. A third pick replaces B.</p>
      </div>
    );
  }
  const right = 52;
  const x = linear([0, 1], [10, width - right]);
  const height = TRAITS.length * ROW + 22;
  return (
    <div ref={frame} className="grid gap-4">
      <ChartFrame
        title={drivers.map((one) => one.name).join(" and ")}
        summary="Where among drivers the trait lies, 0 to 1 with 0.5 the average of the era, and the 90% interval; n is the races it rests on."
        legend={drivers.map((one, index) => (
          <Key key={one.ergast_id} color={COLORS[one === b && a ? 1 : index] ?? ""}>
            {one.name}
          </Key>
        ))}
        rows={() =>
          drivers.flatMap((one) =>
            TRAITS.map(({ key }) => ({
              driver: one.name,
              measure: key,
              value: one[key]?.value,
              low: one[key]?.low,
              high: one[key]?.high,
              n: one[key]?.n,
            })),
          )
        }
      >
        <SvgChart
          width={width}
          height={height}
          label={drivers
            .map(
              (one) =>
                `${one.name}: ${TRAITS.map(({ key, label }) => `${label} ${one[key] ? told(one[key]) : "not known"}`).join(", ")}`,
            )
            .join("; ")}
        >
          {x.ticks(4).map((value) => (
            <g key={value} transform={`translate(${x(value)},0)`}>
              <line y1={16} y2={height - 18} stroke="var(--c-line)" />
              <text y={height - 4} textAnchor="middle" fill="var(--c-faint)" fontSize={11}>
                {value}
              </text>
            </g>
          ))}
          <text x={width} y={11} textAnchor="end" fill="var(--c-faint)" fontSize={11}>
            n
          </text>
          {TRAITS.map(({ key, label }, row) => (
            <g key={key} transform={`translate(0,${row * ROW})`}>
              <text x={0} y={12} fill="var(--c-text)" fontWeight={600}>
                {label}
              </text>
              {drivers.map((one, index) => {
                const found = one[key];
                const y = 28 + index * 20;
                const color = COLORS[one === b && a ? 1 : index] ?? "";
                return found ? (
                  <g key={one.ergast_id}>
                    <Interval scale={x} y={y} low={found.low} value={found.value} high={found.high} color={color} />
                    <text x={width} y={y + 4} textAnchor="end" fill="var(--c-dim)">
                      {found.n}
                    </text>
                  </g>
                ) : (
                  <text key={one.ergast_id} x={10} y={y + 4} fill="var(--c-faint)">
                    {one.driver_id}: too little is known
                  </text>
                );
              })}
            </g>
          ))}
        </SvgChart>
      </ChartFrame>
      {a && b && <Verdicts a={a} b={b} />}
      <Rests drivers={drivers} />
    </div>
  );
}

function Verdicts({ a, b }: { a: Profile; b: Profile }) {
  const lines = TRAITS.flatMap(({ key, label }) => {
    const verdict = apart(a[key], b[key]);
    if (verdict === null) return [];
    const higher = (a[key]?.value ?? 0) >= (b[key]?.value ?? 0) ? a : b;
    return [
      `${label}: ${verdict ? `${higher.name} is higher, intervals apart` : "intervals overlap, cannot be told apart"}.`,
    ];
  });
  return (
    <ul className="grid gap-0.5">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}

function Rests({ drivers }: { drivers: readonly Profile[] }) {
  return (
    <Scroll label="Data quality">
      <table className="w-full">
        <caption className="pb-1 text-left font-semibold">Data quality</caption>
        <thead>
          <tr className="label text-left">
            <th scope="col" className="pr-3 font-normal">
              <span className="sr-only">What</span>
            </th>
            {drivers.map((one) => (
              <th key={one.ergast_id} scope="col" className="pr-3 font-semibold text-text">
                {one.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {(
            [
              ["Rests on", (one) => quality(one).level],
              ["Races", (one) => `${quality(one).races}, ${quality(one).withLaps} with laps`],
              ["Seasons", (one) => seasonsText(one.seasons)],
              ["Teams", (one) => one.teams.map(teamName).join(", ")],
              ["Not shown to last", (one) => quality(one).unproven.map(traitLabel).join(", ") || "none"],
            ] as [string, (one: Profile) => string][]
          ).map(([name, text]) => (
            <tr key={name} className="border-t border-line align-top">
              <th scope="row" className="label py-1 pr-3 text-left font-normal whitespace-nowrap">
                {name}
              </th>
              {drivers.map((one) => (
                <td key={one.ergast_id} className="py-1 pr-3">
                  {text(one)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="label mt-1 max-w-[60ch]">
        Not shown to last: told from the first half of a season, the measure says nothing about the second half beyond
        the average driver.
      </p>
    </Scroll>
  );
}

function traitLabel(key: string): string {
  return TRAITS.find((trait) => trait.key === key)?.label ?? key;
}
