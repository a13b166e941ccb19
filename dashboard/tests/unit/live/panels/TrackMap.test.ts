import { expect, test } from "vitest";
import { labelled } from "@/live/panels/TrackMap";

test("a name that would cover another stands below its car, and is left out where that is taken too", () => {
  const [first, second, third, apart] = labelled([
    [100, 100],
    [104, 101],
    [102, 99],
    [200, 100],
  ]);
  expect(first).toBeLessThan(0);
  expect(second).toBeGreaterThan(0);
  expect(third).toBeNull();
  expect(apart).toBe(first);
});
