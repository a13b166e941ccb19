/** Numbers as the pit wall writes them. Unknown is an en dash, never a zero. */

export const NONE = "–";

/** 92.608 s as 1:32.608. */
export function lapTime(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return NONE;
  const minutes = Math.floor(seconds / 60);
  const rest = (seconds - 60 * minutes).toFixed(3).padStart(minutes > 0 ? 6 : 5, "0");
  return minutes > 0 ? `${minutes}:${rest}` : rest;
}

/** The same to the tenth, for axes. */
export function lapTimeShort(seconds: number): string {
  return lapTime(seconds).replace(/\.(\d)\d\d$/, ".$1");
}

/** A share as percent: <1% and >99% where rounding would claim certainty. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return NONE;
  if (share > 0 && share < 0.005) return "<1%";
  if (share < 1 && share > 0.995) return ">99%";
  return `${Math.round(100 * share)}%`;
}

/** A difference with its sign; a true minus, so that columns align. */
export function signed(value: number | null | undefined, digits = 1): string {
  if (value === null || value === undefined) return NONE;
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return (0).toFixed(digits);
  return `${value < 0 ? "−" : "+"}${text}`;
}

/** A gap in seconds. */
export function gap(seconds: number | null | undefined, digits = 1): string {
  return seconds === null || seconds === undefined ? NONE : seconds.toFixed(digits);
}

/** "Laps 4–9", "Lap 4". */
export function laps(low: number, high: number): string {
  return `${low === high ? "Lap" : "Laps"} ${range(low, high)}`;
}

/** Laps 4 to 9 as "4–9", one lap as itself. */
export function range(low: number, high: number): string {
  return low === high ? `${low}` : `${low}–${high}`;
}
