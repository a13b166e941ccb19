/** What the product would have advised at the end of a lap, from what was known then, against what was done. */
"use client";

import { useEffect, useState } from "react";
import useSWR from "swr";
import { type PostAnswer, post } from "@/api/client";
import type { ApiError } from "@/api/errors";
import { Plan, planText } from "@/live/panels/plan";
import { useUrlState } from "@/state/url";
import { Select } from "@/ui/fields";
import { laps, percent, signed } from "@/ui/format";
import { Loading, Problem } from "@/ui/states";
import { tire } from "@/ui/tires";
import { askable, done, question, total } from "./advice";
import type { Car, Race } from "./race";

type Call = PostAnswer<"/recommend">;

const SETTLES = 350;

/** The value once it has stopped changing: a slider that moves asks once. */
function useSettled<T>(value: T): T {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => settle(value), SETTLES);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

export function Advised({ race, fallback }: { race: Race; fallback: string }) {
  const [driverText, setDriver] = useUrlState("for");
  const [lapText, setLap] = useUrlState("lap");
  const car =
    race.cars.find((one) => one.driver === driverText) ??
    race.cars.find((one) => one.driver === fallback) ??
    race.cars[0];
  const last = car ? askable(race, car) : 0;
  const lap = Math.min(last, Math.max(1, Number(lapText) || Math.round(total(race) / 4)));
  const settled = useSettled(lap);
  if (!car || last < 1) return null;
  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap items-end gap-x-4 gap-y-2">
        <div>
          <h2 className="font-semibold">What would have been advised</h2>
          <p className="label max-w-[80ch]">
            Asked of the bundle that serves, with the laps up to this one and nothing later. Its models have seen this
            race if it is within their training data: read it as an illustration, the scorecard is the proof.
          </p>
        </div>
        <Select
          label="Car"
          value={car.driver}
          options={race.cars.map((one) => ({ value: one.driver, label: one.name }))}
          onChange={setDriver}
        />
        <div className="grid min-w-[14rem] flex-1 gap-0.5">
          <label className="label" htmlFor="advice-lap">
            At the end of lap <strong className="text-text">{lap}</strong> of {total(race)}
          </label>
          <input
            id="advice-lap"
            type="range"
            className="h-8 w-full accent-accent"
            min={1}
            max={last}
            value={lap}
            onChange={(event) => setLap(event.target.value)}
          />
        </div>
      </div>
      <Answered race={race} car={car} lap={settled} />
    </div>
  );
}

function Answered({ race, car, lap }: { race: Race; car: Car; lap: number }) {
  const [judge, setJudge] = useState(false);
  const body = question(race, car.driver, lap);
  const options = { revalidateOnFocus: false, shouldRetryOnError: false };
  const key = ["advice", race.summary.race_id, car.driver, lap] as const;
  const later = done(car, lap);
  const told = useSWR<Call, ApiError>(body && key, () => post("/recommend", body as never), options);
  const held = useSWR<Call, ApiError>(
    body && judge ? [...key, "judged"] : null,
    () =>
      post("/recommend", {
        ...body,
        candidates: [later.map(({ lap: at, compound }) => ({ lap: at, compound: compound ?? "HARD" }))],
      } as never),
    options,
  );
  if (!body)
    return (
      <p className="text-dim">
        {car.name} had not completed lap {lap}.
      </p>
    );
  if (told.error) return <Problem error={told.error} retry={() => told.mutate()} />;
  if (!told.data) return <Loading label={`Asking about lap ${lap}`} rows={4} />;
  const { pit_strategy: call, too_close_to_call, confidence, explanation, warnings } = told.data;
  const row = told.data.forecast.find((one) => one.driver_id === car.driver);
  const next = later[0];
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <div>
        <h3 className="label">Advised on lap {lap}</h3>
        <p className="text-lg font-semibold">
          {call.recommended_lap === null ? "Stay out to the end" : <Plan stops={call.stops} />}
        </p>
        <p className="text-dim">
          {call.window && `Window: ${laps(call.window.opens, call.window.closes).toLowerCase()}. `}
          {`Win ${percent(row?.win_probability)}, podium ${percent(row?.podium_probability)}, expected place ${row?.expected_position.toFixed(1)}. Confidence ${percent(confidence)}.`}
          {too_close_to_call && " The runner-up cannot be told from it."}
        </p>
        <ul className="mt-1.5 grid list-disc gap-0.5 pl-5">
          {explanation.slice(0, 4).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        {warnings.length > 0 && <p className="label mt-1.5">{warnings.join("; ")}</p>}
      </div>
      <div>
        <h3 className="label">Done</h3>
        <p className="text-lg font-semibold">
          <Plan stops={later.map(({ lap: at, compound }) => ({ lap: at, compound: compound ?? "" }))} />
        </p>
        <p className="text-dim">
          {verdict(call, next)} {changed(car, lap)}
          {car.position ? `Finished in place ${car.position}` : `Ended: ${car.status ?? "not known"}`}, from{" "}
          {body.position} on lap {lap}.
        </p>
        {!judge ? (
          <button type="button" className="control mt-2" onClick={() => setJudge(true)}>
            Hold what was done against the advice
          </button>
        ) : (
          <Held told={held.data} error={held.error} done={later} />
        )}
      </div>
    </div>
  );
}

