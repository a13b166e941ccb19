/** Two recorded races side by side, on answers that never change: nothing there is a barrier. */

import { fixture } from "../context.mjs";
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
}
