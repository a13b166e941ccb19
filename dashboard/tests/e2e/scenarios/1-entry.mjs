/** Who may look, how much is loaded, and what a stranger is shown. */

import { gzipSync } from "node:zlib";
import { expect, fixture } from "../context.mjs";

const MOST_BYTES = 250_000;
/** JavaScript of the first load, gzipped. */

/** What Google's script does, as far as the page knows of it. */
const STAND_IN = `let told;
window.google = { accounts: { id: {
  initialize: (options) => { told = options; },
  renderButton: (parent) => {
    const button = document.createElement("button");
    button.textContent = "Stand-in for " + told.client_id;
    button.onclick = () => told.callback({ credential: "TOKEN" });
    parent.append(button);
  },
} } };`;

export default function add(scenario) {
  scenario("a key is needed, a wrong one is refused, the right one is asked for once", async ({ page, race, key }) => {
    await page.goto(`/dashboard/?race=${race}`);
    await page.getByRole("heading", { name: "Enter the key" }).waitFor();
    expect((await page.getByTestId("tower").count()) === 0, "the tower is shown without a key");
    await page.getByLabel("API key").fill("wrong");
    await page.getByRole("button", { name: "Open the dashboard" }).click();
    await page.getByText("The service does not know this key.").waitFor();
    await page.getByLabel("API key").fill(key);
    await page.getByRole("button", { name: "Open the dashboard" }).click();
    await page.getByTestId("tower").waitFor();
    await page.reload();
    await page.getByTestId("tower").waitFor();
    await page.getByRole("button", { name: "Forget key" }).click();
    await page.getByRole("heading", { name: "Enter the key" }).waitFor();
    expect(!(await page.evaluate(() => JSON.stringify(localStorage))).includes(key), "the key was not forgotten");
  });

  scenario("a key in the address's fragment opens the page and leaves the address", async ({ page, race, key }) => {
    await page.goto(`/dashboard/?race=${race}#key=${key}`);
    await page.getByTestId("tower").waitFor();
    expect(!page.url().includes(key), "the key stayed in the address");
  });

  scenario(
    "where a deployment says so one signs in with Google, and the token goes along",
    async ({ page, race, answer }) => {
      const claims = btoa(JSON.stringify({ exp: Date.now() / 1000 + 3600 }));
      const token = `head.${claims}.signature`;
      const asked = [];
      await answer({
        "/live": fixture("races"),
        "/live/[^/]+": fixture("live"),
        "/recommend": fixture("recommend"),
        "/model": "{}",
      });
      page.on("request", (request) => asked.push(request));
      await page.route("**/dashboard/config.json", (route) =>
        route.fulfill({ json: { api: "", google_client_id: "1-a.apps.googleusercontent.com" } }),
      );
      await page.route("https://accounts.google.com/gsi/client", (route) =>
        route.fulfill({ contentType: "text/javascript", body: STAND_IN.replace("TOKEN", token) }),
      );
      await page.goto(`/dashboard/?race=${race}`);
      expect((await page.getByLabel("API key").count()) === 0, "a key is asked for");
      await page.getByRole("button", { name: "Stand-in for 1-a.apps.googleusercontent.com" }).click();
      await page.getByTestId("tower").waitFor();
      const live = asked.find((request) => new URL(request.url()).pathname.startsWith("/live/"));
      expect(live?.headers().authorization === `Bearer ${token}`, "the token does not go along");
      expect(live?.headers()["x-api-key"] === undefined, "a key goes along");
      expect(!(await page.evaluate(() => JSON.stringify(localStorage))).includes(token), "the token outlives the tab");
    },
  );

  scenario("the first load is under 250 kB of JavaScript", async ({ page, open, race }) => {
    const sizes = new Map();
    page.on("response", async (response) => {
      if (!response.url().endsWith(".js")) return;
      const body = await response.body().catch(() => undefined);
      if (body) sizes.set(response.url(), gzipSync(body).length);
    });
    await open(`/?race=${race}`);
    await page.getByTestId("tower").waitFor();
    await page.waitForLoadState("load");
    const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    expect(sizes.size > 2, "no scripts were seen");
    expect(total < MOST_BYTES, `the first load takes ${total} bytes of JavaScript`);
  });

  scenario("the gate has no barrier", async ({ page, accessible }) => {
    await page.goto("/dashboard/");
    await page.getByRole("heading", { name: "Enter the key" }).waitFor();
    await accessible("the gate");
  });

  scenario("the page keeps its own content policy", async ({ context, base, race, key }) => {
    const strict = await context.browser().newContext();
    const other = await strict.newPage();
    const refused = [];
    other.on("console", (message) => {
      if (/Content Security Policy/i.test(message.text())) refused.push(message.text());
    });
    await other.goto(`${base}/dashboard/?race=${race}#key=${key}`);
    await other.getByTestId("tower").waitFor({ timeout: 60_000 });
    await strict.close();
    expect(refused.length === 0, refused.join("\n"));
  });
}
