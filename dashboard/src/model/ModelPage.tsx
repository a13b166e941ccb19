/** How far to trust an answer: the scorecard with baselines, reliability, the models one by one, and drift. */
"use client";

import { useGet } from "@/api/client";
import { useUrlState } from "@/state/url";
import { PageHead } from "@/ui/PageHead";
import { Panel } from "@/ui/Panel";
import { Loading, Notice, Problem } from "@/ui/states";
import { Cards } from "./Cards";
import { fromPhysics } from "./cards";
import { Drift } from "./Drift";
import { Reliability } from "./Reliability";
import { Goals, Places, Stops } from "./Scores";
import { Skill } from "./Skill";
import { distanceName, distances, questions, type Scorecard } from "./scorecard";

export function ModelPage() {
  const model = useGet("/model");
  const judged = useGet("/model/scorecard");
  const drift = useGet("/model/drift");
  const cards = useGet("/model/cards");
  if (model.error && !model.data) return <Problem error={model.error} retry={() => model.mutate()} />;
  if (!model.data) return <Loading label="Asking for the models that serve" rows={10} />;
  const { version, created_at, synthetic, data, models } = model.data;
  const told = cards.data ?? [];
  const physics = models.filter((report) =>
    fromPhysics(
      report,
      told.find((card) => card.name === report.name),
    ),
  );
  return (
    <>
      <PageHead
        title="Model"
        aside={`Bundle ${version}, made ${created_at.slice(0, 10)} from ${data.races} races until ${data.until}`}
      />
      {synthetic && (
        <Notice kind="bad">This bundle was trained on simulated races. Its figures say nothing of real ones.</Notice>
      )}
      <div className="grid gap-px bg-line">
        {judged.error && !judged.data ? (
          <Problem error={judged.error} retry={() => judged.mutate()} />
        ) : !judged.data ? (
          <div className="bg-panel">
            <Loading label="Asking for the scorecard" rows={6} />
          </div>
        ) : judged.data.scorecard ? (
          <Judged card={judged.data.scorecard} />
        ) : (
          <Panel>
            <h2 className="font-semibold">Scorecard</h2>
            <p className="text-dim">None came with this version. A backtest on recorded races writes one.</p>
          </Panel>
        )}
        <Panel>
          <h2 className="font-semibold">Models</h2>
          <p className="max-w-[80ch]">
            {physics.length > 0
              ? `Derived from physics, not from recorded values: ${physics.map((report) => report.name.replaceAll("_", " ")).join(", ")}. `
              : "None of these has a target derived from physics. "}
            Nobody outside a team records fuel, brake bias or throttle targets: what stands in for them follows from
            physics, learned from telemetry where there is any, and each answer says so under <code>basis</code>.
          </p>
        </Panel>
        <Cards reports={models} cards={told} />
        <Panel>
          <h2 className="mb-1 font-semibold">Drift</h2>
          {drift.error && !drift.data ? (
            <Problem error={drift.error} retry={() => drift.mutate()} />
          ) : drift.data ? (
            <Drift report={drift.data.drift} />
          ) : (
            <Loading label="Asking for drift" rows={2} />
          )}
        </Panel>
      </div>
    </>
  );
}

function Judged({ card }: { card: Scorecard }) {
  const all = distances(card);
  const [at, setAt] = useUrlState("at", all.includes("0.5") ? "0.5" : all[0]);
  const distance = all.includes(at) ? at : (all[0] ?? "");
  const seasons = (card.settings.seasons as number[] | undefined) ?? [];
  const calibration = card.calibration[distance];
  const met = card.goals.filter((goal) => goal.met).length;
  return (
    <>
      <Panel>
        <div className="flex flex-wrap items-end gap-x-5 gap-y-2">
          <div>
            <h2 className="font-semibold">Scorecard</h2>
            <p className="label max-w-[80ch]">
              {card.questions} questions about {card.races} races of {seasons[0]} to {seasons[seasons.length - 1]}, each
              answered by models trained on earlier races alone. Not by the bundle above: by one of its making a season.
            </p>
          </div>
          <fieldset className="flex flex-wrap items-center gap-1.5">
            <legend className="label">Asked at, of the distance</legend>
            {all.map((key) => (
              <button
                key={key}
                type="button"
                className="control"
                aria-pressed={key === distance}
                onClick={() => setAt(key)}
              >
                {distanceName(key)}
              </button>
            ))}
          </fieldset>
        </div>
      </Panel>
      <Panel>
        <Places card={card} distance={distance} />
      </Panel>
      <div className="grid gap-px lg:grid-cols-2">
        <Panel>
          <Skill card={card} />
        </Panel>
        <Panel>
          <Stops card={card} distance={distance} />
        </Panel>
      </div>
      <Panel>
        <h2 className="font-semibold">Reliability at {distanceName(distance)}</h2>
        <p className="label mb-2 max-w-[90ch]">
          A point a tenth of the scale: its area is the number of forecasts, its bar the 90% interval of the share. On
          the dashed line what is foretold comes true as often as foretold.
          {calibration &&
            ` Calibration error ${calibration.forecast?.toFixed(4)}; a perfect forecaster would have ${calibration.perfect?.toFixed(4)}, up to ${calibration.perfect_95?.toFixed(4)} in 95 of 100 tries.`}
        </p>
        <div className="grid grid-cols-[repeat(auto-fit,minmax(min(15rem,100%),1fr))] gap-x-6 gap-y-4">
          {questions(card, distance).map(({ name, bins }) => (
            <Reliability key={name} name={name} distance={distanceName(distance)} bins={bins} />
          ))}
        </div>
      </Panel>
      <Panel>
        <details>
          <summary className="font-semibold">
            Goals set beforehand: {met} of {card.goals.length} met
          </summary>
          <Goals card={card} />
        </details>
      </Panel>
    </>
  );
}
