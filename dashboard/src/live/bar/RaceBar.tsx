/** The line over everything: lap, flag, weather, how fresh the data are, the television's delay. */
"use client";

import type { Schemas } from "@/api/client";
import type { Freshness } from "../data/freshness";
import type { Live, TrackStatus } from "../data/types";
import { MAX_DELAY_SECONDS } from "../data/useRace";
import { ReplayControls } from "./ReplayControls";
import type { Replay } from "./useReplay";

export const STATUS: Record<TrackStatus, { text: string; color: string }> = {
  GREEN: { text: "Green", color: "#2fbf6b" },
  YELLOW: { text: "Yellow", color: "#ffd12e" },
  VSC: { text: "Virtual safety car", color: "#ffb020" },
  SC: { text: "Safety car", color: "#ffb020" },
  RED: { text: "Red flag", color: "#ff5a52" },
};

/** What stands in the flag's place once the leader has the checkered one. */
const FINISH = { text: "Finish", color: "#d2dae2" };

interface Props {
  live: Live;
  fresh: Freshness;
  races: Schemas["LiveSummary"][];
  choose: (raceId: string) => void;
  delay: number;
  setDelay: (seconds: number) => void;
  /** Seconds until the delay is filled. */
  waiting: number;
  replay: Replay;
  /** An earlier lap is shown. */
  pinned: boolean;
}

export function RaceBar({ live, fresh, races, choose, delay, setDelay, waiting, replay, pinned }: Props) {
  const status = live.lap >= live.total_laps ? FINISH : STATUS[live.track_status];
  const notice = fresh.level === "bad" ? fresh.text : null;
  return (
    <section aria-label="Race" className="bg-panel">
      {notice && (
        <p role="alert" className="border-l-4 border-bad bg-bad-ground px-4 py-1.5 font-semibold">
          {notice}
        </p>
      )}
      <div className="flex flex-wrap items-center gap-x-6 gap-y-2 px-4 py-2">
        <p className="flex items-baseline gap-2">
          <span className="label">Lap</span>
          <span className="wide text-4xl leading-none font-bold" data-testid="lap">
            {live.lap}
          </span>
          <span className="text-lg text-dim">/ {live.total_laps}</span>
        </p>
        <p
          className="wide min-w-24 rounded-[3px] px-3 py-1 text-center font-bold text-[#10151a]"
          style={{ background: status.color }}
          data-testid="status"
        >
          {status.text}
        </p>
        <div className="min-w-0">
          <h1 className="truncate font-semibold">{live.name ?? live.race_id}</h1>
          <RaceChoice live={live} races={races} choose={choose} />
        </div>
        <Weather live={live} />
        <div className="ml-auto flex flex-wrap items-center gap-x-4 gap-y-2">
          {replay.status && <ReplayControls replay={replay} />}
          <label className="flex items-center gap-2">
            <span className="label">TV delay</span>
            <input
              type="number"
              min={0}
              max={MAX_DELAY_SECONDS}
              step={1}
              value={delay}
              className="h-8 w-16 border border-line bg-raised px-2 text-right"
              onChange={(event) =>
                setDelay(Math.min(MAX_DELAY_SECONDS, Math.max(0, Math.round(Number(event.target.value) || 0))))
              }
            />
            <span className="label">s</span>
          </label>
          <p className="flex items-center gap-2 whitespace-nowrap" data-testid="freshness">
            <span
              aria-hidden
              className={`size-2.5 rounded-full ${fresh.level === "live" ? "bg-good" : fresh.level === "warn" ? "bg-warn" : "bg-bad"}`}
            />
            {pinned
              ? "Looking back"
              : waiting > 0
                ? `Holding back, ${waiting} s to go`
                : fresh.level === "bad"
                  ? "Stale"
                  : fresh.text}
            {!pinned && delay > 0 && waiting === 0 && <span className="text-dim">, {delay} s late</span>}
          </p>
        </div>
      </div>
    </section>
  );
}

/** Where the times come from, and the way to another race where several are kept. */
function RaceChoice({ live, races, choose }: Pick<Props, "live" | "races" | "choose">) {
  const others = races.filter((race) => race.race_id !== live.race_id);
  return (
    <p className="label flex gap-2 truncate">
      <span title={live.note ?? undefined}>
        {live.season}
        {live.timing === "live" ? "" : `, timing ${live.timing}`}
      </span>
      {others.length > 0 && (
        <select
          aria-label="Change race"
          className="w-28 bg-panel text-dim"
          value=""
          onChange={(event) => choose(event.target.value)}
        >
          <option value="">Change race</option>
          {others.map((race) => (
            <option key={race.race_id} value={race.race_id}>
              {race.season} {race.name ?? race.race_id}
            </option>
          ))}
        </select>
      )}
    </p>
  );
}

function Weather({ live }: { live: Live }) {
  const weather = live.weather;
  if (!weather) return null;
  const values: [string, string][] = [
    ["Air", temperature(weather.air_temp)],
    ["Track", temperature(weather.track_temp)],
    ["Wind", weather.wind_speed === null ? "–" : `${weather.wind_speed.toFixed(1)} m/s`],
    ["Humidity", weather.humidity === null ? "–" : `${Math.round(weather.humidity)}%`],
    ["Rain", weather.rainfall === null ? "–" : weather.rainfall ? "Yes" : "No"],
  ];
  return (
    <dl className="flex gap-x-4" aria-label="Weather">
      {values.map(([name, value]) => (
        <div key={name} className={name === "Rain" && weather.rainfall ? "text-accent" : ""}>
          <dt className="label">{name}</dt>
          <dd className="leading-tight">{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function temperature(value: number | null): string {
  return value === null ? "–" : `${Math.round(value)} °C`;
}
