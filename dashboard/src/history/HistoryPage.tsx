/** Any recorded race: what happened lap by lap, what would have been advised, and beside another race. */
"use client";

import { useMemo } from "react";
import { useGet } from "@/api/client";
import { setUrl, useUrlList, useUrlState } from "@/state/url";
import { type Option, Select } from "@/ui/fields";
import { PageHead } from "@/ui/PageHead";
import { Panel } from "@/ui/Panel";
import { Empty, Loading, Problem } from "@/ui/states";
import { Advised } from "./Advised";
import { Gaps, LapTimes, Positions, Stints } from "./Charts";
import { Figures } from "./Figures";
import { type Race, raceOf, type Summary } from "./race";

export function HistoryPage() {
  const { data, error, mutate } = useGet("/races");
  if (error && !data) return <Problem error={error} retry={() => mutate()} />;
  if (!data) return <Loading label="Asking for recorded races" rows={10} />;
  if (data.length === 0) {
    return (
      <Empty title="No race is recorded yet">
        <p>
          Races appear here once they are ingested and preprocessed. <code>make pipeline</code> does both for the
          recorded races at hand, or simulates some.
        </p>
      </Empty>
    );
  }
  return <Races races={data} />;
}

function label(race: Summary): string {
  return `${race.round}. ${race.name ?? race.circuit_id}`;
}

function Races({ races }: { races: readonly Summary[] }) {
  const newest = races[races.length - 1];
  const [raceId, setRace] = useUrlState("race", newest?.race_id ?? "");
  const [against, setAgainst] = useUrlState("against");
  const summary = races.find((race) => race.race_id === raceId) ?? newest;
  const other = races.find((race) => race.race_id === against);
  const seasons = useMemo(() => [...new Set(races.map((race) => race.season))].sort((a, b) => b - a), [races]);
  if (!summary) return null;
  const ofSeason = (season: number) => races.filter((race) => race.season === season);
  const go = (race: string | undefined) => {
    setUrl({ cars: null, gap: null, for: null, lap: null });
    if (race) setRace(race, true);
  };
  const everyRace: Option[] = [...races]
    .reverse()
    .map((race) => ({ value: race.race_id, label: `${race.season} ${label(race)}` }));
  return (
    <>
      <PageHead title="History" aside={`${races.length} recorded ${races.length === 1 ? "race" : "races"}`}>
        <Select
          label="Season"
          value={String(summary.season)}
          options={seasons.map((season) => ({ value: String(season), label: String(season) }))}
          onChange={(season) => go(ofSeason(Number(season))[0]?.race_id)}
        />
        <Select
          label="Race"
          value={summary.race_id}
          options={ofSeason(summary.season).map((race) => ({ value: race.race_id, label: label(race) }))}
          onChange={go}
        />
        <Select
          label="Beside another race"
          value={other?.race_id ?? ""}
          options={[{ value: "", label: "None" }, ...everyRace.filter((race) => race.value !== summary.race_id)]}
          onChange={setAgainst}
        />
      </PageHead>
      {other ? (
        <div className="grid gap-px bg-line lg:grid-cols-2">
          <One key={summary.race_id} summary={summary} beside />
          <One key={other.race_id} summary={other} beside />
        </div>
      ) : (
        <One key={summary.race_id} summary={summary} />
      )}
    </>
  );
}

function One({ summary, beside = false }: { summary: Summary; beside?: boolean }) {
  const { data, error, mutate } = useGet("/races/{race_id}/laps", { race_id: summary.race_id });
  const race = useMemo(() => (data ? raceOf(summary, data) : null), [data, summary]);
  if (error && !data) return <Problem error={error} retry={() => mutate()} />;
  if (!race) {
    return (
      <div className="bg-panel">
        <Loading label={`Asking for the laps of ${summary.name ?? summary.race_id}`} rows={12} />
      </div>
    );
  }
  return <View race={race} beside={beside} />;
}

/** What happened, in charts; `beside` leaves out what is about one race alone. */
function View({ race, beside }: { race: Race; beside: boolean }) {
  const [cars, setCars] = useUrlList("cars");
  const [gap, setGap] = useUrlState("gap");
  const text = cars.join("~");
  const picked = useMemo(() => {
    const wanted = text.split("~");
    return race.cars.map((car) => car.driver).filter((driver) => wanted.includes(driver));
  }, [race, text]);
  const toggle = (driver: string) =>
    setCars(cars.includes(driver) ? cars.filter((one) => one !== driver) : [...cars, driver]);
  const winner = race.cars[0]?.driver ?? "";
  const reference = race.cars.some((car) => car.driver === gap) ? gap : (picked[0] ?? winner);
  const shown = { race, picked, toggle };
  const compared = picked.length > 0 ? picked : race.cars.slice(0, 2).map((car) => car.driver);
  return (
    <div className="grid min-w-0 content-start gap-px bg-line">
      <h2 className="sr-only">{race.summary.name ?? race.summary.race_id}</h2>
      <Panel>
        <Positions {...shown} />
      </Panel>
      <div className={`grid gap-px ${beside ? "" : "xl:grid-cols-2"}`}>
        <Panel>
          <Stints {...shown} />
        </Panel>
        <div className="min-w-0 bg-panel px-4 py-3">
          <Select
            label="Gaps to"
            className="mb-2 max-w-[14rem]"
            value={reference}
            options={race.cars.map((car) => ({ value: car.driver, label: car.name }))}
            onChange={setGap}
          />
          <Gaps {...shown} reference={reference} />
        </div>
      </div>
      {!beside && (
        <Panel>
          <Advised race={race} fallback={picked[0] ?? winner} />
        </Panel>
      )}
      <Panel>
        <Figures race={race} picked={picked} />
      </Panel>
      <Panel>
        <LapTimes {...shown} picked={compared} />
      </Panel>
    </div>
  );
}
