/** Everything that a simulated race begins with. */
"use client";

import type { FormEvent } from "react";
import type { Schemas } from "@/api/client";
import { NumberField, Select } from "@/ui/fields";
import { GridEditor } from "./GridEditor";
import { PlanEditor } from "./PlanEditor";
import { faults, type Season, type Setup } from "./setup";

interface Props {
  setup: Setup;
  seasons: readonly Season[];
  circuits: readonly Schemas["CircuitSummary"][];
  /** Laps of the race, as far as they are known. */
  laps: number;
  change: (values: Partial<Setup>) => void;
  resetGrid: () => void;
  run: () => void;
  running: boolean;
}

export function SetupForm({ setup, seasons, circuits, laps, change, resetGrid, run, running }: Props) {
  const season = seasons.find((one) => one.season === setup.season);
  const names = new Map(season?.drivers.map(({ driver_id, name }) => [driver_id, name]));
  const wrong = faults(setup);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wrong.length === 0 && !running) run();
  };
  return (
    <form className="grid content-start gap-4 bg-panel px-4 py-3" aria-label="What to simulate" onSubmit={submit}>
      <div className="grid grid-cols-2 gap-2">
        <Select
          label="Circuit"
          className="col-span-2"
          value={setup.circuit}
          options={circuits.map(({ circuit_id, name }) => ({ value: circuit_id, label: name }))}
          onChange={(circuit) => change({ circuit, laps: null })}
        />
        <Select
          label="Season"
          value={String(setup.season)}
          options={seasons.map((one) => ({ value: String(one.season), label: String(one.season) }))}
          onChange={(value) => change({ season: Number(value) })}
        />
        <NumberField
          label="Laps"
          value={setup.laps}
          min={5}
          max={200}
          placeholder="usual"
          onChange={(value) => change({ laps: value })}
        />
      </div>
      <div className="grid gap-2">
        <Select
          label="Car"
          value={setup.car}
          options={setup.grid.map(({ driver }) => ({
            value: driver,
            label: names.get(driver) ? `${names.get(driver)} (${driver})` : driver,
          }))}
          onChange={(car) => change({ car })}
        />
        <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-1">
          <PlanEditor
            name="Plan A"
            plan={setup.planA}
            without={{ value: "policy", label: "Left to the pit policy" }}
            laps={laps}
            onChange={(planA) => change({ planA: planA ?? null })}
          />
          <PlanEditor
            name="Plan B"
            plan={setup.planB}
            without={{ value: "off", label: "Nothing to compare" }}
            laps={laps}
            onChange={(planB) => change({ planB })}
          />
        </div>
      </div>
      <fieldset className="grid gap-1.5">
        <legend className="mb-1 font-semibold">Rain</legend>
        {setup.rain.map((rain, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a forecast is its place in the list
          <div key={index} className="grid grid-cols-[minmax(0,1fr)_minmax(0,1fr)_auto] items-end gap-1.5">
            <NumberField
              label="From lap"
              value={rain.lap}
              min={1}
              max={laps}
              onChange={(lap) =>
                lap !== null && change({ rain: setup.rain.map((one, at) => (at === index ? { ...one, lap } : one)) })
              }
            />
            <NumberField
              label="Chance, %"
              value={rain.chance}
              min={0}
              max={100}
              onChange={(chance) =>
                chance !== null &&
                change({ rain: setup.rain.map((one, at) => (at === index ? { ...one, chance } : one)) })
              }
            />
            <button
              type="button"
              className="control"
              aria-label={`Remove rain ${index + 1}`}
              onClick={() => change({ rain: setup.rain.filter((_, at) => at !== index) })}
            >
              ×
            </button>
          </div>
        ))}
        {setup.rain.length < 4 && (
          <button
            type="button"
            className="control justify-self-start"
            onClick={() =>
              change({
                rain: [
                  ...setup.rain,
                  {
                    lap: Math.min(laps, (setup.rain[setup.rain.length - 1]?.lap ?? Math.round(laps / 3)) + 5),
                    chance: 30,
                  },
                ],
              })
            }
          >
            {setup.rain.length === 0 ? "Dry: add rain" : "Add another lap"}
          </button>
        )}
      </fieldset>
      <details>
        <summary className="font-semibold">Grid and tires, {setup.grid.length} cars</summary>
        <div className="mt-2">
          <GridEditor
            grid={setup.grid}
            season={season}
            onChange={(grid) => (grid === null ? resetGrid() : change({ grid }))}
          />
        </div>
      </details>
      <div className="grid grid-cols-2 gap-2">
        <NumberField
          label="Scenarios"
          value={setup.scenarios}
          min={1000}
          max={20000}
          step={1000}
          onChange={(value) => value !== null && change({ scenarios: value })}
        />
        <NumberField
          label="Seed"
          value={setup.seed}
          min={0}
          max={999999}
          onChange={(value) => value !== null && change({ seed: value })}
        />
      </div>
      {wrong.length > 0 && (
        <ul role="alert" className="text-bad">
          {wrong.map((fault) => (
            <li key={fault}>{fault}</li>
          ))}
        </ul>
      )}
      <button
        type="submit"
        className="control sticky bottom-2 min-h-10 border-accent bg-accent-ground font-semibold"
        disabled={running || wrong.length > 0}
      >
        {running ? "Simulating…" : "Run"}
      </button>
    </form>
  );
}
