/** A simulated race, under one plan or two. */
"use client";

import { setUrl, useUrlState } from "@/state/url";
import { Panel } from "@/ui/Panel";
import type { Ran } from "../useSimulation";
import { Compared } from "./Compared";
import { HeatMap } from "./HeatMap";
import { Fuel, LapTimes, Positions, SafetyCars } from "./Lines";
import { Odds } from "./Odds";
import { Stints } from "./Stints";

export function Results({ ran }: { ran: Ran }) {
  const { a, b, setup } = ran;
  const [shown, show] = useUrlState("show", "a");
  const second = shown === "b" && b !== null;
  const answer = second ? b : a;
  const name = b ? `, plan ${second ? "B" : "A"}` : "";
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-px bg-line">
      <h2 className="sr-only">What comes of it</h2>
      <Panel>
        <Odds ran={ran} />
        <p className="label mt-1.5">
          {`${a.n_scenarios.toLocaleString("en")} races, lap by lap the first ${a.n_scenarios_by_lap.toLocaleString("en")}; seed ${a.seed}; bundle ${a.model_version}`}
        </p>
        {a.warnings.length > 0 && (
          <ul className="mt-1.5 border-l-4 border-warn bg-warn-ground px-3 py-1">
            {a.warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        )}
      </Panel>
      <div className={`grid grid-cols-[minmax(0,1fr)] gap-px ${a.comparison ? "xl:grid-cols-2" : ""}`}>
        {a.comparison && (
          <Panel>
            <Compared found={a.comparison} />
          </Panel>
        )}
        <Panel>
          <Positions ran={ran} />
        </Panel>
      </div>
      {b && (
        <fieldset className="flex flex-wrap items-center gap-1.5 bg-panel px-4 py-2">
          <legend className="sr-only">Field shown under</legend>
          <span className="label" aria-hidden>
            The field under
          </span>
          {(["a", "b"] as const).map((plan) => (
            <button
              key={plan}
              type="button"
              className="control"
              aria-pressed={(plan === "b") === second}
              onClick={() => show(plan)}
            >
              Plan {plan.toUpperCase()}
            </button>
          ))}
        </fieldset>
      )}
      <div className="grid grid-cols-[minmax(0,1fr)] gap-px xl:grid-cols-2">
        <Panel>
          <HeatMap answer={answer} car={setup.car} name={name} choose={(car) => setUrl({ car })} />
        </Panel>
        <Panel>
          <Stints answer={answer} setup={setup} name={name} />
        </Panel>
      </div>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-px xl:grid-cols-3">
        <Panel>
          <LapTimes ran={ran} />
        </Panel>
        <Panel>
          <Fuel ran={ran} />
        </Panel>
        <Panel>
          <SafetyCars ran={ran} />
        </Panel>
      </div>
    </div>
  );
}
