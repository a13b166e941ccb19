/** Whether recent races are still like those trained on: verdicts with reasons, features, rates of events. */

import type { Schemas } from "@/api/client";
import { Scroll } from "@/ui/Scroll";
import { figure } from "./scorecard";

type Report = NonNullable<Schemas["DriftReport"]>;

const COLORS: Record<string, string> = { fine: "text-good", watch: "text-warn", retrain: "text-bad" };

export function Drift({ report }: { report: Report | null }) {
  if (!report) {
    return (
      <p className="max-w-[70ch] text-dim">
        No drift report is there yet. Training writes one when a race later than the bundle's own data has come in.
      </p>
    );
  }
  const features = report.models.flatMap((model) =>
    model.features.map((feature) => ({ model: model.name, ...feature })),
  );
  return (
    <div className="grid gap-4">
      <p>
        <Verdict of={report.verdict} /> on {report.races.length} {report.races.length === 1 ? "race" : "races"},{" "}
        {report.races[0]} to {report.races[report.races.length - 1]}, for bundle <code>{report.model_version}</code>
        {report.training_started && "; training was started"}. {report.generated_at.slice(0, 10)}
      </p>
      <ul className="grid gap-1.5">
        {report.models.map((model) => (
          <li key={model.name} className="grid gap-x-3 sm:grid-cols-[14rem_minmax(0,1fr)]">
            <span>
              <Verdict of={model.verdict} /> <span className="font-semibold">{model.name.replaceAll("_", " ")}</span>
            </span>
            <span className="text-dim">
              {model.reasons.length > 0 ? model.reasons.join("; ") : "within what windows of the reference do"}
              {model.residual &&
                `; error ${figure(model.residual.mean, 3)}, expected ${figure(model.residual.low, 3)} to ${figure(model.residual.high, 3)}`}
            </span>
          </li>
        ))}
      </ul>
      {features.length > 0 && (
        <Scroll label="Features">
          <table className="w-full min-w-[34rem]">
            <caption className="label pb-1 text-left">
              Distances of features from the reference, and the limits that 95 of 100 windows keep within. PSI:
              population stability index; KS: Kolmogorov-Smirnov.
            </caption>
            <thead>
              <tr className="label border-b border-line text-left">
                {["Model", "Feature", "PSI", "limit", "KS", "limit", "Verdict"].map((name, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: two columns are called alike
                  <th key={index} scope="col" className="py-1 pr-3 font-normal">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {features.map((row) => (
                <tr key={`${row.model} ${row.name}`} className="border-b border-line">
                  <td className="pr-3">{row.model.replaceAll("_", " ")}</td>
                  <td className="pr-3">{row.name.replaceAll("_", " ")}</td>
                  <td className="pr-3 font-semibold">{figure(row.psi, 3)}</td>
                  <td className="pr-3 text-dim">{figure(row.psi_limit, 3)}</td>
                  <td className="pr-3 font-semibold">{figure(row.ks, 3)}</td>
                  <td className="pr-3 text-dim">{figure(row.ks_limit, 3)}</td>
                  <td>
                    <Verdict of={row.verdict} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {report.events.length > 0 && (
        <ul className="grid gap-0.5">
          {report.events.map((rate) => (
            <li key={rate.name}>
              <Verdict of={rate.verdict} /> {rate.name.replaceAll("_", " ")}: {figure(rate.observed, 2)} a race,
              expected {figure(rate.expected, 2)} (90%: {figure(rate.low, 2)} to {figure(rate.high, 2)})
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Verdict({ of }: { of: string }) {
  return <strong className={COLORS[of] ?? "text-dim"}>{of}</strong>;
}
