/** The live page on a race that is told while it looks. */

import { readFileSync } from "node:fs";
import { expect, fixture, until, VIEWS } from "../context.mjs";

/** A race that stands still, written just now; no replay. */
function canned() {
  const live = { ...JSON.parse(fixture("live")), written_at: new Date().toISOString() };
  return {
    "/live": fixture("races"),
    "/live/[^/]+": JSON.stringify(live),
    "/recommend": fixture("recommend"),
    "/replay": null,
  };
}

const MOVES = ["[data-testid=freshness]"];

async function lapOf(page) {
  return Number(await page.getByTestId("lap").textContent());
}

/** "Call of lap 14, working out lap 15": 14. */
async function callLap(page) {
  const told = await page.getByLabel("The call").getByRole("status").first().textContent();
  return Number(/Call of lap (\d+)/.exec(told ?? "")?.[1] ?? 0);
}

async function callText(page) {
  return (await page.getByLabel("The call").textContent()) ?? "";
}

async function play(page, paused) {
  await page.getByRole("group", { name: "Replay" }).waitFor();
  const button = page.getByRole("button", { name: paused ? "Pause" : "Play", exact: true });
  if (await button.isVisible()) await button.click();
  await page.getByRole("button", { name: paused ? "Play" : "Pause", exact: true }).waitFor();
}

async function shown(open, page) {
  await open("/?race=2018_01&driver=SAC");
  await page.getByTestId("call").waitFor();
  await page.evaluate(() => document.fonts.ready);
}

