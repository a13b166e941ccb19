/** Drivers, simulation, history and models beside the pictures kept of them, on answers that never change. */

import { expect, fixture } from "../context.mjs";

/** Each page with what it is asked to show, what it is told, and what stands there once it is whole. */
export const PAGES = {
  drivers: {
    path: "/drivers/?a=VER&b=NOR",
    answers: { "/driver-profiles": "driver-profiles" },
    whole: (page) => page.getByText("Data quality"),
  },
  simulation: {
    path: "/simulation/?season=2024&laps=30&n=1000&plan=12H&against=18H&run=1",
    answers: { "/seasons": "seasons", "/circuits": "circuits", "/simulate": "simulate" },
    whole: (page) => page.getByRole("figure", { name: /^Plan B less plan A/ }),
    // What is chosen is long; the pictures are of what comes of it.
    from: (page) => page.getByRole("figure", { name: /^Plan B less plan A/ }),
  },
  history: {
    path: "/history/?race=2018_01&for=SAC&lap=10",
    answers: { "/races": "recorded", "/races/[^/]+/laps": "recorded-laps", "/recommend": "recommend" },
    whole: (page) => page.getByText(/^Advised on lap/),
  },
  model: {
    path: "/model/",
    answers: {
      "/model": "model",
      "/model/scorecard": "model-scorecard",
      "/model/cards": "model-cards",
      "/model/drift": "model-drift",
    },
    whole: (page) => page.getByRole("figure", { name: "Reliability: win, 50%" }),
  },
};
const SCREENS = [
  ["phone", "dark", 390, 844],
  ["desk", "light", 1280, 900],
];
/** Noon after the last day of the answers. */
export const NOW = "2024-07-08T12:00:00Z";

export default function add(scenario) {
  scenario("the other pages look as they did", async ({ page, open, answer, looksAsBefore }) => {
    await page.clock.setFixedTime(NOW);
    const told = Object.values(PAGES).flatMap(({ answers }) => Object.entries(answers));
    await answer(Object.fromEntries(told.map(([route, name]) => [route, fixture(name)])));
    const faults = [];
    for (const [name, { path, whole, from }] of Object.entries(PAGES)) {
      for (const [view, theme, width, height] of SCREENS) {
        await page.setViewportSize({ width, height });
        await open(path, theme);
        await whole(page).first().waitFor();
        await page.evaluate(() => document.fonts.ready);
        if (from) await from(page).evaluate((element) => element.scrollIntoView({ block: "start" }));
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(wide <= 0, `${name}, ${view}, is ${wide} px wider than the screen`);
        await looksAsBefore(`${name}-${view}-${theme}`).catch((error) => faults.push(error.message));
      }
    }
    expect(faults.length === 0, faults.join("\n"));
  });
}
