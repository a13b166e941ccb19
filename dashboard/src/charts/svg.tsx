/** The parts that charts drawn in SVG share: an axis, a fan of percentiles, an interval, a row of stints. */

import type { ReactNode } from "react";
import { tire } from "@/ui/tires";
import type { Scale } from "./scale";
import { BASE } from "./useWidth";

interface CanvasProps {
  width: number;
  height: number;
  /** What is drawn, in words. */
  label: string;
  children: ReactNode;
}

/** An SVG that `toPng` finds; `width` and `height` in the units that `useWidth` gives. */
export function SvgChart({ width, height, label, children }: CanvasProps) {
  return (
    <svg
      data-chart
      role="img"
      aria-label={label}
      style={{ width: `${width / BASE}rem`, height: `${height / BASE}rem` }}
      viewBox={`0 0 ${width} ${height}`}
      className="block max-w-full overflow-visible"
      fontSize="12"
    >
      {children}
    </svg>
  );
}

interface AxisProps {
  scale: Scale;
  /** Where the axis stands across. */
  at: number;
  count?: number;
  /** Grid lines from the axis to here. */
  to?: number;
  format?: (value: number) => string;
}

/** Ticks along the bottom. */
export function XAxis({ scale, at, count = 8, to, format = String }: AxisProps) {
  return (
    <g>
      {scale.ticks(count).map((value) => (
        <g key={value} transform={`translate(${scale(value)},0)`}>
          {to !== undefined && <line y1={at} y2={to} stroke="var(--c-line)" />}
          <text y={at + 14} textAnchor="middle" fill="var(--c-faint)">
            {format(value)}
          </text>
        </g>
      ))}
    </g>
  );
}

/** Ticks along the left. */
export function YAxis({ scale, at, count = 6, to, format = String }: AxisProps) {
  return (
    <g>
      {scale.ticks(count).map((value) => (
        <g key={value} transform={`translate(0,${scale(value)})`}>
          {to !== undefined && <line x1={at} x2={to} stroke="var(--c-line)" />}
          <text x={at - 6} y={4} textAnchor="end" fill="var(--c-faint)">
            {format(value)}
          </text>
        </g>
      ))}
    </g>
  );
}

/** A point of a fan: percentiles at x, outermost first. */
export interface FanPoint {
  x: number;
  median: number;
  bands: readonly (readonly [number, number])[];
}

/** Nested bands around a median. */
export function Fan({ points, x, y, color }: { points: readonly FanPoint[]; x: Scale; y: Scale; color: string }) {
  const bands = points[0]?.bands.length ?? 0;
  const line = points.map((point) => `${x(point.x)},${y(point.median)}`).join(" ");
  return (
    <g>
      {Array.from({ length: bands }, (_, band) => {
        const upper = points.map((point) => `${x(point.x)},${y(point.bands[band]?.[1] ?? point.median)}`);
        const lower = points.map((point) => `${x(point.x)},${y(point.bands[band]?.[0] ?? point.median)}`);
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a band is its place
          <polygon key={band} points={[...upper, ...lower.reverse()].join(" ")} fill={color} opacity={0.16} />
        );
      })}
      <polyline points={line} fill="none" stroke={color} strokeWidth={1.75} strokeLinejoin="round" />
    </g>
  );
}

interface IntervalProps {
  scale: Scale;
  y: number;
  low: number;
  value: number;
  high: number;
  color: string;
}

/** An estimate with its interval on a shared axis. */
export function Interval({ scale, y, low, value, high, color }: IntervalProps) {
  return (
    <g stroke={color}>
      <line x1={scale(low)} x2={scale(high)} y1={y} y2={y} strokeWidth={2} />
      <line x1={scale(low)} x2={scale(low)} y1={y - 4} y2={y + 4} strokeWidth={2} />
      <line x1={scale(high)} x2={scale(high)} y1={y - 4} y2={y + 4} strokeWidth={2} />
      <circle cx={scale(value)} cy={y} r={4.5} fill={color} stroke="var(--c-panel)" strokeWidth={1.5} />
    </g>
  );
}

/** A stint on one set: laps from `first` to `last`, both included. */
export interface Stint {
  compound: string | null;
  first: number;
  last: number;
  /** Laps on the set before the stint; a used set is hatched at its start. */
  age?: number;
}

/** One car's stints as a bar, with the compound's letter where there is room. */
export function StintBar({ stints, x, y, height }: { stints: readonly Stint[]; x: Scale; y: number; height: number }) {
  return (
    <g>
      {stints.map(({ compound, first, last, age }) => {
        const { color, letter, name } = tire(compound);
        const left = x(first - 1);
        const width = Math.max(1, x(last) - left - 1.5);
        return (
          <g key={first}>
            <title>{`${name}, laps ${first} to ${last}${age ? `, ${age} laps old when fitted` : ""}`}</title>
            <rect x={left} y={y} width={width} height={height} fill={color} stroke="var(--tire-edge)" />
            {width > 14 && (
              <text
                x={left + 5}
                y={y + height / 2 + 4}
                fontWeight={700}
                fontSize={Math.min(12, height - 2)}
                fill="#10151a"
              >
                {letter}
                {width > 40 && <tspan fontWeight={500}>{` ${last - first + 1}`}</tspan>}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}
