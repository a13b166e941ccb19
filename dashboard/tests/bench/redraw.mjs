/**
 * How long a redraw of 20 cars over 70 laps takes in Chromium: uPlot as `LineChart` sets it up, new data each time, on
 * a canvas of 1,200 by 380 pixels. Prints median and 95th percentile of the milliseconds.
 *
 *   node tests/bench/redraw.mjs [--chromium /usr/bin/chromium]
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";

const { values } = parseArgs({ options: { chromium: { type: "string", default: "/usr/bin/chromium" } } });
const library = createRequire(import.meta.url).resolve("uplot/dist/uPlot.iife.min.js");
const browser = await chromium.launch({ executablePath: values.chromium, args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
await page.setContent("<div id='chart'></div>");
await page.addScriptTag({ content: readFileSync(library, "utf8") });
const told = await page.evaluate(async () => {
  const [CARS, LAPS, ROUNDS] = [20, 70, 200];
  const x = Array.from({ length: LAPS }, (_, lap) => lap + 1);
  const places = (round) =>
    Array.from({ length: CARS }, (_, car) => x.map((lap) => 1 + ((car + ((lap * 7 + round * 3 + car) % 3)) % CARS)));
  const chart = new globalThis.uPlot(
    {
      width: 1200,
      height: 380,
      legend: { show: false },
      scales: { x: { time: false }, y: { dir: -1, range: [0.5, CARS + 0.5] } },
      series: [
        {},
        ...Array.from({ length: CARS }, () => ({ stroke: "#3671c6", width: 1.75, points: { show: false } })),
      ],
    },
    [x, ...places(0)],
    document.getElementById("chart"),
  );
  const times = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const data = [x, ...places(round)];
    await new Promise((done) => requestAnimationFrame(done));
    const began = performance.now();
    chart.setData(data);
    await Promise.resolve(); // uPlot draws in a microtask
    chart.ctx.getImageData(0, 0, 1, 1); // waits until the pixels are there
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return { median: times[ROUNDS / 2], p95: times[Math.floor(ROUNDS * 0.95)] };
});
console.log(
  `redraw of 20 cars by 70 laps: median ${told.median.toFixed(1)} ms, 95th percentile ${told.p95.toFixed(1)} ms`,
);
await browser.close();
