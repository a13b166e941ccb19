/** What a scenario works with: a page of its own, and the checks that several of them make. */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import pixelmatch from "pixelmatch";
import { PNG } from "pngjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DIFFERENT = 0.01;
/** Share of a baseline's pixels that may differ: the page brings its font, but machines draw it a little differently. */
const WAIT_MS = 60_000;

export const VIEWS = { phone: [390, 844], desk: [1280, 900], wall: [2560, 1440] };

export function fixture(name) {
  return readFileSync(join(HERE, "fixtures", `${name}.json`), "utf8");
}

/** A picture at half its size: what machines draw differently at the edges of letters is averaged out, and baselines
 * stay small. */
function halved(full) {
  const made = new PNG({ width: full.width >> 1, height: full.height >> 1 });
  for (let y = 0; y < made.height; y++) {
    for (let x = 0; x < made.width; x++) {
      for (let channel = 0; channel < 4; channel++) {
        const at = (dx, dy) => full.data[4 * ((2 * y + dy) * full.width + 2 * x + dx) + channel];
        made.data[4 * (y * made.width + x) + channel] = (at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1) + 2) >> 2;
      }
    }
  }
  return made;
}

/** As small as a PNG of flat areas gets without a palette. */
function packed(picture) {
  return PNG.sync.write(picture, { colorType: 2, deflateLevel: 9, deflateStrategy: 0, filterType: 0 });
}

/** A page that complains of what goes wrong in it. Nothing of one scenario is left for the next. */
export async function context(browser, { base, key, race, out, update }) {
  const made = await browser.newContext({
    baseURL: base,
    viewport: { width: 1280, height: 900 },
    reducedMotion: "reduce",
    locale: "en-GB",
    timezoneId: "UTC",
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

  /** Compare the screen with its baseline; what moves is masked. One that stands still now is awaited: charts take
   * their width a moment after the page has its own. */
  async function looksAsBefore(name, masks = []) {
    const shot = await still({ mask: masks.map((mask) => page.locator(mask)), animations: "disabled" });
    const path = join(HERE, "baselines", `${name}.png`);
    const now = halved(PNG.sync.read(shot));
    if (update) return writeFileSync(path, packed(now));
    if (!existsSync(path)) throw new Error(`there is no baseline ${name}.png; --update writes it, look at it`);
    const before = PNG.sync.read(readFileSync(path));
    if (now.width !== before.width || now.height !== before.height) throw new Error(`${name} has another size`);
    const marked = new PNG({ width: now.width, height: now.height });
    const count = pixelmatch(now.data, before.data, marked.data, now.width, now.height, { threshold: 0.2 });
    const share = count / (now.width * now.height);
    if (share <= DIFFERENT) return;
    writeFileSync(join(out, `${name}.png`), shot);
    writeFileSync(join(out, `${name}-difference.png`), PNG.sync.write(marked));
    throw new Error(`${name} differs from its baseline in ${(100 * share).toFixed(1)}% of its pixels; see ${out}`);
  }

  /** The screen, once two pictures of it are alike. */
  async function still(options) {
    let last = await page.screenshot(options);
    for (let tries = 0; tries < 20; tries++) {
      await new Promise((done) => setTimeout(done, 250));
      const next = await page.screenshot(options);
      if (next.equals(last)) return next;
      last = next;
    }
    return last;
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
