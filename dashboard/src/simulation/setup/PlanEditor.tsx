/** Stops of one car, lap and tire each; or none, or left to the pit policy. */
"use client";

import { NumberField, Select } from "@/ui/fields";
import { type Compound, tire } from "@/ui/tires";
import { MOST_STOPS, type Plan, type Stop } from "./setup";

export const COMPOUNDS: readonly Compound[] = ["SOFT", "MEDIUM", "HARD", "INTERMEDIATE", "WET"];

interface Props {
  name: string;
  plan: Plan | undefined;
  /** What the car may do without own stops, by value. */
  without: { value: "policy" | "off"; label: string };
  laps: number;
  onChange: (plan: Plan | undefined) => void;
}

export function PlanEditor({ name, plan, without, laps, onChange }: Props) {
  const own = plan !== null && plan !== undefined;
  const stops = own ? [...plan] : [];
  const put = (next: readonly Stop[]) => onChange([...next].sort((a, b) => a.lap - b.lap));
  const add = () => {
    const last = stops[stops.length - 1]?.lap ?? 0;
    const lap = Math.min(laps - 1, Math.max(last + 1, last + Math.round((laps - last) / 2)));
    put([...stops, { lap, compound: "HARD" }]);
  };
  return (
    <fieldset className="grid gap-1.5">
      <legend className="mb-1 font-semibold">{name}</legend>
      <Select
        label={`${name}: who decides the stops`}
        hidden
        value={own ? "own" : without.value}
        options={[
          { value: without.value, label: without.label },
          { value: "own", label: "These stops" },
        ]}
        onChange={(value) =>
          onChange(
            value === "own"
              ? [{ lap: Math.round(laps / 3), compound: "HARD" }]
              : without.value === "off"
                ? undefined
                : null,
          )
        }
      />
      {own && stops.length === 0 && <p className="label">No stop: to the flag on one set.</p>}
      {stops.map((stop, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a stop is its place in the plan
        <div key={index} className="grid grid-cols-[5rem_minmax(0,1fr)_auto] items-end gap-1.5">
          <NumberField
            label={`${name}, stop ${index + 1}: lap`}
            hidden
            value={stop.lap}
            min={1}
            max={laps - 1}
            onChange={(lap) => lap !== null && put(stops.map((one, at) => (at === index ? { ...one, lap } : one)))}
          />
          <Select
            label={`${name}, stop ${index + 1}: tire`}
            hidden
            value={stop.compound}
            options={COMPOUNDS.map((compound) => ({
              value: compound,
              label: `${tire(compound).letter} ${tire(compound).plural}`,
            }))}
            onChange={(compound) =>
              put(stops.map((one, at) => (at === index ? { ...one, compound: compound as Compound } : one)))
            }
          />
          <button
            type="button"
            className="control"
            aria-label={`${name}: remove stop ${index + 1}`}
            onClick={() => put(stops.filter((_, at) => at !== index))}
          >
            ×
          </button>
        </div>
      ))}
      {own && stops.length < MOST_STOPS && (
        <button type="button" className="control justify-self-start" onClick={add}>
          Add a stop
        </button>
      )}
    </fieldset>
  );
}
