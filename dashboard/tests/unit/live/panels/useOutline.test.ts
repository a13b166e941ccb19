import { expect, test } from "vitest";
import { extend } from "@/live/panels/useOutline";

test("places seen make the outline, and one seen before adds nothing", () => {
  const first = extend(new Map(), [
    { x: 0, y: 0 },
    { x: 2, y: 1 },
    { x: 40, y: 0 },
  ]);
  expect(first.size).toBe(2);
  expect(extend(first, [{ x: 41, y: 1 }])).toBe(first);
});
