/** The timing tower: the whole field, one line a car. A line chooses the car that the call is for. */
"use client";

import type { ReactNode } from "react";
import { gap, lapTime, percent, signed } from "@/ui/format";
import { TireBadge } from "@/ui/tires";
import { type GapMode, gapOf, type Row } from "../data/rows";
import { teamColor } from "../data/teams";

interface Props {
  rows: readonly Row[];
  driver: string;
  choose: (driver: string) => void;
  favorites: readonly string[];
  toggle: (driver: string) => void;
  gaps: GapMode;
  setGaps: (mode: GapMode) => void;
  /** The lap of the call that the odds are of, where it is an old one. */
  foretold?: number | undefined;
  /** The car under the cursor: gaps are told against it. */
  pointed: string | null;
  setPointed: (driver: string | null) => void;
}

const MODES: [GapMode, string][] = [
  ["leader", "Leader"],
  ["interval", "Interval"],
  ["car", "Chosen car"],
];

export function Tower(props: Props) {
  const { rows, driver, gaps, setGaps, pointed, setPointed, foretold } = props;
  const mode: GapMode = pointed ? "car" : gaps;
  const against = mode === "car" ? (pointed ?? driver) : null;
  const reference = rows.find((row) => row.driver === against);
  const known = rows.some((row) => row.odds);
  return (
    <section aria-label="Timing tower">
      <div className="flex items-center gap-3 px-3 pt-2 pb-1">
        <h2 className="sr-only">Timing tower</h2>
        <fieldset className="flex items-center" aria-label="Gaps to">
          <span className="label mr-2">Gaps to</span>
          {MODES.map(([name, label]) => (
            <button
              key={name}
              type="button"
              className="control -ml-px min-h-7 rounded-none first-of-type:ml-0"
              aria-pressed={gaps === name}
              onClick={() => setGaps(name)}
            >
              {label}
            </button>
          ))}
        </fieldset>
        {foretold !== undefined && (
          <p className="ml-auto text-warn">
            Next stops and odds are <span className="whitespace-nowrap">of lap {foretold}</span>
          </p>
        )}
      </div>
      <table className="w-full border-collapse text-right leading-none" onMouseLeave={() => setPointed(null)}>
        <thead>
          <tr className="label [&>th]:px-1.5 [&>th]:py-1 [&>th]:font-normal">
            <th scope="col">
              <abbr title="Position" className="no-underline">
                P
              </abbr>
            </th>
            <th scope="col" className="text-left">
              Car
            </th>
            <th scope="col" aria-live="off">
              {against ? `To ${against}` : mode === "interval" ? "Interval" : "Gap"}
            </th>
            <th scope="col" className="text-left">
              Tire
            </th>
            <th scope="col" className="hidden sm:table-cell">
              Stops
            </th>
            <th scope="col" className="hidden sm:table-cell">
              Last lap
            </th>
            <th scope="col" className="hidden sm:table-cell">
              Next stop
            </th>
            <th scope="col">Win</th>
            <th scope="col">Podium</th>
          </tr>
        </thead>
        <tbody data-testid="tower">
          {rows.map((row) => (
            <TowerRow key={row.driver} row={row} mode={mode} reference={reference} known={known} {...props} />
          ))}
        </tbody>
      </table>
      <p className="label px-3 py-2">
        Point at a car for gaps to it, choose it for its call. Purple: best lap of the race; green: the car's own best.
      </p>
    </section>
  );
}

interface RowProps extends Props {
  row: Row;
  mode: GapMode;
  reference: Row | undefined;
  known: boolean;
}