/** Tires changed later without a stop, in a sentence: they are no part of the plan that is held against the advice. */
function changed(car: Car, lap: number): string {
  const later = car.changes.filter((change) => change.lap >= lap);
  if (later.length === 0) return "";
  const told = later.map((change) => `lap ${change.lap} (${tire(change.compound).plural})`).join(", ");
  return `Tires were changed without a stop, as under a red flag, after ${told}. `;
}

function verdict(call: Call["pit_strategy"], next: { lap: number; compound: string | null } | undefined): string {
  if (!next && call.recommended_lap === null) return "No further stop, as advised.";
  if (!next) return "No further stop was made.";
  if (call.recommended_lap === null) return `A stop on lap ${next.lap} where none was advised.`;
  const inside = call.window && next.lap >= call.window.opens && next.lap <= call.window.closes;
  const by = next.lap - call.recommended_lap;
  const when =
    by === 0
      ? "On the lap advised"
      : `${Math.abs(by)} ${Math.abs(by) === 1 ? "lap" : "laps"} ${by < 0 ? "earlier" : "later"} than advised${inside ? ", within the window" : ""}`;
  return `${when}, ${next.compound === call.compound ? "for the tire advised" : "for another tire"}.`;
}

/** The team's later stops, judged as a candidate: the one thing here that was not known on the lap. */
function Held({
  told,
  error,
  done: stops,
}: {
  told: Call | undefined;
  error: ApiError | undefined;
  done: readonly { lap: number; compound: string | null }[];
}) {
  if (error) return <Problem error={error} />;
  if (!told) return <Loading label="Simulating what was done" rows={2} />;
  const text = (plan: readonly { lap: number; compound: string | null }[]) =>
    plan.map((stop) => `${stop.lap} ${stop.compound}`).join(" ");
  const found = told.alternatives.find((one) => text(one.stops) === text(stops));
  if (text(told.pit_strategy.stops) === text(stops))
    return <p className="mt-2">Simulated beside the others, these stops are the call itself.</p>;
  if (!found)
    return (
      <p className="mt-2 text-dim">
        These stops could not be planned on this lap under the rules, so they were not judged.
      </p>
    );
  const { value, low, high } = found.difference;
  const close = low <= 0 && high >= 0;
  return (
    <p className="mt-2">
      These stops, planned on this lap: <strong>{signed(value, 2)} points</strong> on the call{" "}
      {planText(told.pit_strategy.stops)}, 90% interval {signed(low, 2)} to {signed(high, 2)}
      {close ? "; the two cannot be told apart." : "."}{" "}
      <span className="text-dim">
        The stops are the only thing taken from later laps; safety cars that came are not.
      </span>
    </p>
  );
}
