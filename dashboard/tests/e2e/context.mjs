/** What a scenario works with: a page of its own, and the checks that several of them make. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import pixelmatch from "pixelmatch";
import { PNG } from "pngjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DIFFERENT = 0.02;
/** Share of pixels that may differ from a baseline: fonts are drawn a little differently from machine to machine. */
const WAIT_MS = 60_000;

export const VIEWS = { phone: [390, 844], desk: [1280, 900], wall: [2560, 1440] };

export function fixture(name) {
  return readFileSync(join(HERE, "fixtures", `${name}.json`), "utf8");
}

/** A page that complains of what goes wrong in it. Nothing of one scenario is left for the next. */
export async function context(browser, { base, key, race, out, update }) {
  const made = await browser.newContext({
    baseURL: base,
    viewport: { width: 1280, height: 900 },
    reducedMotion: "reduce",
    // The content policy of the page admits no script of a test's; what axe needs is put in past it.
    bypassCSP: true,
  });
  const page = await made.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`the page threw ${error.message}`));

  /** Open a page as somebody who has entered the key. */
  async function open(path, theme = "dark") {
    await page.addInitScript(
      ([secret, colors]) => {
        localStorage.setItem("f1.key", secret);
        localStorage.setItem("f1.theme", colors);
      },
      [key, theme],
    );
    await page.goto(`/dashboard${path}`);
  }

  /** Answer these routes of the service with what a file holds, so that a page looks the same every time. */
  async function answer(routes) {
    for (const [pattern, body] of Object.entries(routes)) {
      await page.route(
        (url) => !url.pathname.startsWith("/dashboard") && new RegExp(`^${pattern}$`).test(url.pathname),
        (route) =>
          route.fulfill({ contentType: "application/json", status: body === null ? 404 : 200, body: body ?? "{}" }),
      );
    }
  }

  /** Throws with every violation that axe finds. */
  async function accessible(what) {
    await page.evaluate(AXE);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    if (violations.length === 0) return;
    const told = violations.map(
      ({ id, help, nodes }) =>
        `${id}: ${help}\n${nodes.map((node) => `    ${node.html.slice(0, 160)} ${node.failureSummary}`).join("\n")}`,
    );
    throw new Error(`${what}: ${told.join("\n")}`);
  }

  /** Compare the screen with its baseline; what moves is masked. */
  async function looksAsBefore(name, masks = []) {
    const shot = await page.screenshot({ mask: masks.map((mask) => page.locator(mask)), animations: "disabled" });
    const path = join(HERE, "baselines", `${name}.png`);
    if (update || !existsSync(path)) {
      writeFileSync(path, shot);
      if (!update) throw new Error(`there was no baseline ${name}.png; it was written now, look at it`);
      return;
    }
    const [now, before] = [PNG.sync.read(shot), PNG.sync.read(readFileSync(path))];
    if (now.width !== before.width || now.height !== before.height) throw new Error(`${name} has another size`);
    const marked = new PNG({ width: now.width, height: now.height });
    const count = pixelmatch(now.data, before.data, marked.data, now.width, now.height, { threshold: 0.2 });
    const share = count / (now.width * now.height);
    if (share <= DIFFERENT) return;
    writeFileSync(join(out, `${name}.png`), shot);
    writeFileSync(join(out, `${name}-difference.png`), PNG.sync.write(marked));
    throw new Error(`${name} differs from its baseline in ${(100 * share).toFixed(1)}% of its pixels; see ${out}`);
  }

  return {
    page,
    context: made,
    base,
    race,
    key,
    complaints,
    open,
    answer,
    accessible,
    looksAsBefore,
    close: () => made.close(),
  };
}

export function expect(condition, message) {
  if (!condition) throw new Error(message);
}

/** Wait until `condition` answers something true. */
export async function until(condition, message, seconds = 60) {
  const end = Date.now() + 1000 * seconds;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${message}, within ${seconds} s`);
    await new Promise((done) => setTimeout(done, 200));
  }
}
