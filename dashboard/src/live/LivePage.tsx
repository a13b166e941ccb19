/** The race as it stands now: which one, and where none is, how one comes to be. */
"use client";

import { useEffect } from "react";
import { useGet } from "@/api/client";
import { useUrlState } from "@/state/url";
import { Empty, Loading, Problem } from "@/ui/states";
import { RaceView } from "./RaceView";

const LOOK_MS = 10_000;

export function LivePage() {
  const [raceId, setRaceId] = useUrlState("race");
  const { data: races, error, mutate } = useGet("/live", {}, { refreshInterval: LOOK_MS });
  const first = races?.[0]?.race_id;
  useEffect(() => {
    if (raceId === "" && first) setRaceId(first);
  }, [raceId, first, setRaceId]);

  if (raceId !== "") return <RaceView key={raceId} raceId={raceId} races={races ?? []} choose={setRaceId} />;
  if (error) return <Problem error={error} retry={() => mutate()} />;
  if (!races || first) return <Loading label="Looking for a race" />;
  return (
    <Empty title="No race is running">
      <p>This page opens by itself when the first message of one comes in. To tell a recorded race again:</p>
      <pre className="overflow-x-auto border border-line bg-panel px-3 py-2 font-mono text-text">
        python -m tools.replay --year 2023 --round 1 --speed 20
      </pre>
    </Empty>
  );
}
