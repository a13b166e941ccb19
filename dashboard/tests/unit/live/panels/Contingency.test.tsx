import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { Contingency } from "@/live/panels/Contingency";
import { call, live } from "../../../fixtures";

test("what is out already is told as out", () => {
  render(<Contingency call={call()} live={live({ track_status: "SC" })} />);
  expect(screen.getByText("Safety car, as it is out")).toBeTruthy();
  expect(screen.getByText("Virtual safety car")).toBeTruthy();
});

test("while a red flag stands nothing is advised for what cannot come out", () => {
  render(<Contingency call={call()} live={live({ track_status: "RED" })} />);
  expect(screen.queryByText("Stay out")).toBeNull();
  expect(screen.getByText(/The race stands/)).toBeTruthy();
});
