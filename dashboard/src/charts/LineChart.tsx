/** Lines over laps on a canvas (uPlot): quick enough for a whole field over a whole race. */
"use client";

import { useEffect, useRef } from "react";
import uPlot from "uplot";
import { useTheme } from "@/shell/Shell";
import { larger, usePixels } from "./useWidth";

export interface Line {
  name: string;
  /** A CSS color; `var(--…)` is taken from the page. */
  color: string;
  /** One a value of `x`; null leaves a gap. */
  values: readonly (number | null)[];
  width?: number;
  dash?: number[];
  /** Fill between this line and the one at this index of `lines`, in this line's color. */
  fillTo?: number;
  /** Laps are steps rather than slopes. */
  points?: boolean;
}

/** A stretch of x behind the lines, such as a safety car. */
export interface Span {
  from: number;
  to: number;
  color: string;
}

interface Props {
  x: readonly number[];
  lines: readonly Line[];
  xLabel: string;
  yLabel: string;
  /** At the usual type size; on a screen with larger type it grows along. */
  height?: number;
  /** First place on top. */
  invert?: boolean;
  spans?: readonly Span[];
  yRange?: readonly [number, number];
  format?: (value: number) => string;
  /** The index of x under the cursor, null when it leaves. */
  onHover?: (index: number | null) => void;
  /** What the canvas shows, in words. */
  label: string;
}

/** The value of a color that may be a custom property: a canvas knows none. */
export function resolved(color: string): string {
  const name = /^var\((--[\w-]+)\)$/.exec(color)?.[1];
  return name ? getComputedStyle(document.documentElement).getPropertyValue(name).trim() : color;
}

export function LineChart(props: Props) {
  const { x, lines, label } = props;
  const height = Math.round((props.height ?? 260) * larger());
  const [measure, width] = usePixels<HTMLDivElement>();
  const frame = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(null);
  const theme = useTheme();
  const latest = useRef(props);
  latest.current = props;
  // What changes the chart's making, and not only its data.
  const shape = JSON.stringify([
    lines.map(({ name, color, width: w, dash, fillTo, points }) => [name, color, w, dash, fillTo, points]),
    props.invert,
    props.xLabel,
    props.yLabel,
    props.yRange,
  ]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for the options, the effects below for the rest
  useEffect(() => {
    if (!frame.current) return;
    const made = new uPlot(options(latest, width, height), data(latest.current), frame.current);
    chart.current = made;
    return () => {
      chart.current = null;
      made.destroy();
    };
  }, [shape, theme, height]);

  useEffect(() => chart.current?.setSize({ width, height }), [width, height]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are what is drawn
  useEffect(() => chart.current?.setData(data(latest.current)), [x, lines, props.spans]);

  return (
    <div ref={measure} role="img" aria-label={label}>
      <div ref={frame} style={{ minHeight: height }} />
    </div>
  );
}

function data({ x, lines }: Props): uPlot.AlignedData {
  return [[...x], ...lines.map((line) => [...line.values])] as uPlot.AlignedData;
}

function options(latest: { current: Props }, width: number, height: number): uPlot.Options {
  const { lines, invert, xLabel, yLabel, yRange, format } = latest.current;
  const grid = { stroke: resolved("var(--c-line)"), width: 1 };
  const text = resolved("var(--c-faint)");
  const scale = larger();
  const font = `${12 * scale}px ${getComputedStyle(document.body).fontFamily}`;
  const axis = { stroke: text, grid, ticks: grid, font, labelFont: font, labelSize: 18 * scale };
  return {
    width,
    height,
    padding: [8, 10, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: true, y: false }, points: { size: 6 } },
    scales: {
      x: { time: false },
      y: { dir: invert ? -1 : 1, ...(yRange && { range: [yRange[0], yRange[1]] as [number, number] }) },
    },
    axes: [
      { ...axis, label: xLabel, incrs: [1, 2, 5, 10, 20, 50, 100], size: 28 * scale },
      {
        ...axis,
        label: yLabel,
        size: (format ? 58 : 46) * scale,
        ...(invert && { incrs: [1, 2, 5, 10, 20, 50, 100] }), // places, and seconds behind
        ...(format && { values: (_, values) => values.map(format) }),
      },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.name,
        stroke: resolved(line.color),
        width: line.width ?? 1.5,
        points: { show: line.points ?? false },
        ...(line.dash && { dash: line.dash }),
      })),
    ],
    bands: lines.flatMap((line, index) =>
      line.fillTo === undefined
        ? []
        : [{ series: [index + 1, line.fillTo + 1] as [number, number], fill: `${resolved(line.color)}2e` }],
    ),
    hooks: {
      drawAxes: [(chart) => drawSpans(chart, latest.current.spans ?? [])],
      setCursor: [(chart) => latest.current.onHover?.(chart.cursor.idx ?? null)],
    },
  };
}

function drawSpans(chart: uPlot, spans: readonly Span[]): void {
  const { ctx, bbox } = chart;
  ctx.save();
  for (const { from, to, color } of spans) {
    const left = Math.max(bbox.left, chart.valToPos(from, "x", true));
    const right = Math.min(bbox.left + bbox.width, chart.valToPos(to, "x", true));
    ctx.globalAlpha = 0.16;
    ctx.fillStyle = resolved(color);
    if (right > left) ctx.fillRect(left, bbox.top, right - left, bbox.height);
  }
  ctx.restore();
}
