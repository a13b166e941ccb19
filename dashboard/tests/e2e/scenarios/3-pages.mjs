/** Drivers, simulation, history and models on the real stack: each is loaded, read and looked at for barriers. */

import { expect, until, VIEWS } from "../context.mjs";

async function noSidewaysScroll(page, what) {
  // Charts take their new width a moment after the screen has it.
  const wider = () => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  await until(async () => (await wider()) <= 0, `${what} is wider than the screen`, 10);
}

async function onPhoneAndDesk(page, accessible, what) {
  await accessible(`${what}, desk`);
  await page.setViewportSize({ width: VIEWS.phone[0], height: VIEWS.phone[1] });
  await noSidewaysScroll(page, what);
  await accessible(`${what}, phone`);
}

export default function add(scenario) {
  scenario("drivers are compared, and a link restores the two", async ({ page, open, accessible }) => {
    await open("/drivers/?era=all");
    const first = page.getByRole("button", { name: / as A$/ });
    const none = page.getByRole("heading", { name: "The bundle that serves holds no driver profiles" });
    await first.first().or(none).waitFor();
    if (await none.isVisible()) return accessible("drivers, none");
    await first.nth(0).click();
    await page
      .getByRole("button", { name: / as B$/ })
      .nth(1)
      .click();
    await page.getByText("Data quality").waitFor();
    const before = await page.getByText("Data quality").locator("..").textContent();
    await page.reload();
    await page.getByText("Data quality").waitFor();
    expect((await page.getByText("Data quality").locator("..").textContent()) === before, "the link restored others");
    await onPhoneAndDesk(page, accessible, "drivers");
  });

  scenario("two plans are simulated and held against each other", async ({ page, open, accessible }) => {
    await open("/simulation/?plan=12H&against=20H&n=1000&laps=30&run=1", "light");
    await page.getByRole("figure", { name: /^Plan B less plan A/ }).waitFor({ timeout: 120_000 });
    await page.getByRole("figure", { name: "Finishing places, plan A" }).waitFor();
    await page.getByRole("button", { name: "Plan B", exact: true }).click();
    await page.getByRole("figure", { name: "Finishing places, plan B" }).waitFor();
    await onPhoneAndDesk(page, accessible, "simulation");
  });

  scenario("a recorded race is told, or the page says that none is", async ({ page, open, accessible }) => {
    await open("/history/");
    const places = page.getByRole("figure", { name: /^Places by lap/ });
    const none = page.getByRole("heading", { name: "No race is recorded yet" });
    await places.or(none).first().waitFor();
    if (await places.isVisible()) {
      await page.getByText(/^Advised on lap/).waitFor();
      const download = page.waitForEvent("download");
      await page.getByRole("button", { name: "Download Tire stints as PNG" }).click();
      expect((await download).suggestedFilename() === "tire-stints.png", "another file came");
    }
    await onPhoneAndDesk(page, accessible, "history");
  });

  scenario("the models tell how good they are", async ({ page, open, accessible }) => {
    await open("/model/", "light");
    await page.getByRole("heading", { name: "Scorecard" }).waitFor();
    await page.getByRole("button", { name: "75%", exact: true }).click();
    await until(() => page.url().includes("at=0.75"), "the address does not tell the distance", 5);
    await page.getByRole("figure", { name: "Reliability: win, 75%" }).waitFor();
    await page.getByRole("heading", { name: "Drift" }).waitFor();
    await onPhoneAndDesk(page, accessible, "models");
  });
}
