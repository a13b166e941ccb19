/**
 * Opens the dashboard of a running stack in Chromium and goes through the scenarios: one line of JSON a scenario,
 * {"name", "ok", "problem", "seconds"}. `--update` writes the screenshots' baselines anew.
 *
 *   node tests/e2e/run.mjs --base http://127.0.0.1:8080 --key KEY --race 2018_01 [--only text] [--out folder] [--update]
 */

import { mkdirSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { chromium } from "playwright-core";
import { context } from "./context.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const { values: given } = parseArgs({
  options: {
    base: { type: "string" },
    key: { type: "string" },
    race: { type: "string" },
    chromium: { type: "string", default: "/usr/bin/chromium" },
    out: { type: "string", default: join(HERE, "..", "..", ".e2e") },
    only: { type: "string", default: "" },
    update: { type: "boolean", default: false },
  },
});
mkdirSync(given.out, { recursive: true });

const scenarios = [];
for (const file of readdirSync(join(HERE, "scenarios")).sort()) {
  const { default: add } = await import(`./scenarios/${file}`);
  add((name, run) => scenarios.push({ name, run }));
}

const browser = await chromium.launch({
  executablePath: given.chromium,
  args: ["--no-sandbox", "--font-render-hinting=none", "--force-color-profile=srgb"],
});
for (const { name, run } of scenarios.filter((scenario) => scenario.name.includes(given.only))) {
  const began = Date.now();
  const made = await context(browser, given);
  let problem = null;
  try {
    await run(made);
    problem = made.complaints.length > 0 ? made.complaints.join("\n") : null;
  } catch (error) {
    problem = String(error?.stack ?? error);
    await made.page.screenshot({ path: join(given.out, `failed-${name.replaceAll(/\W+/g, "-")}.png`) }).catch(() => {});
  }
  await made.close();
  console.log(JSON.stringify({ name, ok: problem === null, problem, seconds: (Date.now() - began) / 1000 }));
}
await browser.close();
