/** What was foretold against what came: a point a tenth of the scale, with the interval of its share. */
"use client";

import { ChartFrame } from "@/charts/ChartFrame";
import { linear } from "@/charts/scale";
import { SvgChart, XAxis, YAxis } from "@/charts/svg";
import { useWidth } from "@/charts/useWidth";
import { type Bin, wilson } from "./scorecard";

const LEFT = 36;
const BOTTOM = 32;
const percentOf = (value: number) => `${Math.round(100 * value)}%`;

export function Reliability({ name, distance, bins }: { name: string; distance: string; bins: readonly Bin[] }) {
  const [frame, width] = useWidth<HTMLDivElement>(280);
  const height = Math.min(300, Math.round(width * 0.92));
  const x = linear([0, 1], [LEFT, width - 12]);
  const y = linear([0, 1], [height - BOTTOM, 8]);
  const points = bins.flatMap(({ n, forecast, came }) =>
    n > 0 && forecast !== null && came !== null ? [{ n, forecast, came, interval: wilson(came, n) }] : [],
  );
  const most = Math.max(1, ...points.map((point) => point.n));
  return (
    <div ref={frame} className="min-w-0">
      <ChartFrame
        title={`Reliability: ${name}, ${distance}`}
        summary="Share that came true against the chance foretold."
        quiet
        rows={() => bins.map(({ n, forecast, came }) => ({ question: name, distance, n, forecast, came }))}
      >
        <SvgChart
          width={width}
          height={height}
          label={points
            .map(({ n, forecast, came }) => `foretold ${percentOf(forecast)}, came ${percentOf(came)} of ${n}`)
            .join("; ")}
        >
          <XAxis scale={x} at={height - BOTTOM} to={8} count={4} format={percentOf} />
          <YAxis scale={y} at={LEFT} to={width - 12} count={4} format={percentOf} />
          <line x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} stroke="var(--c-strong)" strokeDasharray="4 3" />
          <text x={(LEFT + width) / 2} y={height - 2} textAnchor="middle" fill="var(--c-faint)" fontSize={11}>
            Foretold
          </text>
          <text x={LEFT + 5} y={18} fill="var(--c-faint)" fontSize={11}>
            Came true
          </text>
          {points.map(({ n, forecast, came, interval: [low, high] }) => (
            <g key={forecast} stroke="var(--c-accent)">
              <title>{`foretold ${percentOf(forecast)}, came true ${percentOf(came)} of ${n} (90%: ${percentOf(low)}–${percentOf(high)})`}</title>
              <line x1={x(forecast)} x2={x(forecast)} y1={y(low)} y2={y(high)} strokeWidth={1.5} />
              <circle
                cx={x(forecast)}
                cy={y(came)}
                r={2.5 + 4.5 * Math.sqrt(n / most)}
                fill="var(--c-accent)"
                stroke="var(--c-panel)"
              />
            </g>
          ))}
        </SvgChart>
      </ChartFrame>
    </div>
  );
}
