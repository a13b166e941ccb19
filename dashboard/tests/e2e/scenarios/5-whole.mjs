/** What holds for every page but the live one, on answers that never change: charts leave it, nothing is a barrier. */

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
  scenario("every chart of every page leaves as a picture and as rows", async ({ page, open, answer }) => {
    await told(page, answer);
    const faults = [];
    for (const [name, { path, whole }] of Object.entries(PAGES)) {
      await open(path);
      await whole(page).first().waitFor();
      const buttons = page.getByRole("button", { name: /^Download .* as (PNG|CSV)$/ });
      const count = await buttons.count();
      expect(count >= 4, `${name} has ${count / 2} charts to save`);
      expect(count === 2 * (await page.locator("figure").count()), `${name} has a chart that cannot be saved`);
      for (let index = 0; index < count; index++) {
        const [file] = await Promise.all([page.waitForEvent("download"), buttons.nth(index).click()]);
        const bytes = readFileSync(await file.path());
        const picture = file.suggestedFilename().endsWith(".png");
        const good = picture ? bytes.toString("latin1", 1, 4) === "PNG" : bytes.toString().split("\r\n").length > 2;
        if (!good) faults.push(`${name}: ${file.suggestedFilename()} holds nothing`);
      }
    }
    expect(faults.length === 0, faults.join("\n"));
  });

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
}