function TowerRow({ row, mode, reference, known, driver, choose, favorites, toggle, setPointed }: RowProps) {
  const own = row.driver === driver;
  const favorite = favorites.includes(row.driver);
  const lap = { best: "font-semibold text-best", own: "text-good", plain: "" }[row.lapKind];
  return (
    <tr
      aria-current={own ? "true" : undefined}
      data-driver={row.driver}
      onMouseEnter={() => setPointed(row.out ? null : row.driver)}
      onClick={() => !row.out && choose(row.driver)}
      className={`h-[1.9rem] border-t border-line [&>*]:px-1.5 ${row.out ? "text-faint" : "cursor-pointer hover:bg-raised"} ${own ? "bg-accent-ground" : ""}`}
    >
      <td className="w-8 text-base font-semibold">{row.position ?? <span className="label">out</span>}</td>
      <th scope="row" className="text-left font-normal">
        <span className="flex items-center gap-1.5">
          <span
            aria-hidden
            className="h-4 w-1 shrink-0"
            style={{ background: teamColor(row.team) }}
            title={row.team ?? ""}
          />
          <button
            type="button"
            className="wide w-12 text-left text-base font-semibold"
            aria-pressed={own}
            disabled={row.out}
            onFocus={() => !row.out && setPointed(row.driver)}
            onBlur={() => setPointed(null)}
            onClick={(event) => {
              event.stopPropagation();
              choose(row.driver);
            }}
          >
            {row.driver}
          </button>
          <button
            type="button"
            aria-label={`Favorite ${row.driver}`}
            aria-pressed={favorite}
            className={`min-h-6 min-w-6 text-base ${favorite ? "text-warn" : "text-strong hover:text-dim"}`}
            onClick={(event) => {
              event.stopPropagation();
              toggle(row.driver);
            }}
          >
            {favorite ? "★" : "☆"}
          </button>
          <Gained places={row.gained} />
        </span>
      </th>
      <td className={`w-20 ${own && mode === "car" ? "text-faint" : ""}`}>
        <Gap row={row} mode={mode} reference={reference} />
      </td>
      <td className="w-14">
        {row.compound && (
          <span className="flex items-center gap-1.5">
            <TireBadge compound={row.compound} size={19} />
            <span>{row.tireAge}</span>
          </span>
        )}
      </td>
      <td className="hidden w-12 sm:table-cell">{row.out ? "" : row.stops}</td>
      <td className={`hidden w-20 sm:table-cell ${lap}`}>
        {row.lastLap === null ? "" : lapTime(row.lastLap)}
        {row.lapKind !== "plain" && (
          <span className="sr-only">{row.lapKind === "best" ? " best of the race" : " own best"}</span>
        )}
      </td>
      <td className="hidden w-28 sm:table-cell">{!row.out && <NextStop row={row} />}</td>
      <Chance share={row.odds?.win_probability} known={known && !row.out} />
      <Chance share={row.odds?.podium_probability} known={known && !row.out} />
    </tr>
  );
}

function Gap({ row, mode, reference }: { row: Row; mode: GapMode; reference: Row | undefined }) {
  if (row.out) return null;
  if (row.inPit) return <Flag>In pit</Flag>;
  const seconds = gapOf(row, mode, reference);
  if (seconds === null) return row.position === 1 ? <span className="text-dim">Leader</span> : "–";
  if (mode === "car" && row.driver === reference?.driver) return <span className="text-dim">0.0</span>;
  return (
    <>
      {mode === "car" ? signed(seconds) : gap(seconds, mode === "interval" ? 1 : 1)}
      {row.penalty > 0 && (
        <abbr className="ml-1 text-warn no-underline" title={`${row.penalty} s of penalty to come`}>
          +{row.penalty}
        </abbr>
      )}
    </>
  );
}

function Flag({ children }: { children: ReactNode }) {
  return <span className="rounded-[2px] bg-alarm px-1 py-0.5 font-semibold text-on-alarm">{children}</span>;
}

/** Places won or lost since the start. */
function Gained({ places }: { places: number | null }) {
  if (!places) return null;
  return (
    <span className={`condensed text-[0.786rem] ${places > 0 ? "text-good" : "text-bad"}`}>
      <span aria-hidden>{places > 0 ? "▲" : "▼"}</span>
      <span className="sr-only">{places > 0 ? "won" : "lost"} </span>
      {Math.abs(places)}
    </span>
  );
}

/** When the forecast has the car stop next: the likeliest laps, and the tire. */
function NextStop({ row }: { row: Row }) {
  const next = row.odds?.next_stop;
  if (!next) return null;
  if (next.lap_best === null || next.none_probability > 0.5) return <span className="text-faint">none</span>;
  const spread = `Lap ${next.lap_p10} to ${next.lap_p90} in eight of ten scenarios`;
  return (
    <span className="flex items-center justify-end gap-1.5 whitespace-nowrap" title={spread}>
      <span>{next.lap_best}</span>
      <span className="condensed text-[0.786rem] text-faint">
        {next.lap_p10}–{next.lap_p90}
      </span>
      <TireBadge compound={next.compound} size={15} />
    </span>
  );
}

/** A probability as a number on a bar of its length. */
function Chance({ share, known }: { share: number | undefined; known: boolean }) {
  const shown = share ?? 0;
  return (
    <td className="w-[4.2rem]">
      {known && share !== undefined && (
        <span className="relative block rounded-[2px] py-1 pr-1.5">
          {shown >= 0.005 && (
            <span
              aria-hidden
              className="absolute inset-y-0 right-0 rounded-[2px] bg-accent opacity-25"
              style={{ width: `${100 * shown}%` }}
            />
          )}
          <span className={`relative ${shown < 0.005 ? "text-faint" : shown >= 0.1 ? "font-semibold" : ""}`}>
            {percent(share)}
          </span>
        </span>
      )}
    </td>
  );
}
