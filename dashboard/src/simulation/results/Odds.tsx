/** The chosen car's odds under each plan, and how long the race takes. */

import { percent } from "@/ui/format";
import { Scroll } from "@/ui/Scroll";
import type { Ran } from "../useSimulation";
import { raceTime } from "./rows";

export function Odds({ ran }: { ran: Ran }) {
  const plans = [
    { name: ran.b ? "Plan A" : ran.setup.car, answer: ran.a },
    ...(ran.b ? [{ name: "Plan B", answer: ran.b }] : []),
  ];
  return (
    <Scroll label="Odds">
      <table className="w-full">
        <caption className="pb-1 text-left font-semibold">Odds of {ran.setup.car}</caption>
        <thead>
          <tr className="label border-b border-line text-right">
            {["", "Win", "Podium", "Points", "Retires", "Mean place", "Race time of the winner"].map((name, index) => (
              <th
                key={name || "plan"}
                scope="col"
                className={`py-1 pr-4 font-normal ${index === 0 ? "text-left" : ""}`}
              >
                {name || <span className="sr-only">Plan</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {plans.map(({ name, answer }) => {
            const row = answer.forecast.find((one) => one.driver_id === ran.setup.car);
            const { median, p10, p90 } = answer.race_time;
            return (
              <tr key={name} className="border-b border-line text-right">
                <th scope="row" className="py-1 pr-4 text-left font-semibold whitespace-nowrap">
                  {name}
                </th>
                <td className="pr-4 text-lg font-semibold">{percent(row?.win_probability)}</td>
                <td className="pr-4">{percent(row?.podium_probability)}</td>
                <td className="pr-4">{percent(row?.points_probability)}</td>
                <td className="pr-4">{percent(row?.dnf_probability)}</td>
                <td className="pr-4">{row?.expected_position.toFixed(1)}</td>
                <td className="whitespace-nowrap">
                  {raceTime(median)}
                  <span className="ml-2 text-faint">
                    80%: {raceTime(p10)} to {raceTime(p90)}
                  </span>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}
