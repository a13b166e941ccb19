/** Who drives how: a scatter of all profiles, two of them compared, and the table of all. */
"use client";

import { useMemo } from "react";
import { useGet } from "@/api/client";
import { setUrl, useUrlState } from "@/state/url";
import { Select, TextField } from "@/ui/fields";
import { PageHead } from "@/ui/PageHead";
import { Panel } from "@/ui/Panel";
import { Empty, Loading, Problem } from "@/ui/states";
import { Compare } from "./Compare";
import { ProfileTable } from "./ProfileTable";
import { ERAS, filtered, inEra, type Order, sorted, TRAITS, teamName, teamsOf } from "./profiles";
import { Scatter } from "./Scatter";

export function DriversPage() {
  const { data, error, mutate } = useGet("/driver-profiles");
  const [era, setEra] = useUrlState("era", "2022");
  const [team, setTeam] = useUrlState("team");
  const [query, setQuery] = useUrlState("q");
  const [order, setOrder] = useUrlState("sort", "aggression");
  const [a] = useUrlState("a");
  const [b] = useUrlState("b");
  const teams = useMemo(() => teamsOf((data ?? []).filter((profile) => inEra(profile, era))), [data, era]);
  const shown = useMemo(
    () => sorted(filtered(data ?? [], { era, team, query }), order as Order),
    [data, era, team, query, order],
  );
  if (error && !data) return <Problem error={error} retry={() => mutate()} />;
  if (!data) return <Loading label="Asking for the drivers' profiles" rows={10} />;
  if (data.length === 0) {
    return (
      <Empty title="The bundle that serves holds no driver profiles">
        <p>Profiles are fitted by training on recorded results and laps; one trained on simulated races has none.</p>
      </Empty>
    );
  }
  const find = (driverId: string) => data.find((profile) => profile.driver_id === driverId);
  const choose = (slot: "a" | "b", driverId: string) => {
    const other = slot === "a" ? b : a;
    setUrl({
      [slot]: (slot === "a" ? a : b) === driverId ? null : driverId,
      ...(other === driverId && { [slot === "a" ? "b" : "a"]: null }),
    });
  };
  const pick = (driverId: string) => {
    if (driverId === a || driverId === b) setUrl({ [driverId === a ? "a" : "b"]: null });
    else setUrl({ [a === "" ? "a" : "b"]: driverId });
  };
  return (
    <>
      <PageHead title="Drivers" aside={`${shown.length} of ${data.length} drivers since 1950`}>
        <Select
          label="Drove in"
          value={era}
          options={[...ERAS.map(({ id, label }) => ({ value: id, label })), { value: "all", label: "All eras" }]}
          onChange={(value) => setUrl({ era: value === "2022" ? null : value, team: null })}
        />
        <Select
          label="For"
          value={team}
          options={[{ value: "", label: "Any team" }, ...teams.map((id) => ({ value: id, label: teamName(id) }))]}
          onChange={setTeam}
        />
        <TextField label="Name" type="search" value={query} placeholder="Search" onChange={setQuery} />
        {(era !== "2022" || team || query) && (
          <button
            type="button"
            className="control"
            onClick={() => {
              setEra(null);
              setUrl({ team: null, q: null });
            }}
          >
            Clear filters
          </button>
        )}
      </PageHead>
      {shown.length === 0 ? (
        <Empty part title="No driver fits these filters">
          <p>Another era, any team, or fewer letters of the name.</p>
        </Empty>
      ) : (
        <div className="grid gap-px bg-line lg:grid-cols-[minmax(0,7fr)_minmax(0,5fr)]">
          <h2 className="sr-only">Comparison</h2>
          <Panel>
            <Scatter profiles={shown} a={a} b={b} pick={pick} />
          </Panel>
          <Panel>
            <Compare a={find(a)} b={find(b)} />
          </Panel>
          <div className="min-w-0 bg-panel px-4 py-3 lg:col-span-2">
            <h2 className="mb-1 font-semibold">All measures</h2>
            <p className="label mb-2 max-w-[90ch]">
              {TRAITS.map(({ label, meaning }) => `${label}: ${meaning}`).join("; ")}. A measure is over the whole
              career, whatever era is chosen here.
            </p>
            <ProfileTable profiles={shown} order={order as Order} sortBy={setOrder} a={a} b={b} choose={choose} />
          </div>
        </div>
      )}
    </>
  );
}
