/** An entry of a legend: a stroke as the chart draws it, and what it stands for. */

export function Key({ color, dash, children }: { color: string; dash?: readonly number[]; children: string }) {
  return (
    <span className="label inline-flex items-center gap-1.5">
      <svg aria-hidden width="22" height="6">
        <line x1="0" x2="22" y1="3" y2="3" stroke={color} strokeWidth="2.5" strokeDasharray={dash?.join(" ")} />
      </svg>
      {children}
    </span>
  );
}

/** The same for an area. */
export function Swatch({ color, opacity = 1, children }: { color: string; opacity?: number; children: string }) {
  return (
    <span className="label inline-flex items-center gap-1.5">
      <svg aria-hidden width="12" height="12">
        <rect width="12" height="12" fill={color} opacity={opacity} stroke="var(--c-strong)" />
      </svg>
      {children}
    </span>
  );
}
