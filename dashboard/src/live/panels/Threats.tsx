/** What rivals may do, what it would cost, and the answer to it. */

import { percent } from "@/ui/format";
import { Panel } from "@/ui/Panel";
import type { Call } from "../data/types";

const KINDS: Record<string, string> = { double_stack: "double stack" };

export function Threats({ call }: { call: Call | undefined }) {
  if (!call) return null;
  if (call.threats.length === 0) {
    return (
      <Panel title="Threats">
        <p className="text-dim">No rival's move is likely enough to name.</p>
      </Panel>
    );
  }
  return (
    <Panel title="Threats">
      <ul className="grid gap-2">
        {call.threats.map((threat) => (
          <li
            key={`${threat.driver_id} ${threat.kind}`}
            className="grid grid-cols-[3rem_6.5rem_3rem_1fr] items-baseline gap-x-2"
            title={threat.rests_on}
          >
            <span className="wide font-semibold">{threat.driver_id}</span>
            <span>{KINDS[threat.kind] ?? threat.kind}</span>
            <span className={`text-right font-semibold ${threat.probability >= 0.2 ? "text-warn" : ""}`}>
              {percent(threat.probability)}
            </span>
            <span className="text-dim">
              {cost(threat.loss_points)}; {threat.answer}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export function cost(points: number): string {
  return points < 0.05 ? "Costs nothing to speak of" : `Costs ${points.toFixed(1)} points`;
}
