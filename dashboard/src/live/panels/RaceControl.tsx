/** Race control's messages, newest first. */

import { Panel } from "@/ui/Panel";
import type { Live } from "../data/types";

type Message = Live["race_control"][number];

const FLAGS: Record<string, string> = {
  GREEN: "#2fbf6b",
  CLEAR: "#2fbf6b",
  YELLOW: "#ffd12e",
  "DOUBLE YELLOW": "#ffd12e",
  RED: "#ff5a52",
  BLUE: "#4a94ff",
  CHEQUERED: "#f2f5f7",
  "BLACK AND WHITE": "#8894a0",
};

export function flagColor({ flag, category, message }: Message): string {
  if (flag) return FLAGS[flag] ?? "var(--c-strong)";
  return category === "SafetyCar" || /SAFETY CAR|VSC/.test(message) ? "#ffb020" : "var(--c-line)";
}

/** `short` keeps the list from growing with its messages on a large screen too. */
export function RaceControl({ live, short = false }: { live: Live; short?: boolean }) {
  const told = [...live.race_control].reverse();
  return (
    <Panel title="Race control" fill>
      {told.length === 0 ? (
        <p className="text-dim">No message yet.</p>
      ) : (
        <ol
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reached by keyboard
          tabIndex={0}
          aria-label="Race control, newest first"
          className={`max-h-80 overflow-y-auto ${short ? "wall:max-h-[22rem]" : "wall:max-h-none"}`}
        >
          {told.map((message) => (
            <li
              key={`${message.at} ${message.message}`}
              className="flex gap-2 border-t border-line py-1 first:border-t-0"
            >
              <span aria-hidden className="w-1 shrink-0" style={{ background: flagColor(message) }} />
              <span className="label w-12 shrink-0 pt-px">{message.lap === null ? "" : `Lap ${message.lap}`}</span>
              <span className="condensed min-w-0">{message.message}</span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
