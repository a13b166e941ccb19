/** The call in large type, its odds, its window, and what it rests on. */
"use client";

import type { ReactNode } from "react";
import type { ApiError } from "@/api/errors";
import { laps, percent } from "@/ui/format";
import { Notice, Problem } from "@/ui/states";
import { TireBadge, tire } from "@/ui/tires";
import type { Row } from "../data/rows";
import type { Call, Live } from "../data/types";
import { Plan, planText } from "./plan";

interface Props {
  live: Live;
  call: Call | undefined;
  driver: string;
  /** The lap that the call was made for. */
  lap: number | undefined;
  asking: boolean;
  error: ApiError | null;
  tower: readonly Row[];
  /** Why the car that was chosen has no call, where this one stands in for it. */
  missing?: string | null;
}

export interface Headline {
  text: string;
  compound: string | null;
  /** The stop is on the lap under way. */
  now: boolean;
  /** The lap to stop on has been run since the call was made. */
  past?: boolean;
}

/**
 * What to tell the driver. A stop's lap is its in-lap: one on the lap after the last completed is now, and one on the lap
 * just completed is that of a car in the pit lane, for which only the tire is still open. Under a red flag the stop on the
 * lap after is the change of tires that costs nothing. `lap` is that of the call, `live` the race shown.
 */
export function headline(call: Call, lap: number, live: Pick<Live, "lap" | "track_status">): Headline {
  const { recommended_lap: stop, compound } = call.pit_strategy;
  const current = lap === live.lap;
  if (stop === null) return { text: "Stay out to the flag", compound: null, now: false };
  if (current && stop <= lap) return { text: "In the pits: fit", compound, now: true };
  if (!current && stop <= live.lap) return { text: `Lap ${stop} has gone`, compound: null, now: false, past: true };
  if (current && stop === lap + 1 && live.track_status === "RED") return { text: "Red flag: fit", compound, now: true };
  if (current && stop === lap + 1) return { text: "Box this lap", compound, now: true };
  return { text: `Box lap ${stop}`, compound, now: false };
}

/** Whether a call is older than that of the lap before, which stands while the next is worked out. */
export function old(lap: number, live: Pick<Live, "lap">): boolean {
  return lap < live.lap - 1;
}

/** The best of those that cannot be told from the call. */
export function rival(call: Call) {
  return call.alternatives.find((other) => other.difference.low <= 0 && other.difference.high >= 0);
}

export function CallPanel({ live, call, driver, lap, asking, error, tower, missing }: Props) {
  const own = tower.find((row) => row.driver === driver);
  const over = live.lap >= live.total_laps;
  return (
    <section aria-label="The call" className="bg-panel px-4 py-3">
      {missing && (
        <div className="mb-2" role="status">
          <Notice kind="warn">
            {missing}
            {!over && ` The call is for ${driver}; choose another car in the tower.`}
          </Notice>
        </div>
      )}
      <div className="flex flex-wrap items-baseline gap-x-3">
        <h2 className="wide text-lg font-semibold">{driver}</h2>
        {own && !own.out && (
          <p className="flex items-center gap-1.5 text-dim">
            P{own.position} {own.inPit ? "in the pits with" : "on"} <TireBadge compound={own.compound} size={16} />{" "}
            {own.tireAge} laps old, {stopsText(own.stops)}
          </p>
        )}
        <p className="label ml-auto" role="status">
          {lap !== undefined && `Call of lap ${lap}`}
          {asking &&
            (lap === live.lap ? ", worked out anew" : `${lap === undefined ? "" : ", "}working out lap ${live.lap}`)}
        </p>
      </div>
      {error && <Problem error={error} />}
      {!call && !error && <Waiting live={live} driver={driver} own={own} />}
      {call && lap !== undefined && (
        <Body call={call} live={live} lap={lap} own={call.forecast.find((row) => row.driver_id === driver)} />
      )}
    </section>
  );
}

function stopsText(stops: number): string {
  return stops === 0 ? "no stop yet" : stops === 1 ? "1 stop" : `${stops} stops`;
}

function Waiting({ live, driver, own }: { live: Live; driver: string; own: Row | undefined }) {
  if (!own || own.out) return <p className="py-4">{driver} is not running. Choose another car in the tower.</p>;
  if (live.lap < 1) return <p className="py-4">The first call comes with the first lap.</p>;
  if (live.lap >= live.total_laps)
    return (
      <p className="py-4">
        The race is over: {driver} was P{own.position} when last timed
        {own.penalty > 0 && `, with ${own.penalty} s of penalty to come`}.
      </p>
    );
  return <p className="py-4 text-dim">Simulating the rest of the race.</p>;
}

