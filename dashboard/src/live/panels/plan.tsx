/** Plans of stops, as text and as badges. */

import { TireBadge, tire } from "@/ui/tires";

export interface Stop {
  lap: number;
  compound: string;
}

/** "lap 19 mediums, lap 38 mediums" */
export function planText(stops: readonly Stop[]): string {
  if (stops.length === 0) return "no further stop";
  return stops.map((stop) => `lap ${stop.lap} ${tire(stop.compound).plural}`).join(", ");
}

export function Plan({ stops }: { stops: readonly Stop[] }) {
  if (stops.length === 0) return <span>No further stop</span>;
  return (
    <span className="inline-flex flex-wrap items-center gap-x-4 gap-y-1">
      {stops.map((stop) => (
        <span key={stop.lap} className="inline-flex items-center gap-1.5">
          <span className="text-dim">Lap</span>
          <span className="font-semibold">{stop.lap}</span>
          <TireBadge compound={stop.compound} />
        </span>
      ))}
    </span>
  );
}
