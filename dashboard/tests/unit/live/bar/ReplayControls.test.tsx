import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { ReplayControls } from "@/live/bar/ReplayControls";
import { step } from "@/live/bar/useReplay";

const STATUS = { race_id: "2018_01", lap: 5, total_laps: 57, speed: 20, paused: false };

test("speeds go from half to sixty times and stop there", () => {
  expect(step(20, 1)).toBe(40);
  expect(step(12, -1)).toBe(10);
  expect(step(60, 1)).toBe(60);
  expect(step(0.5, -1)).toBe(0.5);
});

test("space pauses, arrows change the speed, and typing does neither", async () => {
  const change = vi.fn();
  render(
    <>
      <input aria-label="text" />
      <ReplayControls replay={{ status: STATUS, change }} />
    </>,
  );
  await userEvent.keyboard(" ");
  expect(change).toHaveBeenLastCalledWith({ paused: true });
  await userEvent.keyboard("{ArrowRight}");
  expect(change).toHaveBeenLastCalledWith({ speed: 40 });
  await userEvent.keyboard("{ArrowLeft}");
  expect(change).toHaveBeenLastCalledWith({ speed: 10 });
  document.querySelector("input")?.focus();
  await userEvent.keyboard(" {ArrowRight}");
  expect(change).toHaveBeenCalledTimes(3);
});
