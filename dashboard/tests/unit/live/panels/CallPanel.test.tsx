import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { rows } from "@/live/data/rows";
import { CallPanel, headline, rival } from "@/live/panels/CallPanel";
import { call, car, live } from "../../../fixtures";

const NO_STOP = { ...call().pit_strategy, recommended_lap: null, compound: null, stops: [], window: null };

test("the call says which lap, and on the lap itself that it is now", () => {
  expect(headline(call(), 5, live({ lap: 5 })).text).toBe("Box lap 19");
  expect(headline(call(), 18, live({ lap: 18 }))).toEqual({ text: "Box this lap", compound: "MEDIUM", now: true });
  expect(headline(call({ pit_strategy: NO_STOP }), 30, live({ lap: 30 })).text).toBe("Stay out to the flag");
});

test("a call of an earlier lap is never told as now", () => {
  const now = live({ lap: 18 });
  expect(headline(call(), 17, now)).toEqual({ text: "Box lap 19", compound: "MEDIUM", now: false });
});

test("a stop on a lap that has been run since the call is not told as one to make", () => {
  const told = headline(call(), 17, live({ lap: 19 }));
  expect(told).toEqual({ text: "Lap 19 has gone", compound: null, now: false, past: true });
});

test("under a red flag the next stop is a change of tires, not a lap to box on", () => {
  const told = headline(call(), 18, live({ lap: 18, track_status: "RED" }));
  expect(told).toEqual({ text: "Red flag: fit", compound: "MEDIUM", now: true });
  expect(headline(call(), 5, live({ track_status: "RED" })).text).toBe("Box lap 19");
});

function panel(more: Partial<Parameters<typeof CallPanel>[0]>) {
  const race = more.live ?? live();
  const made = call();
  const tower = rows(race, made);
  render(
    <CallPanel live={race} call={made} driver="BBB" lap={5} asking={false} error={null} tower={tower} {...more} />,
  );
}

test("a call older than the lap before says that it is", () => {
  panel({ live: live({ lap: 8 }) });
  expect(screen.getByText(/This is the call of lap 5, and the race is on lap 8/)).toBeTruthy();
});

test("while the next lap is worked out the call of the lap before stands without alarm", () => {
  panel({ live: live({ lap: 6 }), asking: true });
  expect(screen.queryByText(/This is the call of lap 5/)).toBeNull();
});

test("a window of one lap is one lap, and a car in the pits is told as there", () => {
  const made = call();
  const strategy = { ...made.pit_strategy, window: { opens: 19, closes: 19 } };
  const race = live({ field: [car("AAA", 1, 0), car("BBB", 2, 2.5, { in_pit: true })] });
  panel({ live: race, call: { ...made, pit_strategy: strategy } });
  expect(screen.getByText("Lap 19")).toBeTruthy();
  expect(screen.getByText(/P2 in the pits with/)).toBeTruthy();
});

test("after the flag the place is told, and no call is promised", () => {
  panel({
    live: live({ lap: 57 }),
    call: undefined,
    lap: undefined,
    missing: "OUT is out of the race, after 39 laps.",
  });
  expect(screen.getByText(/The race is over: BBB was P2/)).toBeTruthy();
  expect(screen.queryByText(/The call is for/)).toBeNull();
});

test("for a car in the pit lane only the tire is open", () => {
  expect(headline(call(), 19, live({ lap: 19 })).text).toBe("In the pits: fit");
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
