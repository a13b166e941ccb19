import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { Cards } from "@/model/Cards";
import { flat, type Report } from "@/model/cards";
import { Drift } from "@/model/Drift";
import { distanceName, distances, questions, type Scorecard, wilson } from "@/model/scorecard";

const REPORT = {
  name: "fuel",
  kind: "linear",
  truth: "derived from physics",
  metrics: { mae: 0.4 },
  baseline: null,
  served_by: null,
} as Report;

test("a model whose target is derived from physics says so, another does not", () => {
  const { rerender } = render(<Cards reports={[REPORT]} cards={[]} />);
  expect(screen.getByText(/derived from physics, not recorded/)).toBeTruthy();
  rerender(<Cards reports={[{ ...REPORT, truth: "recorded stops" }]} cards={[]} />);
  expect(screen.queryByText(/derived from physics, not recorded/)).toBeNull();
});

test("nested figures are told line by line, years without a comma", () => {
  expect(flat({ mae_s: { "0.5": 0.27312 }, season: 2024, rows: 15529, sd: [0.1, 0.2] })).toEqual([
    ["mae s · 0.5", "0.2731"],
    ["season", "2024"],
    ["rows", "15,529"],
    ["sd", "0.1, 0.2"],
  ]);
});

test("distances come in order, lap 1 by its name", () => {
  const bins = [{ n: 2, forecast: 0.1, came: 0 }];
  const card = {
    places: { "0.5": {}, "0": {}, "0.25": {} },
    calibration: { "0": { bins: { win: bins, pooled: bins } } },
    reliability: { "0": { retires: bins } },
  } as unknown as Scorecard;
  expect(distances(card).map(distanceName)).toEqual(["Lap 1", "25%", "50%"]);
  expect(questions(card, "0").map(({ name }) => name)).toEqual(["win", "retires"]);
});

test("the interval of a share stays within 0 and 1 and closes with more forecasts", () => {
  expect(wilson(0, 10)[0]).toBe(0);
  expect(wilson(1, 10)[1]).toBeCloseTo(1);
  const [few, many] = [wilson(0.5, 10), wilson(0.5, 1000)];
  expect(few[1] - few[0]).toBeGreaterThan(5 * (many[1] - many[0]));
});

test("without a drift report the page says when there will be one", () => {
  render(<Drift report={null} />);
  expect(screen.getByText(/No drift report is there yet/)).toBeTruthy();
});
