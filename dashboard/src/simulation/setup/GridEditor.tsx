/** The grid, place by place: who, on which tire, and how old it is. */
"use client";

import { Select } from "@/ui/fields";
import { type Compound, TireBadge } from "@/ui/tires";
import { COMPOUNDS } from "./PlanEditor";
import type { Entry, Season } from "./setup";

interface Props {
  grid: readonly Entry[];
  season: Season | undefined;
  onChange: (grid: readonly Entry[] | null) => void;
}

export function GridEditor({ grid, season, onChange }: Props) {
  const missing = season?.drivers.filter(({ driver_id }) => !grid.some((entry) => entry.driver === driver_id)) ?? [];
  const change = (index: number, values: Partial<Entry>) =>
    onChange(grid.map((entry, at) => (at === index ? { ...entry, ...values } : entry)));
  const move = (index: number, by: number) => {
    const next = [...grid];
    const [entry] = next.splice(index, 1);
    if (entry) next.splice(index + by, 0, entry);
    onChange(next);
  };
  return (
    <div className="grid gap-1.5">
      <div className="flex flex-wrap gap-1.5">
        <Select
          label="All cars start on"
          hidden
          value=""
          options={[
            { value: "", label: "All start on…" },
            ...COMPOUNDS.map((one) => ({ value: one, label: one.toLowerCase() })),
          ]}
          onChange={(compound) =>
            compound && onChange(grid.map((entry) => ({ ...entry, compound: compound as Compound })))
          }
        />
        <button type="button" className="control" onClick={() => onChange(null)}>
          Usual grid
        </button>
      </div>
      <ol className="grid gap-0.5">
        {grid.map((entry, index) => (
          <li
            key={entry.driver}
            className="grid grid-cols-[1.6rem_3rem_auto_minmax(0,1fr)_3.4rem_auto] items-center gap-1"
          >
            <span className="text-right text-faint">{index + 1}</span>
            <span className="font-semibold">{entry.driver}</span>
            <TireBadge compound={entry.compound} size={18} />
            <select
              className="control min-h-7 w-full justify-start px-1"
              aria-label={`${entry.driver}: tire`}
              value={entry.compound}
              onChange={(event) => change(index, { compound: event.target.value as Compound })}
            >
              {COMPOUNDS.map((one) => (
                <option key={one} value={one}>
                  {one.toLowerCase()}
                </option>
              ))}
            </select>
            <input
              type="number"
              className="control min-h-7 w-full justify-start px-1"
              aria-label={`${entry.driver}: laps on the set`}
              title="Laps on the set"
              min={0}
              max={30}
              value={entry.age}
              onChange={(event) =>
                change(index, { age: Math.min(30, Math.max(0, Math.round(Number(event.target.value) || 0))) })
              }
            />
            <span className="flex">
              <Small label={`${entry.driver}: one place up`} off={index === 0} onClick={() => move(index, -1)}>
                ↑
              </Small>
              <Small
                label={`${entry.driver}: one place down`}
                off={index === grid.length - 1}
                onClick={() => move(index, 1)}
              >
                ↓
              </Small>
              <Small
                label={`${entry.driver}: take off the grid`}
                off={grid.length <= 2}
                onClick={() => onChange(grid.filter((_, at) => at !== index))}
              >
                ×
              </Small>
            </span>
          </li>
        ))}
      </ol>
      {missing.length > 0 && (
        <Select
          label="Add a car"
          hidden
          value=""
          options={[
            { value: "", label: "Add a car…" },
            ...missing.map(({ driver_id, name }) => ({ value: driver_id, label: name ?? driver_id })),
          ]}
          onChange={(driver) => driver && onChange([...grid, { driver, compound: "MEDIUM", age: 0 }])}
        />
      )}
    </div>
  );
}

function Small({
  label,
  off,
  onClick,
  children,
}: {
  label: string;
  off: boolean;
  onClick: () => void;
  children: string;
}) {
  return (
    <button
      type="button"
      className="control min-h-7 border-transparent bg-transparent px-1.5"
      aria-label={label}
      disabled={off}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
