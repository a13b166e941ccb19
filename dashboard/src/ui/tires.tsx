/** Tires in the sport's colors; a letter tells them apart without color. */

export type Compound = "SOFT" | "MEDIUM" | "HARD" | "INTERMEDIATE" | "WET";

const KNOWN: Record<Compound, { letter: string; color: string; name: string; plural: string }> = {
  SOFT: { letter: "S", color: "var(--tire-soft)", name: "soft", plural: "softs" },
  MEDIUM: { letter: "M", color: "var(--tire-medium)", name: "medium", plural: "mediums" },
  HARD: { letter: "H", color: "var(--tire-hard)", name: "hard", plural: "hards" },
  INTERMEDIATE: { letter: "I", color: "var(--tire-intermediate)", name: "intermediate", plural: "intermediates" },
  WET: { letter: "W", color: "var(--tire-wet)", name: "wet", plural: "wets" },
};
const UNKNOWN = { letter: "?", color: "var(--tire-unknown)", name: "unknown tire", plural: "unknown tires" };

/** Letter, color and names of a compound; what is not known has a question mark. */
export function tire(compound: string | null | undefined) {
  return KNOWN[compound as Compound] ?? UNKNOWN;
}

/** A tire as the television shows it: a black disc with a colored ring and the compound's letter. */
export function TireBadge({ compound, size = 20 }: { compound: string | null | undefined; size?: number }) {
  const { letter, color, name } = tire(compound);
  return (
    <svg role="img" aria-label={name} width={size} height={size} viewBox="0 0 20 20" className="inline-block shrink-0">
      <circle cx="10" cy="10" r="9.5" fill="var(--tire-edge)" />
      <circle cx="10" cy="10" r="7.4" fill="none" stroke={color} strokeWidth="2.4" />
      <text x="10" y="13.4" textAnchor="middle" fontSize="9.5" fontWeight="700" fill="#fff" aria-hidden>
        {letter}
      </text>
    </svg>
  );
}