export default function add(scenario) {
  scenario("the call changes when the race does", async ({ page, open, race }) => {
    await open(`/?race=${race}`);
    await play(page, false);
    const first = await until(() => callLap(page), "no call was made", 90);
    const before = await callText(page);
    const tower = await page.getByTestId("tower").textContent();
    await until(async () => (await callLap(page)) > first, "the call stayed that of an older lap", 90);
    expect((await callText(page)) !== before, "the call of another lap has the same words and odds");
    expect((await page.getByTestId("tower").textContent()) !== tower, "the tower stood still");
  });

  scenario("keys pause the replay and change its speed", async ({ page, open, race }) => {
    await open(`/?race=${race}`);
    await play(page, false);
    await page.locator("h1").click();
    await page.keyboard.press("Space");
    await page.getByText("Replay paused").waitFor();
    await page.waitForTimeout(3000);
    const lap = await lapOf(page);
    const speed = page.getByLabel("Replay speed");
    const before = Number(await speed.inputValue());
    await page.locator("h1").click();
    await page.keyboard.press("ArrowLeft");
    await until(async () => Number(await speed.inputValue()) < before, "the speed stayed");
    await page.waitForTimeout(3000);
    expect((await lapOf(page)) === lap, "the race went on while it was paused");
    await page.keyboard.press("ArrowRight");
    await until(async () => Number(await speed.inputValue()) >= before, "the speed did not come back");
    await page.keyboard.press("Space");
    await page.getByText("Replay paused").waitFor({ state: "hidden", timeout: 60_000 });
    await until(async () => (await lapOf(page)) > lap, "the race did not go on", 180);
  });

  scenario(
    "one goes back through the laps as they stood, and a link leads there again",
    async ({ page, open, race }) => {
      await open(`/?race=${race}`);
      await play(page, false);
      const first = await until(() => lapOf(page), "no lap was told");
      await until(async () => (await lapOf(page)) >= first + 2, "the race stood still");
      await play(page, true);
      await page.waitForTimeout(3000);
      const now = await lapOf(page);
      await page.getByLabel("Lap shown").focus();
      await page.keyboard.press("Home");
      await page.getByText(/As it stood at the end of lap/).waitFor();
      const then = await lapOf(page);
      expect(then < now, `lap ${then} is not before lap ${now}`);
      expect(new URL(page.url()).searchParams.get("lap") === String(then), "the address does not hold the lap");
      const tower = await page.getByTestId("tower").locator("td:nth-child(3)").allTextContents();
      await page.reload();
      await page.getByText(/As it stood at the end of lap/).waitFor();
      expect((await lapOf(page)) === then, "the link leads to another lap");
      const again = await page.getByTestId("tower").locator("td:nth-child(3)").allTextContents();
      expect(again.join() === tower.join(), "the tower of that lap is another one");
      await page.getByRole("button", { name: "Back to live" }).click();
      await until(async () => (await lapOf(page)) >= now, "the way back leads elsewhere");
      await play(page, false);
    },
  );

  scenario(
    "a lost connection is told with the age of the data, and its return as well",
    async ({ page, context, open, race }) => {
      await open(`/?race=${race}`);
      await page.getByTestId("tower").waitFor();
      await context.setOffline(true);
      await page.getByRole("alert").filter({ hasText: "Offline" }).waitFor();
      expect(await page.getByTestId("tower").isVisible(), "what was known is gone");
      await context.setOffline(false);
      await page.getByRole("alert").filter({ hasText: "Offline" }).waitFor({ state: "detached" });
    },
  );

  scenario(
    "while no answer comes another page is not opened in place of what is known",
    async ({ page, context, open, race }) => {
      await open(`/?race=${race}`);
      await page.getByTestId("tower").waitFor();
      await context.setOffline(true);
      await page.getByRole("alert").filter({ hasText: "Offline" }).waitFor();
      await page.getByRole("link", { name: "Simulation" }).click();
      await page.getByRole("alert").filter({ hasText: "No other page can be opened" }).waitFor();
      expect(await page.getByTestId("tower").isVisible(), "what was known is gone");
      await context.setOffline(false);
      await page.getByRole("link", { name: "Simulation" }).click();
      await page.getByRole("heading", { name: "Simulation" }).waitFor();
      expect((await page.getByText("No other page can be opened").count()) === 0, "it is still told as lost");
    },
  );

  scenario("a call that cannot be made anew is told as old, with its odds", async ({ page, open, answer }) => {
    await answer(canned());
    await shown(open, page);
    const race = JSON.parse(fixture("live"));
    const lap = race.lap + 3;
    const cars = race.cars.map((car) => ({ ...car, lap }));
    const later = { ...race, lap, cars, updated_at: new Date().toISOString(), written_at: new Date().toISOString() };
    await page.route(/\/recommend$/, (route) =>
      route.fulfill({ status: 503, json: { error: { code: "loading", message: "Loading.", fields: [] } } }),
    );
    await answer({ "/live/[^/]+": JSON.stringify(later) });
    await page.getByText(`This is the call of lap ${race.lap}, and the race is on lap ${lap}`).waitFor();
    await page.getByText(`Next stops and odds are of lap ${race.lap}`).waitFor();
  });

  scenario("a delay holds the race back, and favorites and delay are kept", async ({ page, open, race }) => {
    await open(`/?race=${race}`);
    await play(page, false);
    await page.getByLabel("TV delay").fill("40");
    await page
      .getByTestId("freshness")
      .filter({ hasText: "40 s late" })
      .or(page.getByText(/Holding back/))
      .waitFor();
    const star = page.getByRole("button", { name: /^Favorite/ }).nth(4);
    await star.click();
    const name = await star.getAttribute("aria-label");
    await page.reload();
    await page.getByTestId("tower").waitFor();
    expect((await page.getByLabel("TV delay").inputValue()) === "40", "the delay was lost");
    const kept = page.getByRole("button", { name, exact: true });
    expect((await kept.getAttribute("aria-pressed")) === "true", "the favorite was lost");
  });

  scenario("a chart leaves as a picture and as rows", async ({ page, open, answer }) => {
    await answer(canned());
    await shown(open, page);
    for (const [kind, starts] of [
      ["PNG", "\u0089PNG"],
      ["CSV", "plan,difference"],
    ]) {
      const waiting = page.waitForEvent("download");
      await page.getByRole("button", { name: `Download Alternatives as ${kind}` }).click();
      const saved = await waiting;
      expect(saved.suggestedFilename() === `alternatives.${kind.toLowerCase()}`, saved.suggestedFilename());
      const text = readFileSync(await saved.path(), "latin1");
      expect(text.startsWith(starts), `${kind} begins with ${text.slice(0, 20)}`);
      expect(text.length > 200, `${kind} holds ${text.length} bytes`);
    }
  });

  for (const theme of ["dark", "light"]) {
    scenario(`the live page has no barrier, ${theme}`, async ({ page, open, answer, accessible }) => {
      await answer(canned());
      await page.setViewportSize({ width: 1280, height: 900 });
      await open("/?race=2018_01&driver=SAC", theme);
      await page.getByTestId("call").waitFor();
      await page.getByText("What this rests on").click();
      await accessible(`live, ${theme}`);
    });
    for (const [view, [width, height]] of Object.entries(VIEWS)) {
      scenario(`the live page looks as it did, ${view}, ${theme}`, async ({ page, open, answer, looksAsBefore }) => {
        await answer(canned());
        await page.setViewportSize({ width, height });
        await open("/?race=2018_01&driver=SAC", theme);
        await page.getByTestId("call").waitFor();
        await page.evaluate(() => document.fonts.ready);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(wide <= 0, `the page is ${wide} px wider than the screen`);
        await looksAsBefore(`live-${view}-${theme}`, MOVES);
      });
    }
  }
}
