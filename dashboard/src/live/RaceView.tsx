/** One race: the tower on the left, the call beside it, what surrounds it on the right. */
"use client";

import { useMemo, useState } from "react";
import type { Schemas } from "@/api/client";
import { useStored } from "@/state/stored";
import { useUrlState } from "@/state/url";
import { Empty, Loading, Problem } from "@/ui/states";
import { LapRuler } from "./bar/LapRuler";
import { RaceBar } from "./bar/RaceBar";
import { useReplay } from "./bar/useReplay";
import { freshness } from "./data/freshness";
import { bestLaps, type GapMode, rows } from "./data/rows";
import type { Live } from "./data/types";
import { useCall } from "./data/useCall";
import { delayed, useNow, useRace } from "./data/useRace";
import { Alternatives } from "./panels/Alternatives";
import { CallPanel, old } from "./panels/CallPanel";
import { Contingency } from "./panels/Contingency";
import { Odds } from "./panels/Odds";
import { RaceControl } from "./panels/RaceControl";
import { Rejoin } from "./panels/Rejoin";
import { Threats } from "./panels/Threats";
import { Tower } from "./panels/Tower";
import { TrackMap } from "./panels/TrackMap";
import { useOutline } from "./panels/useOutline";

interface Props {
  raceId: string;
  races: Schemas["LiveSummary"][];
  choose: (raceId: string) => void;
}

export function RaceView({ raceId, races, choose }: Props) {
  const now = useNow();
  const { state, newest, called } = useRace(raceId);
  const [lapText, setLap] = useUrlState("lap");
  const [driverText, setDriver] = useUrlState("driver");
  const [gaps, setGaps] = useUrlState("gaps", "leader");
  const [delay, setDelay] = useStored("f1.delay", 0);
  const [favorites, setFavorites] = useStored<string[]>("f1.favorites", []);
  const [pointed, setPointed] = useState<string | null>(null);
  const replay = useReplay(raceId);

  const snapshot = delayed(state.buffer, now, delay);
  const pinned = lapText === "" ? undefined : state.archive.get(Number(lapText));
  const live = pinned?.live ?? snapshot?.live;
  const driver = live ? chosen(live.field, driverText, favorites) : driverText;
  const missing = live ? absent(live, driverText) : null;
  const { call, lap: callLap, asking, error } = useCall({ live, newest, driver, archive: state.archive, called });
  const bests = useMemo(() => {
    let found = new Map<string, number>();
    for (const [lap, kept] of state.archive) if (live && lap <= live.lap) found = bestLaps(kept.live, found);
    return found;
  }, [state.archive, live]);
  const tower = useMemo(() => (live ? rows(live, call, bests) : []), [live, call, bests]);
  const outline = useOutline(state.buffer, raceId);

  if (!live || !newest || !snapshot) {
    if (!state.error) return <Loading label="Asking for the race" rows={12} />;
    if (state.error.status !== 404) return <Problem error={state.error} />;
    return (
      <Empty title={`Nothing is kept of race ${raceId}`}>
        <p>It has not begun, or its state was removed. This page goes on asking.</p>
        {races.map((race) => (
          <button
            key={race.race_id}
            type="button"
            className="control justify-self-start"
            onClick={() => choose(race.race_id)}
          >
            {race.season} {race.name ?? race.race_id}
          </button>
        ))}
      </Empty>
    );
  }

  const fresh = freshness({
    now,
    answeredAt: state.answeredAt,
    changedAt: state.changedAt,
    writtenAt: newest.written_at ? Date.parse(newest.written_at) : null,
    error: state.error,
    paused: replay.status?.paused ?? false,
    over: newest.lap >= newest.total_laps,
  });
  const toggle = (name: string) =>
    setFavorites(favorites.includes(name) ? favorites.filter((other) => other !== name) : [...favorites, name]);
  const shared = { live, call, driver };
  // On a pit wall's screen a track map fills the third column; race control then stands below the tower.
  const mapped = live.cars.some((car) => car.track_position && !car.retired);

  return (
    <div className="flex flex-1 flex-col">
      <RaceBar
        live={live}
        fresh={fresh}
        races={races}
        choose={choose}
        delay={delay}
        setDelay={setDelay}
        waiting={Math.max(0, Math.ceil(delay - (now - snapshot.seenAt) / 1000))}
        replay={replay}
        pinned={pinned !== undefined}
      />
      <LapRuler
        live={live}
        until={snapshot.live.lap}
        archive={state.archive}
        call={call}
        pinned={pinned !== undefined}
        pick={(lap) => setLap(lap === null ? null : String(lap))}
      />
      <div className="grid flex-1 grid-cols-[minmax(0,1fr)] gap-px bg-line lg:grid-cols-[minmax(35rem,5fr)_minmax(0,7fr)] lg:grid-rows-[auto_1fr] wall:grid-cols-[minmax(36rem,4fr)_minmax(0,5fr)_minmax(0,4fr)] wall:grid-rows-none">
        <div className="order-2 min-w-0 bg-panel lg:order-none">
          <Tower
            rows={tower}
            driver={driver}
            choose={setDriver}
            favorites={favorites}
            toggle={toggle}
            gaps={gaps as GapMode}
            setGaps={setGaps}
            foretold={callLap !== undefined && old(callLap, live) ? callLap : undefined}
            pointed={pointed}
            setPointed={setPointed}
          />
          {mapped && (
            <div className="hidden border-t border-line wall:block">
              <RaceControl live={live} short />
            </div>
          )}
        </div>
        <div className="order-1 flex min-w-0 flex-col gap-px lg:order-none lg:row-span-2 wall:row-span-1">
          <CallPanel {...shared} lap={callLap} asking={asking} error={error} tower={tower} missing={missing} />
          <Contingency {...shared} />
          <Alternatives {...shared} />
          <div className="flex flex-1 flex-col gap-px bg-panel wall:hidden">
            <Rejoin {...shared} />
            <Threats {...shared} />
          </div>
          <div className="hidden flex-1 bg-panel wall:block">
            <Threats {...shared} />
          </div>
        </div>
        <div className="order-3 flex min-w-0 flex-col gap-px lg:order-none">
          <div className="hidden wall:block">
            <Rejoin {...shared} />
          </div>
          <TrackMap live={live} driver={driver} outline={outline} />
          <Odds archive={state.archive} driver={driver} until={live.lap} total={live.total_laps} />
          <div className="flex flex-1 flex-col bg-panel">
            <div className={`flex flex-1 flex-col ${mapped ? "wall:hidden" : ""}`}>
              <RaceControl live={live} />
            </div>
          </div>
        </div>
      </div>
    </div>
  );
}

/** The car that the address names if it runs, else a favorite that does, else the leader. */
export function chosen(
  field: readonly { driver_id: string; position: number }[],
  named: string,
  favorites: readonly string[],
): string {
  const running = new Set(field.map((car) => car.driver_id));
  if (running.has(named) || running.size === 0) return named;
  const leader = [...field].sort((a, b) => a.position - b.position)[0]?.driver_id ?? "";
  return favorites.find((name) => running.has(name)) ?? leader;
}

/** Why the car that the address names has no call; null where it runs, or none is named. */
export function absent(live: Live, named: string): string | null {
  if (named === "" || live.field.length === 0 || live.field.some((car) => car.driver_id === named)) return null;
  const car = live.cars.find((one) => one.driver_id === named);
  return car ? `${named} is out of the race, after ${car.lap} laps.` : `${named} is not in this race.`;
}
