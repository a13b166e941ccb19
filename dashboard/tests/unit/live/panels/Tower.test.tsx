import { fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test, vi } from "vitest";
import { type GapMode, rows } from "@/live/data/rows";
import { Tower } from "@/live/panels/Tower";
import { call, live } from "../../../fixtures";

function Standing({ choose = vi.fn(), toggle = vi.fn(), foretold = undefined as number | undefined }) {
  const [gaps, setGaps] = useState<GapMode>("leader");
  const [pointed, setPointed] = useState<string | null>(null);
  const told = rows(live(), call());
  const own = { driver: "BBB", favorites: ["CCC"], choose, toggle, gaps, setGaps, pointed, setPointed, foretold };
  return <Tower rows={told} {...own} />;
}

function row(driver: string): HTMLElement {
  return screen.getByText(driver).closest("tr") as HTMLElement;
}

test("every car has a row with gap, tire, stops, last lap and odds", () => {
  render(<Standing />);
  const cells = within(row("CCC")).getAllByRole("cell");
  const text = cells.map((cell) => cell.textContent);
  expect(text).toEqual(expect.arrayContaining(["3", "9.0", "S5", "0", "1:34.000", "3%", "90%"]));
  expect(within(row("CCC")).getByLabelText("soft")).toBeTruthy();
});

test("gaps are told against the car under the cursor, and again against the leader when it leaves", () => {
  render(<Standing />);
  fireEvent.mouseEnter(row("BBB"));
  expect(screen.getByText("To BBB")).toBeTruthy();
  expect(row("CCC").textContent).toContain("+6.5");
  expect(row("AAA").textContent).toContain("−2.5");
  fireEvent.mouseLeave(screen.getByRole("table"));
  expect(row("CCC").textContent).toContain("9.0");
});

test("odds of an old call are told with their lap, others without", () => {
  const { rerender } = render(<Standing />);
  expect(screen.queryByText(/Next stops and odds are/)).toBeNull();
  rerender(<Standing foretold={8} />);
  expect(screen.getByText(/Next stops and odds are/).textContent).toContain("of lap 8");
});

test("a keyboard chooses a car and keeps a favorite", async () => {
  const choose = vi.fn();
  const toggle = vi.fn();
  render(<Standing choose={choose} toggle={toggle} />);
  screen.getByRole("button", { name: "CCC" }).focus();
  await userEvent.keyboard("{Enter}");
  expect(choose).toHaveBeenCalledWith("CCC");
  const star = screen.getByRole("button", { name: "Favorite CCC" });
  expect(star.getAttribute("aria-pressed")).toBe("true");
  star.focus();
  await userEvent.keyboard("{Enter}");
  expect(toggle).toHaveBeenCalledWith("CCC");
  expect(choose).toHaveBeenCalledTimes(1);
});
