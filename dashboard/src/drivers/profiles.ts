/** Drivers' profiles: what is measured, the eras they are filtered by, search and order. */

import type { Schemas } from "@/api/client";

export type Profile = Schemas["ProfileAnswer"];
export type Estimate = Schemas["Estimate"];
export type Trait = "aggression" | "consistency" | "pressure_response" | "tire_management";

export const TRAITS: readonly { key: Trait; label: string; meaning: string }[] = [
  {
    key: "aggression",
    label: "Aggression",
    meaning: "passes made when within a second, beyond what is usual; before 2018 places gained beyond the grid",
  },
  {
    key: "consistency",
    label: "Consistency",
    meaning: "evenness of lap times within a stint; before 2018 of results",
  },
  {
    key: "pressure_response",
    label: "Under pressure",
    meaning: "pace with a car within a second behind, against the own laps without one",
  },
  { key: "tire_management", label: "Tire management", meaning: "wear against the teammate on the same tire" },
];

/** Spans of like cars and rules: regulations of engines, and from 2022 of ground effect. */
export const ERAS: readonly { id: string; label: string; from: number; to: number }[] = [
  { id: "2022", label: "2022 on: ground effect", from: 2022, to: 9999 },
  { id: "2014", label: "2014–2021: hybrids", from: 2014, to: 2021 },
  { id: "2006", label: "2006–2013: V8", from: 2006, to: 2013 },
  { id: "1995", label: "1995–2005: 3.0 liters", from: 1995, to: 2005 },
  { id: "1989", label: "1989–1994: 3.5 liters", from: 1989, to: 1994 },
  { id: "1977", label: "1977–1988: turbos", from: 1977, to: 1988 },
  { id: "1966", label: "1966–1976: 3 liters", from: 1966, to: 1976 },
  { id: "1950", label: "1950–1965", from: 1950, to: 1965 },
];

export function inEra(profile: Profile, id: string): boolean {
  const era = ERAS.find((one) => one.id === id);
  return !era || profile.seasons.some((season) => season >= era.from && season <= era.to);
}

const SHORT: Record<string, string> = {
  mclaren: "McLaren",
  alphatauri: "AlphaTauri",
  alfa: "Alfa Romeo",
  bmw_sauber: "BMW Sauber",
  rb: "RB",
  brm: "BRM",
  hrt: "HRT",
  ags: "AGS",
};

/** "red_bull" as Red Bull. */
export function teamName(id: string): string {
  return SHORT[id] ?? id.replaceAll(/[_-]+/g, " ").replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
}

/** Teams of these drivers, by name. */
export function teamsOf(profiles: readonly Profile[]): string[] {
  return [...new Set(profiles.flatMap((profile) => profile.teams))].sort((a, b) =>
    teamName(a).localeCompare(teamName(b)),
  );
}

/** Lower case without accents: "raikkonen" finds Räikkönen. */
export function plain(text: string): string {
  return text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
}

export interface Filter {
  era: string;
  team: string;
  query: string;
}

export function filtered(profiles: readonly Profile[], { era, team, query }: Filter): Profile[] {
  const words = plain(query).split(/\s+/).filter(Boolean);
  return profiles.filter((profile) => {
    const text = plain(`${profile.name} ${profile.driver_id} ${profile.ergast_id}`);
    return (
      inEra(profile, era) && (team === "" || profile.teams.includes(team)) && words.every((word) => text.includes(word))
    );
  });
}

export type Order = "name" | Trait;

/** By name, or by a trait, the highest first and the unknown last. */
export function sorted(profiles: readonly Profile[], order: Order): Profile[] {
  const surname = (profile: Profile) => plain(profile.name.split(" ").slice(-1)[0] ?? "");
  if (order === "name") return [...profiles].sort((a, b) => surname(a).localeCompare(surname(b)));
  return [...profiles].sort((a, b) => (b[order]?.value ?? -1) - (a[order]?.value ?? -1));
}

export function seasonsText(seasons: readonly number[]): string {
  const spans: [number, number][] = [];
  for (const season of [...seasons].sort((a, b) => a - b)) {
    const last = spans[spans.length - 1];
    if (last && season === last[1] + 1) last[1] = season;
    else spans.push([season, season]);
  }
  return spans.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(", ");
}

export interface Quality {
  level: string;
  races: number;
  withLaps: number;
  sources: Record<string, string>;
  unproven: string[];
}

/** What a profile rests on; a bundle of another making may tell it as one word. */
export function quality(profile: Profile): Quality {
  const told = profile.data_quality as Partial<Record<string, unknown>> | string | null;
  const of = typeof told === "object" && told !== null ? told : {};
  return {
    level: typeof told === "string" ? told : String(of.level ?? "unknown"),
    races: Number(of.races ?? 0),
    withLaps: Number(of.races_with_laps ?? 0),
    sources: (of.sources as Record<string, string> | undefined) ?? {},
    unproven: (of.unproven as string[] | undefined) ?? [],
  };
}

/** Whether two estimates can be told apart by their intervals. */
export function apart(a: Estimate | null, b: Estimate | null): boolean | null {
  return a && b ? a.low > b.high || b.low > a.high : null;
}
