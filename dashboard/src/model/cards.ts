/** What is told of a model: from its card where the bundle has one, else from the manifest's report. */

import type { Schemas } from "@/api/client";

export type Report = Schemas["ModelReport"];
export type CardOf = Schemas["ModelCard"];

/** Whether what counted as truth is computed by a physical rule rather than recorded. */
export function fromPhysics(report: Report, card?: CardOf): boolean {
  return card ? card.physics_target : /physic/i.test(report.truth ?? "");
}

/** Nested figures as lines: "mae_s at 0.25" → 0.2731. */
export function flat(value: unknown, path: readonly string[] = []): [string, string][] {
  if (value === null || value === undefined) return [];
  if (typeof value === "number") return [[path.join(" · "), compact(value)]];
  if (typeof value === "string" || typeof value === "boolean") return [[path.join(" · "), String(value)]];
  if (Array.isArray(value)) {
    return value.every((one) => typeof one === "number")
      ? [[path.join(" · "), value.map((one) => compact(one as number)).join(", ")]]
      : value.flatMap((one, index) => flat(one, [...path, String(index + 1)]));
  }
  return Object.entries(value).flatMap(([key, inner]) => flat(inner, [...path, key.replaceAll("_", " ")]));
}

function compact(value: number): string {
  if (Number.isInteger(value) && value >= 1950 && value <= 2100) return String(value);
  return Number.isInteger(value) ? value.toLocaleString("en") : String(Number(value.toPrecision(4)));
}
