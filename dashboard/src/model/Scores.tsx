/** The forecast's scores beside the baselines at one distance, next stops, and the goals set beforehand. */

import { percent, signed } from "@/ui/format";
import { Scroll } from "@/ui/Scroll";
import { BASELINES, distanceName, figure, MEASURES, type Scorecard } from "./scorecard";

const HEAD = "py-1 pr-4 text-right font-normal";
const CELL = "py-1 pr-4 text-right whitespace-nowrap";

export function Places({ card, distance }: { card: Scorecard; distance: string }) {
  const by = card.places[distance] ?? {};
  const gains = card.gains[distance] ?? {};
  return (
    <Scroll label="Scores">
      <table className="w-full min-w-[44rem]">
        <caption className="sr-only">Scores at {distanceName(distance)} beside the baselines</caption>
        <thead>
          <tr className="label border-b border-line">
            <th scope="col" className="py-1 pr-4 text-left font-normal">
              Measure
            </th>
            <th scope="col" className={HEAD}>
              Forecast
            </th>
            {BASELINES.map(({ key, label }) => (
              <th key={key} scope="col" className={HEAD}>
                {label}
              </th>
            ))}
            <th scope="col" className="py-1 text-right font-normal">
              Gained on the table, 90%
            </th>
          </tr>
        </thead>
        <tbody>
          {MEASURES.map(({ key, label, meaning, up, digits }) => {
            const gain = gains[key];
            const sure = gain && gain.low !== null && gain.high !== null && (gain.low > 0 || gain.high < 0);
            return (
              <tr key={key} className="border-b border-line">
                <th scope="row" className="py-1 pr-4 text-left font-normal">
                  <span className="font-semibold">{label}</span>
                  <span className="label ml-2">
                    {meaning}, {up ? "higher" : "lower"} is better
                  </span>
                </th>
                <td className={`${CELL} font-semibold`}>{figure(by.forecast?.[key], digits)}</td>
                {BASELINES.map((baseline) => (
                  <td key={baseline.key} className={`${CELL} text-dim`}>
                    {figure(by[baseline.key]?.[key], digits)}
                  </td>
                ))}
                <td
                  className={`py-1 text-right whitespace-nowrap ${sure ? ((gain.low ?? 0) > 0 ? "text-good" : "text-bad") : "text-dim"}`}
                >
                  {gain
                    ? `${signed(gain.value, digits)} (${signed(gain.low, digits)} to ${signed(gain.high, digits)})`
                    : "–"}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}

const STOPS: readonly { label: string; own: string; base?: string; share?: boolean; unit?: string; gain?: string }[] = [
  { label: "Within 2 laps of the best window", own: "within_2", base: "within_2_usual", share: true, gain: "within_2" },
  { label: "Mean miss of the median lap", own: "mae_median", base: "mae_usual", unit: "laps", gain: "mae" },
  { label: "80% interval covers", own: "coverage_80", share: true },
  { label: "Compound named", own: "compound", share: true },
  { label: "Brier of no further stop", own: "none_brier", base: "none_climatology", gain: "none" },
];

export function Stops({ card, distance }: { card: Scorecard; distance: string }) {
  const by = card.stops[distance] ?? {};
  const gains = card.stop_gains[distance] ?? {};
  const text = (value: number | null | undefined, share?: boolean) =>
    share ? percent(value) : figure(value, (value ?? 0) < 1 ? 3 : 1);
  return (
    <Scroll label="Next stops">
      <table className="w-full">
        <caption className="sr-only">Next stops foretold at {distanceName(distance)}</caption>
        <thead>
          <tr className="label border-b border-line">
            <th scope="col" className="py-1 pr-4 text-left font-normal">
              Next stop, {figure(by.stops, 0)} stops
            </th>
            <th scope="col" className={HEAD}>
              Forecast
            </th>
            <th scope="col" className={HEAD}>
              Usual stint
            </th>
            <th scope="col" className="py-1 text-right font-normal">
              Gained, 90%
            </th>
          </tr>
        </thead>
        <tbody>
          {STOPS.map(({ label, own, base, share, unit, gain }) => {
            const gained = gain ? gains[gain] : undefined;
            const scale = share ? 100 : 1;
            const digits = share ? 0 : 2;
            return (
              <tr key={label} className="border-b border-line">
                <th scope="row" className="py-1 pr-4 text-left font-normal">
                  {label}
                  {unit && <span className="label ml-1">{unit}</span>}
                </th>
                <td className={`${CELL} font-semibold`}>{text(by[own], share)}</td>
                <td className={`${CELL} text-dim`}>{base ? text(by[base], share) : ""}</td>
                <td className="py-1 text-right whitespace-nowrap text-dim">
                  {gained
                    ? `${signed((gained.value ?? 0) * scale, digits)} (${signed((gained.low ?? 0) * scale, digits)} to ${signed((gained.high ?? 0) * scale, digits)})${share ? " pts" : ""}`
                    : ""}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}

export function Goals({ card }: { card: Scorecard }) {
  return (
    <Scroll label="Goals">
      <table className="w-full">
        <caption className="sr-only">Goals set beforehand and what was reached</caption>
        <thead>
          <tr className="label border-b border-line text-left">
            <th scope="col" className="py-1 pr-4 font-normal">
              Goal
            </th>
            <th scope="col" className="py-1 pr-4 font-normal">
              Set at
            </th>
            <th scope="col" className="py-1 pr-4 text-right font-normal">
              Reached
            </th>
            <th scope="col" className="py-1 font-normal">
              Met
            </th>
          </tr>
        </thead>
        <tbody>
          {card.goals.map(({ measure, goal, reached, met }) => (
            <tr key={measure} className="border-b border-line align-top">
              <th scope="row" className="py-0.5 pr-4 text-left font-normal">
                {measure}
              </th>
              <td className="py-0.5 pr-4 text-dim">{goal}</td>
              <td className="py-0.5 pr-4 text-right font-semibold">{reached}</td>
              <td className={`py-0.5 ${met ? "text-good" : "text-warn"}`}>{met ? "yes" : "no"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
