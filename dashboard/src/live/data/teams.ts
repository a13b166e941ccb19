/** Teams by the color that their cars wear, for the stripe beside a driver. A team not known here has none. */

const COLORS: [RegExp, string][] = [
  [/red bull(?! .*toro)/i, "#3671c6"],
  [/mercedes/i, "#27d3c3"],
  [/ferrari/i, "#e8002d"],
  [/mclaren/i, "#ff8000"],
  [/aston/i, "#229971"],
  [/racing point|force india/i, "#f596c8"],
  [/alpine/i, "#ff87bc"],
  [/renault/i, "#fff500"],
  [/williams/i, "#64a0ff"],
  [/alphatauri|alpha tauri|rb |^rb$|toro rosso|racing bulls/i, "#6692ff"],
  [/alfa|sauber|audi/i, "#52e252"],
  [/haas/i, "#b6babd"],
  [/cadillac/i, "#c6a15b"],
];

export function teamColor(team: string | null): string {
  return COLORS.find(([name]) => team !== null && name.test(team))?.[1] ?? "var(--c-strong)";
}
