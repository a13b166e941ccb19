/** The race as it stands now. */
"use client";

import { useGet } from "@/api/client";
import { useUrlState } from "@/state/url";
import { gap, lapTime } from "@/ui/format";
import { Empty, Loading, Problem } from "@/ui/states";
import { TireBadge } from "@/ui/tires";

const POLL_MS = 2000;

export function LivePage() {
  const [raceId] = useUrlState("race");
  const { data, error, mutate } = useGet(
    raceId === "" ? null : "/live/{race_id}",
    { race_id: raceId },
    { refreshInterval: POLL_MS },
  );
  if (raceId === "") return <Empty title="No race chosen">Add ?race=2023_01 to the address.</Empty>;
  if (!data) return error ? <Problem error={error} retry={() => mutate()} /> : <Loading label="Asking for the race" />;
  return (
    <table>
      <caption>
        {data.name}, lap {data.lap} of {data.total_laps}
      </caption>
      <tbody>
        {data.field.map((car) => (
          <tr key={car.driver_id}>
            <td>{car.position}</td>
            <th scope="row">{car.driver_id}</th>
            <td>{gap(car.gap_to_leader)}</td>
            <td>
              <TireBadge compound={car.tire_compound} /> {car.tire_age}
            </td>
            <td>{lapTime(car.recent_laps.at(-1)?.lap_time)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
