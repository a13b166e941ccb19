/** The models of the bundle, a card each: what it is, what counted as truth, its figures and its baseline's. */

import { flat, fromPhysics, type Report } from "./cards";

export function Cards({ reports }: { reports: readonly Report[] }) {
  return (
    <div className="grid grid-cols-[repeat(auto-fill,minmax(min(22rem,100%),1fr))] gap-px bg-line">
      {reports.map((report) => (
        <Card key={report.name} report={report} />
      ))}
    </div>
  );
}

function Card({ report }: { report: Report }) {
  const metrics = flat(report.metrics);
  const baseline = flat(report.baseline);
  const until = (report as { until?: unknown }).until;
  return (
    <article className="min-w-0 bg-panel px-4 py-3">
      <h3 className="font-semibold">{report.name.replaceAll("_", " ")}</h3>
      {fromPhysics(report) && (
        <p className="mt-1 border-l-4 border-warn bg-warn-ground px-2 py-1">
          Its target is derived from physics, not recorded: the figures say how well it follows the rule.
        </p>
      )}
      <p className="mt-1">{report.kind}</p>
      <dl className="mt-1 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-0.5">
        <dt className="label">Truth</dt>
        <dd>{report.truth ?? "not told"}</dd>
        {typeof until === "string" && (
          <>
            <dt className="label">Data until</dt>
            <dd>{until}</dd>
          </>
        )}
      </dl>
      <Figures title="Figures" rows={metrics} />
      <Figures title="Baseline" rows={baseline} />
    </article>
  );
}

function Figures({ title, rows }: { title: string; rows: readonly [string, string][] }) {
  if (rows.length === 0) return <p className="label mt-2">{title}: none</p>;
  return (
    <details className="mt-2" open={rows.length <= 6}>
      <summary className="label">
        {title}, {rows.length}
      </summary>
      <dl className="mt-1 grid grid-cols-[minmax(0,1fr)_auto] gap-x-3">
        {rows.map(([name, value]) => (
          <div key={name} className="col-span-2 grid grid-cols-subgrid border-b border-line py-0.5 last:border-0">
            <dt className="min-w-0 text-dim">{name || "value"}</dt>
            <dd className="max-w-[16rem] text-right">{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
