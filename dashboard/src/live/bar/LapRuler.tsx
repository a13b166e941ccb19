/**
 * The race on one line: laps run with their track status on the left, the planned stops with the pit window on the right,
 * and a handle that goes back through the laps as they stood.
 */
"use client";

import { TireBadge, tire } from "@/ui/tires";
import type { Archive } from "../data/archive";
import type { Call, Live } from "../data/types";
import { STATUS } from "./RaceBar";

interface Props {
  live: Live;
  /** The newest lap that may be shown. */
  until: number;
  archive: Archive;
  call: Call | undefined;
  pinned: boolean;
  /** null: back to the race as it is. */
  pick: (lap: number | null) => void;
}

export function LapRuler({ live, until, archive, call, pinned, pick }: Props) {
  const total = live.total_laps;
  const at = (lap: number) => `${(100 * lap) / total}%`;
  const kept = [...archive.keys()].filter((lap) => lap <= until);
  const first = Math.min(until, ...kept);
  const window = call?.pit_strategy.window;
  const stops = call?.pit_strategy.stops ?? [];

  function go(lap: number) {
    const nearest = kept.reduce((best, other) => (Math.abs(other - lap) < Math.abs(best - lap) ? other : best), until);
    pick(nearest >= until ? null : nearest);
  }

  return (
    <section aria-label="Laps" className="border-t border-line bg-panel px-4 pt-1 pb-2">
      <div className="flex items-center gap-3">
        <div className="relative h-11 flex-1">
          <div className="absolute inset-x-0 top-5 h-2 bg-raised" />
          {Array.from({ length: until }, (_, index) => {
            const lap = index + 1;
            const told = archive.get(lap)?.live;
            const status = told?.track_status ?? "GREEN";
            return (
              <div
                key={lap}
                className="absolute top-5 h-2"
                title={`Lap ${lap}${told ? `, ${STATUS[status].text.toLowerCase()}` : ": this page had not seen the race yet"}`}
                style={{
                  left: at(index),
                  width: `calc(${100 / total}% - 1px)`,
                  background: status === "GREEN" ? "var(--c-accent)" : STATUS[status].color,
                  opacity: told && lap <= live.lap ? 1 : 0.35,
                }}
              />
            );
          })}
          {window && (
            <div
              className="absolute top-4 h-4 border-x-2 border-t-2 border-warn"
              style={{ left: at(window.opens - 1), width: at(window.closes - window.opens + 1) }}
              title={`Pit window: laps ${window.opens} to ${window.closes}`}
            />
          )}
          {stops.map((stop) => (
            <span
              key={stop.lap}
              className="absolute -top-0.5 flex -translate-x-1/2 items-center"
              style={{ left: at(stop.lap - 0.5) }}
              title={`Planned stop: lap ${stop.lap} for ${tire(stop.compound).plural}`}
            >
              <TireBadge compound={stop.compound} size={15} />
            </span>
          ))}
          {Array.from({ length: Math.floor(total / 10) }, (_, index) => 10 * (index + 1)).map((lap) => (
            <span
              key={lap}
              aria-hidden
              className="label absolute top-7 -translate-x-1/2"
              style={{ left: at(lap - 0.5) }}
            >
              {lap}
            </span>
          ))}
          {until > first && (
            <input
              type="range"
              aria-label="Lap shown"
              aria-valuetext={pinned ? `Lap ${live.lap}, as it stood` : `Lap ${live.lap}, live`}
              min={first}
              max={until}
              value={live.lap}
              onChange={(event) => go(Number(event.target.value))}
              className="peer absolute top-3 h-6 cursor-ew-resize opacity-0"
              style={{ left: at(first), width: at(until - first) }}
            />
          )}
          <div
            aria-hidden
            className="pointer-events-none absolute top-3.5 h-5 w-0.5 bg-text outline-offset-4 outline-accent peer-focus-visible:outline-2"
            style={{ left: `calc(${at(live.lap)} - 1px)` }}
          />
        </div>
        {pinned && (
          <button type="button" className="control border-accent bg-accent-ground" onClick={() => pick(null)}>
            Back to live
          </button>
        )}
      </div>
      {pinned && (
        <p role="status">
          As it stood at the end of lap {live.lap}. The race is on lap {until}.
        </p>
      )}
    </section>
  );
}
