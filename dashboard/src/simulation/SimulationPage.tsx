/** A race simulated from the grid: what to begin with on the left, what comes of it on the right. */
"use client";

import { useEffect, useRef } from "react";
import { useGet } from "@/api/client";
import { setUrl, useUrlState } from "@/state/url";
import { PageHead } from "@/ui/PageHead";
import { Empty, Loading, Notice, Problem } from "@/ui/states";
import { Results } from "./results/Results";
import { SetupForm } from "./setup/SetupForm";
import { faults, type Season } from "./setup/setup";
import { useSetup } from "./setup/useSetup";
import { same, useSimulation } from "./useSimulation";

const USUAL_LAPS = 57;

export function SimulationPage() {
  const circuits = useGet("/circuits");
  const seasons = useGet("/seasons");
  const error = circuits.error ?? seasons.error;
  if (error && !(circuits.data && seasons.data)) {
    return (
      <Problem
        error={error}
        retry={() => {
          circuits.mutate();
          seasons.mutate();
        }}
      />
    );
  }
  if (!circuits.data || !seasons.data) return <Loading label="Asking for circuits and drivers" rows={10} />;
  if (seasons.data.length === 0 || circuits.data.length === 0) {
    return (
      <Empty title="The bundle that serves knows no season">
        <p>Without drivers and circuits there is no grid to begin with.</p>
      </Empty>
    );
  }
  return <Page circuits={circuits.data} seasons={seasons.data} />;
}

interface Props {
  circuits: Parameters<typeof SetupForm>[0]["circuits"];
  seasons: readonly Season[];
}

function Page({ circuits, seasons }: Props) {
  const [setup, change] = useSetup(seasons);
  const season = seasons.find((one) => one.season === setup.season);
  const { ran, running, error, run } = useSimulation(setup, season);
  const [wanted] = useUrlState("run");
  const laps = setup.laps ?? circuits.find((one) => one.circuit_id === setup.circuit)?.total_laps ?? USUAL_LAPS;
  // A link to a race that was run runs it again, where it can be asked of the bundle that serves now.
  const linked = useRef(wanted === "1");
  useEffect(() => {
    if (linked.current && faults(setup).length === 0) run();
    linked.current = false;
  }, [run, setup]);
  const start = () => {
    setUrl({ run: "1" });
    run();
  };
  return (
    <>
      <PageHead title="Simulation" aside="The whole field from the grid to the flag, thousands of times" />
      <div className="grid flex-1 grid-cols-[minmax(0,1fr)] gap-px bg-line lg:grid-cols-[21rem_minmax(0,1fr)]">
        <SetupForm
          setup={setup}
          seasons={seasons}
          circuits={circuits}
          laps={laps}
          change={change}
          resetGrid={() => setUrl({ grid: null, car: null })}
          run={start}
          running={running}
        />
        <div className="min-w-0 bg-panel" aria-live="polite" aria-busy={running}>
          {error !== null && !running && <Problem error={error} retry={start} />}
          {running && !ran && <Loading label={`Simulating ${setup.scenarios.toLocaleString("en")} races`} rows={12} />}
          {ran && !running && !same(ran.setup, setup) && (
            <Notice kind="warn">What is set on the left is not what was run. Run again to see it.</Notice>
          )}
          {ran && running && <Notice kind="warn">Simulating anew…</Notice>}
          {ran && <Results ran={ran} />}
          {!ran && !running && error === null && (
            <Empty part title="Nothing is simulated yet">
              <p>
                The grid on the left is the season's field in order of pace, all on new mediums. Choose a car and its
                stops, a second plan to compare with if you like, and run. It takes some seconds.
              </p>
            </Empty>
          )}
        </div>
      </div>
    </>
  );
}
