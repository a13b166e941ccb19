/** Pause and speed of a replay, with keys: space, left and right arrow. */
"use client";

import { useEffect } from "react";
import { type Replay, SPEEDS, step } from "./useReplay";

const TYPING = "input, select, textarea, [contenteditable], [role=slider]";

export function ReplayControls({ replay }: { replay: Replay }) {
  const { status, change } = replay;
  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      if (!status || event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target as HTMLElement;
      if (target.closest(TYPING) || (event.key === " " && target.closest("button, a, summary"))) return;
      if (event.key === " ") change({ paused: !status.paused });
      else if (event.key === "ArrowRight") change({ speed: step(status.speed, 1) });
      else if (event.key === "ArrowLeft") change({ speed: step(status.speed, -1) });
      else return;
      event.preventDefault();
    }
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [status, change]);
  if (!status) return null;
  const speeds = [...new Set([...SPEEDS, status.speed])].sort((a, b) => a - b);
  return (
    <fieldset className="flex items-center gap-1" aria-label="Replay">
      <button
        type="button"
        className="control w-20"
        title="Space"
        aria-keyshortcuts="Space"
        onClick={() => change({ paused: !status.paused })}
      >
        {status.paused ? "Play" : "Pause"}
      </button>
      <button
        type="button"
        className="control"
        aria-label="Slower"
        title="Left arrow"
        disabled={status.speed <= 0.5}
        onClick={() => change({ speed: step(status.speed, -1) })}
      >
        −
      </button>
      <label>
        <span className="sr-only">Replay speed</span>
        <select
          className="control"
          value={status.speed}
          onChange={(event) => change({ speed: Number(event.target.value) })}
        >
          {speeds.map((speed) => (
            <option key={speed} value={speed}>
              {speed}×
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        className="control"
        aria-label="Faster"
        title="Right arrow"
        disabled={status.speed >= 60}
        onClick={() => change({ speed: step(status.speed, 1) })}
      >
        +
      </button>
    </fieldset>
  );
}
