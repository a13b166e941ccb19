/** Every driver that the filters leave, with all four measures; where drivers are picked by key. */
"use client";

import { useState } from "react";
import { NONE } from "@/ui/format";
import { Scroll } from "@/ui/Scroll";
import { type Estimate, type Order, type Profile, quality, seasonsText, TRAITS, teamName } from "./profiles";

const FIRST = 40;

interface Props {
  profiles: readonly Profile[];
  order: Order;
  sortBy: (order: Order) => void;
  a: string;
  b: string;
  choose: (slot: "a" | "b", driverId: string) => void;
}

export function ProfileTable({ profiles, order, sortBy, a, b, choose }: Props) {
  const [all, setAll] = useState(false);
  const shown = all ? profiles : profiles.slice(0, FIRST);
  return (
    <Scroll label="All drivers">
      <table className="w-full min-w-[52rem]">
        <caption className="sr-only">Drivers with their measures</caption>
        <thead>
          <tr className="label border-b border-line text-left">
            <th scope="col" className="py-1 pr-2 font-normal">
              Pick
            </th>
            <Sortable name="name" label="Driver" order={order} sortBy={sortBy} />
            {TRAITS.map(({ key, label, meaning }) => (
              <Sortable key={key} name={key} label={label} meaning={meaning} order={order} sortBy={sortBy} />
            ))}
            <th scope="col" className="pr-2 font-normal">
              Seasons
            </th>
            <th scope="col" className="pr-2 font-normal">
              Teams
            </th>
            <th scope="col" className="font-normal">
              Rests on
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((profile) => (
            <tr key={profile.ergast_id} className="border-b border-line hover:bg-raised">
              <td className="py-0.5 pr-2 whitespace-nowrap">
                {(["a", "b"] as const).map((slot) => (
                  <button
                    key={slot}
                    type="button"
                    className="control mr-1 min-h-7 px-2"
                    aria-pressed={(slot === "a" ? a : b) === profile.driver_id}
                    aria-label={`${profile.name} as ${slot.toUpperCase()}`}
                    onClick={() => choose(slot, profile.driver_id)}
                  >
                    {slot.toUpperCase()}
                  </button>
                ))}
              </td>
              <th scope="row" className="pr-3 text-left font-semibold whitespace-nowrap">
                {profile.name}
                {profile.driver_id !== profile.ergast_id && (
                  <span className="ml-1.5 font-normal text-faint">{profile.driver_id}</span>
                )}
              </th>
              {TRAITS.map(({ key }) => (
                <td key={key} className="pr-3 whitespace-nowrap">
                  <Cell estimate={profile[key]} />
                </td>
              ))}
              <td className="pr-3 whitespace-nowrap">{seasonsText(profile.seasons)}</td>
              <td className="max-w-[16rem] truncate pr-3 text-dim" title={profile.teams.map(teamName).join(", ")}>
                {profile.teams.map(teamName).join(", ")}
              </td>
              <td className="whitespace-nowrap text-dim">{quality(profile).level}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {!all && profiles.length > FIRST && (
        <button type="button" className="control mt-2" onClick={() => setAll(true)}>
          Show all {profiles.length}
        </button>
      )}
    </Scroll>
  );
}

function Cell({ estimate }: { estimate: Estimate | null }) {
  if (!estimate) return <span className="text-faint">{NONE}</span>;
  return (
    <>
      <span className="font-semibold">{estimate.value.toFixed(2)}</span>
      <span className="ml-1.5 text-faint">
        {estimate.low.toFixed(2)}–{estimate.high.toFixed(2)} n {estimate.n}
      </span>
    </>
  );
}

interface SortableProps {
  name: Order;
  label: string;
  meaning?: string;
  order: Order;
  sortBy: (order: Order) => void;
}

function Sortable({ name, label, meaning, order, sortBy }: SortableProps) {
  const down = order === name;
  return (
    <th
      scope="col"
      className="pr-3 font-normal"
      aria-sort={down ? (name === "name" ? "ascending" : "descending") : "none"}
    >
      <button
        type="button"
        title={meaning}
        className={`underline-offset-2 hover:underline ${down ? "font-semibold text-text" : ""}`}
        onClick={() => sortBy(name)}
      >
        {label}
        <span aria-hidden>{down ? (name === "name" ? " ▲" : " ▼") : ""}</span>
      </button>
    </th>
  );
}
