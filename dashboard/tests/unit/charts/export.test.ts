import { expect, test } from "vitest";
import { fileName, toCsv } from "@/charts/export";

test("rows become CSV with the columns of all of them", () => {
  const rows = [
    { driver: "VER", lap: 1 },
    { driver: 'the "Iceman", Kimi', lap: null, gap: 1.5 },
  ];
  expect(toCsv(rows)).toBe('driver,lap,gap\r\nVER,1,\r\n"the ""Iceman"", Kimi",,1.5\r\n');
});

test("a chart's title becomes a file name", () => {
  expect(fileName("Alternatives: points (90%)", "csv")).toBe("alternatives-points-90.csv");
  expect(fileName("…", "png")).toBe("chart.png");
});
