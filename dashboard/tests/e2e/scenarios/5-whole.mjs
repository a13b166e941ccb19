/** What the other pages hold, on answers that never change: two recorded races have no barrier, every chart is saved. */

import { readFileSync } from "node:fs";
import { expect, fixture } from "../context.mjs";
import { NOW, PAGES } from "./4-screens.mjs";

async function told(page, answer) {
  await page.clock.setFixedTime(NOW);
  const routes = Object.values(PAGES).flatMap(({ answers }) => Object.entries(answers));
  await answer(Object.fromEntries(routes.map(([route, name]) => [route, fixture(name)])));
}

/** The recorded race a second time, as another round: its laps are the same, what names it is not. */
function twoRaces() {
  const [race] = JSON.parse(fixture("recorded"));
  return JSON.stringify([race, { ...race, race_id: "2018_02", round: 2, name: "Other Grand Prix" }]);
}

export default function add(scenario) {
  for (const theme of ["dark", "light"]) {
    scenario(`two races stand side by side without a barrier, ${theme}`, async ({ page, open, answer, accessible }) => {
      await told(page, answer);
      await answer({ "/races": twoRaces() });
      await open("/history/?race=2018_01&against=2018_02", theme);
      for (const race of ["Invented Grand Prix", "Other Grand Prix"]) {
        await page.getByRole("figure", { name: `Places by lap, ${race} 2018` }).waitFor();
      }
      await accessible(`two races, ${theme}`);
    });
  }
  scenario("every chart of the other pages is saved as a picture and as rows", async ({ page, open, answer }) => {
    await told(page, answer);
    for (const [name, { path, whole }] of Object.entries(PAGES)) {
      await open(path, "light");
      await whole(page).first().waitFor();
      const labels = await page
        .getByRole("button", { name: /^Download .+ as (PNG|CSV)$/ })
        .evaluateAll((buttons) => buttons.map((button) => button.getAttribute("aria-label")));
      expect(labels.length >= 2, `${name} has ${labels.length} buttons to save by`);
      for (const label of labels) {
        await page.waitForTimeout(200); // Chromium drops what is saved beyond ten times a second
        const waiting = page.waitForEvent("download");
        await page.getByRole("button", { name: label, exact: true }).click();
        const saved = await waiting.catch(async () => {
          const told = await page.getByRole("alert").allTextContents();
          throw new Error(`${name}: ${label} saves nothing; the page says ${JSON.stringify(told)}`);
        });
        const bytes = readFileSync(await saved.path(), "latin1");
        const whether = label.endsWith("PNG") ? bytes.startsWith("\u0089PNG") : bytes.split("\r\n").length > 2;
        expect(whether && bytes.length > 20, `${name}: ${label} saves ${bytes.length} bytes`);
      }
    }
  });
}
