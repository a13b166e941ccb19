import { expect, test } from "vitest";
import { lapTime, percent, range, signed } from "@/ui/format";

test("lap times are minutes, seconds and thousandths", () => {
  expect(lapTime(92.608)).toBe("1:32.608");
  expect(lapTime(59.9)).toBe("59.900");
  expect(lapTime(61.05)).toBe("1:01.050");
  expect(lapTime(null)).toBe("–");
});

test("a share is never rounded to certainty", () => {
  expect(percent(0)).toBe("0%");
  expect(percent(0.001)).toBe("<1%");
  expect(percent(0.999)).toBe(">99%");
  expect(percent(1)).toBe("100%");
});

test("differences carry their sign, and a rounded zero has none", () => {
  expect(signed(-0.27, 2)).toBe("−0.27");
  expect(signed(1.3)).toBe("+1.3");
  expect(signed(-0.001, 2)).toBe("0.00");
});

test("a range of one lap is that lap", () => {
  expect(range(16, 22)).toBe("16–22");
  expect(range(18, 18)).toBe("18");
});