function Body({
  call,
  live,
  lap,
  own,
}: {
  call: Call;
  live: Live;
  lap: number;
  own: Call["forecast"][number] | undefined;
}) {
  const { text, compound, now, past } = headline(call, lap, live);
  const { window, stops, probability_best } = call.pit_strategy;
  const close = rival(call);
  return (
    <>
      <p
        data-testid="call"
        className={`mt-1 -ml-1 flex w-fit flex-wrap items-center gap-x-4 px-1 text-5xl leading-[1.1] font-bold wall:text-6xl ${now ? "rounded-[3px] bg-alarm px-3! text-on-alarm" : past ? "text-dim" : ""}`}
      >
        <span className="wide">{text}</span>
        {compound && (
          <span className="inline-flex items-center gap-2 text-3xl">
            <TireBadge compound={compound} size={38} />
            {tire(compound).plural}
          </span>
        )}
      </p>
      {(past || old(lap, live)) && (
        <div className="mt-2">
          <Notice kind="warn">
            This is the call of lap {lap}, and the race is on lap {live.lap}: what happened since is not in it.
          </Notice>
        </div>
      )}
      <dl className="mt-2 flex flex-wrap items-end gap-x-6 gap-y-1.5">
        <Figure name="Win" strong>
          {percent(own?.win_probability)}
        </Figure>
        <Figure name="Podium" strong>
          {percent(own?.podium_probability)}
        </Figure>
        <Figure name="Points" strong>
          {percent(own?.points_probability)}
        </Figure>
        <Figure name="Expected place">{own?.expected_position.toFixed(1) ?? "–"}</Figure>
        <Figure name="Pit window">{window ? laps(window.opens, window.closes) : "–"}</Figure>
        <Figure name="Best plan">{percent(probability_best)}</Figure>
        <Figure name="Confidence">{percent(call.confidence)}</Figure>
        <Figure name="Mode">{modeText(call.driving_mode)}</Figure>
        {call.brake_bias !== null && <Figure name="Brake bias">{call.brake_bias.toFixed(1)}%</Figure>}
      </dl>
      {stops.length > 1 && (
        <p className="mt-2 flex flex-wrap items-center gap-2">
          <span className="label">Plan</span> <Plan stops={stops} />
        </p>
      )}
      {call.too_close_to_call && (
        <div className="mt-2">
          <Notice kind="warn">
            Too close to call{close && <> against {planText(close.stops)}</>}: the difference is within what chance
            explains.
          </Notice>
        </div>
      )}
      <ul className="mt-2.5 grid max-w-[100ch] gap-1">
        {call.explanation.map((reason) => (
          <li key={reason} className="border-l-2 border-line pl-2.5 text-dim">
            {reason}
          </li>
        ))}
      </ul>
      <Guidance call={call} />
    </>
  );
}

function modeText(mode: string): string {
  return mode.charAt(0) + mode.slice(1).toLowerCase();
}

/** Where to lift, and what every part of the answer rests on: there to be read, not in the way. */
function Guidance({ call }: { call: Call }) {
  const corners = Object.entries(call.throttle_guidance);
  const basis = [
    ["Best plan", "how sure the search is, from these scenarios, that no other plan does better"],
    [
      "Confidence",
      "the share of draws of the models' own parameters, and of what was not told, that leave the call best",
    ],
    ["Driving mode", call.basis.driving_mode],
    ["Brake bias", call.basis.brake_bias],
    ["Throttle", call.basis.throttle_guidance],
  ];
  return (
    <details className="mt-2">
      <summary className="label">What this rests on</summary>
      <dl className="mt-1 grid max-w-[85ch] gap-1.5 text-dim">
        {corners.map(([corner, advice]) => (
          <div key={corner}>
            <dt className="inline font-semibold text-text">{corner.replaceAll("_", " ")}: </dt>
            <dd className="inline">{advice}</dd>
          </div>
        ))}
        {basis.map(([name, text]) => (
          <div key={name}>
            <dt className="inline font-semibold text-text">{name}: </dt>
            <dd className="inline">{text}</dd>
          </div>
        ))}
        {call.warnings.map((warning) => (
          <div key={warning}>
            <dt className="inline font-semibold text-text">Note: </dt>
            <dd className="inline">{warning}</dd>
          </div>
        ))}
        <div>
          <dt className="inline font-semibold text-text">Simulation: </dt>
          <dd className="inline">
            {call.n_scenarios.toLocaleString("en")} scenarios, seed {call.seed}, model {call.model_version}
          </dd>
        </div>
      </dl>
    </details>
  );
}

function Figure({ name, strong = false, children }: { name: string; strong?: boolean; children: ReactNode }) {
  return (
    <div>
      <dt className="label">{name}</dt>
      <dd className={strong ? "wide text-3xl leading-none font-semibold" : "text-lg leading-tight font-medium"}>
        {children}
      </dd>
    </div>
  );
}
