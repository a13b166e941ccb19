/** Linear scales and round ticks for the charts that are drawn in SVG. */

export interface Scale {
  (value: number): number;
  domain: readonly [number, number];
  ticks(count?: number): number[];
}

export function linear(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [d0, d1] = domain;
  const [r0, r1] = range;
  const per = d1 === d0 ? 0 : (r1 - r0) / (d1 - d0);
  const scale = (value: number) => r0 + (value - d0) * per;
  return Object.assign(scale, { domain, ticks: (count = 6) => ticks(d0, d1, count) });
}

/** Round values within [low, high], about `count` of them. */
export function ticks(low: number, high: number, count = 6): number[] {
  const [from, to] = low <= high ? [low, high] : [high, low];
  if (to === from || count < 1) return [from];
  const rough = (to - from) / count;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = magnitude * ([1, 2, 5, 10].find((factor) => factor * magnitude >= rough) ?? 10);
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}
