/** The circuit's outline, from the places where cars were seen: nobody has to draw it beforehand. */
"use client";

import { useEffect, useRef, useState } from "react";
import type { Snapshot } from "../data/types";

export interface Point {
  x: number;
  y: number;
}

const CELL = 15;
/** Meters: a place once seen needs no second point nearby. */
const MOST = 4000;

export type Outline = ReadonlyMap<string, Point>;

export function cellOf({ x, y }: Point): string {
  return `${Math.round(x / CELL)} ${Math.round(y / CELL)}`;
}

/** The outline with what these snapshots add; the same object where they add nothing. */
export function extend(outline: Outline, points: Iterable<Point>): Outline {
  let next: Map<string, Point> | undefined;
  for (const point of points) {
    const cell = cellOf(point);
    if ((next ?? outline).has(cell) || (next ?? outline).size >= MOST) continue;
    next ??= new Map(outline);
    next.set(cell, point);
  }
  return next ?? outline;
}

export function useOutline(buffer: readonly Snapshot[], raceId: string): Outline {
  const [outline, setOutline] = useState<Outline>(new Map());
  const seen = useRef("");
  useEffect(() => {
    if (seen.current !== raceId) {
      seen.current = raceId;
      setOutline(new Map());
    }
    const cars = buffer.at(-1)?.live.cars ?? [];
    const found = cars.filter((car) => !car.retired && !car.in_pit_lane).flatMap((car) => car.track_position ?? []);
    setOutline((before) => extend(before, found));
  }, [buffer, raceId]);
  return outline;
}
