import { describe, expect, test } from "vitest";
import { linear, ticks } from "@/charts/scale";

describe("a linear scale", () => {
  test("maps its domain onto its range, inverted ranges included", () => {
    const scale = linear([1, 57], [100, 0]);
    expect(scale(1)).toBe(100);
    expect(scale(57)).toBe(0);
    expect(scale(29)).toBeCloseTo(50);
  });

  test("of one value maps it to the start of the range", () => {
    expect(linear([5, 5], [10, 20])(5)).toBe(10);
  });

  test("has round ticks within its domain", () => {
    expect(ticks(1, 57, 6)).toEqual([10, 20, 30, 40, 50]);
    expect(ticks(-0.31, 0.12, 4)).toEqual([-0.2, 0]);
    expect(ticks(0, 0.3, 3)).toEqual([0, 0.1, 0.2, 0.3]);
  });
});
