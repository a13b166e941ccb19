/** The models of the bundle, a card each: what it is for, what counted as truth, figures beside the baseline's, limits. */

import type { Schemas } from "@/api/client";
import { type CardOf, flat, fromPhysics, type Report } from "./cards";

interface Props {
  reports: readonly Report[];
  cards: readonly CardOf[];
}

export function Cards({ reports, cards }: Props) {
  return (
    // Columns rather than rows: cards differ much in length.
    <div className="columns-[24rem] gap-px bg-panel [column-rule:1px_solid_var(--c-line)]">
      {reports.map((report) => (
        <Card key={report.name} report={report} card={cards.find((one) => one.name === report.name)} />
      ))}
    </div>
  );
}

function Card({ report, card }: { report: Report; card: CardOf | undefined }) {
  const until = card?.until ?? (report as { until?: unknown }).until;
  return (
    <article className="min-w-0 break-inside-avoid border-b border-line px-4 py-3">
      <h3 className="font-semibold">{report.name.replaceAll("_", " ")}</h3>
      {fromPhysics(report, card) && (
        <p className="mt-1 border-l-4 border-warn bg-warn-ground px-2 py-1">
          Its target is derived from physics, not recorded: the figures say how well it follows the rule.
        </p>
      )}
      {card && <p className="mt-1">{card.purpose}</p>}
      <p className="mt-1 text-dim">{report.kind}</p>
      <dl className="mt-1 grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-0.5">
        <dt className="label">Truth</dt>
        <dd>{card?.truth ?? report.truth ?? "not told"}</dd>
        {card && <dt className="label">Fitted on</dt>}
        {card && <dd>{card.data}</dd>}
        {typeof until === "string" && <dt className="label">Data until</dt>}
        {typeof until === "string" && <dd>{until}</dd>}
      </dl>
      {card && card.metrics.length > 0 ? (
        <Scores scores={card.metrics} />
      ) : (
        <Figures title="Figures" rows={flat(report.metrics)} />
      )}
      {!card?.metrics.length && <Figures title="Baseline" rows={flat(report.baseline)} />}
      {card && card.features.length > 0 && <Features card={card} />}
      {card && card.limits.length > 0 && (
        <details className="mt-2">
          <summary className="label">Limits, {card.limits.length}</summary>
          <ul className="mt-1 list-disc pl-5">
            {card.limits.map((limit) => (
              <li key={limit}>{limit}</li>
            ))}
          </ul>
        </details>
      )}
    </article>
  );
}

const compact = (value: number) => String(Number(value.toPrecision(3)));

function Scores({ scores }: { scores: readonly Schemas["CardScore"][] }) {
  return (
    <table className="mt-2 w-full">
      <thead>
        <tr className="label border-b border-line text-left">
          <th scope="col" className="font-normal">
            Figure
          </th>
          <th scope="col" className="pr-3 text-right font-normal">
            Model, 90%
          </th>
          <th scope="col" className="text-right font-normal">
            Baseline
          </th>
        </tr>
      </thead>
      <tbody>
        {scores.map((score) => (
          <tr key={score.name} className="border-b border-line align-top">
            <th scope="row" className="py-0.5 pr-2 text-left font-normal text-dim">
              {score.name.replaceAll("_", " ")}
              {score.unit && `, ${score.unit}`}
            </th>
            <td className="py-0.5 pr-3 text-right whitespace-nowrap">
              <span className="font-semibold">{compact(score.value)}</span>
              {score.low !== null && score.high !== null && (
                <span className="block text-faint">
                  {compact(score.low)} to {compact(score.high)}
                </span>
              )}
            </td>
            <td className="py-0.5 text-right">
              {score.baseline === null ? "–" : compact(score.baseline)}
              {score.baseline_name && <span className="label block">{score.baseline_name.replaceAll("_", " ")}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Features({ card }: { card: CardOf }) {
  const most = Math.max(...card.features.map((feature) => feature.importance ?? 0), 1e-12);
  const order = [...card.features].sort((a, b) => (b.importance ?? -1) - (a.importance ?? -1));
  return (
    <details className="mt-2">
      <summary className="label">Inputs, {card.features.length}</summary>
      {card.importance_of && <p className="label mt-1">Bars: {card.importance_of}</p>}
      <ul className="mt-1 grid gap-0.5">
        {order.map((feature) => (
          <li
            key={feature.name}
            className="grid grid-cols-[minmax(0,1fr)_5rem] items-center gap-x-3"
            title={`known ${feature.known_when}`}
          >
            <span className="min-w-0 break-words">{feature.name.replaceAll("_", " ")}</span>
            {feature.importance !== null && (
              <span className="flex items-center gap-1.5">
                <span
                  aria-hidden
                  className="h-2 bg-accent"
                  style={{ width: `${Math.max(2, (40 * feature.importance) / most)}px` }}
                />
                <span className="label">{compact(feature.importance)}</span>
              </span>
            )}
          </li>
        ))}
      </ul>
    </details>
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
