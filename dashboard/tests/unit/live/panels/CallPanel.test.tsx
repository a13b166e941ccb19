import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { rows } from "@/live/data/rows";
import { CallPanel, headline, rival } from "@/live/panels/CallPanel";
import { call, live } from "../../../fixtures";

const NO_STOP = { ...call().pit_strategy, recommended_lap: null, compound: null, stops: [], window: null };

test("the call says which lap, and on the lap itself that it is now", () => {
  expect(headline(call(), 5, true).text).toBe("Box lap 19");
  expect(headline(call(), 18, true)).toEqual({ text: "Box this lap", compound: "MEDIUM", now: true });
  expect(headline(call({ pit_strategy: NO_STOP }), 30, true).text).toBe("Stay out to the flag");
});

test("a call of an earlier lap is never told as now", () => {
  expect(headline(call(), 18, false)).toEqual({ text: "Box lap 19", compound: "MEDIUM", now: false });
});

test("for a car in the pit lane only the tire is open", () => {
  expect(headline(call(), 19, true).text).toBe("In the pits: fit");
});

test("the plan that cannot be told from the call is the one whose interval holds nothing", () => {
  expect(rival(call())?.stops[0]?.lap).toBe(17);
});

test("odds, window and reasons stand with the call", () => {
  const race = live();
  const made = call({ too_close_to_call: true });
  render(
    <CallPanel live={race} call={made} driver="BBB" lap={5} asking={false} error={null} tower={rows(race, made)} />,
  );
  expect(screen.getByTestId("call").textContent).toContain("Box lap 19");
  expect(screen.getByText("32%")).toBeTruthy();
  expect(screen.getByText("Laps 16–22")).toBeTruthy();
  expect(screen.getByText(/Too close to call/).textContent).toContain("lap 17 mediums");
  expect(screen.getByText(/Any stop from lap 16/)).toBeTruthy();
});

test("a car that is out has no call, and the page says what to do", () => {
  render(
    <CallPanel live={live()} call={undefined} driver="ZZZ" lap={undefined} asking={false} error={null} tower={[]} />,
  );
  expect(screen.getByText(/ZZZ is not running/)).toBeTruthy();
});

test("a car that stands in for one that is out says so", () => {
  const race = live();
  const made = call();
  render(
    <CallPanel
      live={race}
      call={made}
      driver="BBB"
      lap={5}
      asking={false}
      error={null}
      tower={rows(race, made)}
      missing="OUT is out of the race, after 39 laps."
    />,
  );
  expect(screen.getByText(/OUT is out of the race, after 39 laps/).textContent).toContain("The call is for BBB");
});
