/** Cars side by side in figures: grid, finish, stops, laps led, pace. */

import { lapTime, NONE } from "@/ui/format";
import { Scroll } from "@/ui/Scroll";
import { TireBadge } from "@/ui/tires";
import { type Car, ledLaps, pace, type Race } from "./race";

export function Figures({ race, picked }: { race: Race; picked: readonly string[] }) {
  const cars = picked.length > 0 ? race.cars.filter((car) => picked.includes(car.driver)) : race.cars;
  return (
    <Scroll label={`Figures of the cars, ${race.summary.name ?? race.summary.race_id} ${race.summary.season}`}>
      <table className="w-full min-w-[38rem]">
        <caption className="pb-1 text-left font-semibold">{picked.length > 0 ? "The cars picked" : "Result"}</caption>
        <thead>
          <tr className="label border-b border-line text-left">
            {["Place", "Driver", "Team", "Grid", "Laps", "Led", "Median green lap", "Stops", "Points", "Ended"].map(
              (name) => (
                <th key={name} scope="col" className="py-1 pr-3 font-normal">
                  {name}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {cars.map((car) => (
            <Row key={car.driver} car={car} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Row({ car }: { car: Car }) {
  const { median, laps } = pace(car);
  return (
    <tr className="border-b border-line">
      <td className="py-0.5 pr-3 font-semibold">{car.position ?? NONE}</td>
      <th scope="row" className="pr-3 text-left font-semibold whitespace-nowrap">
        <span aria-hidden className="mr-1.5 inline-block h-3 w-1" style={{ background: car.color }} />
        {car.name}
      </th>
      <td className="pr-3 whitespace-nowrap text-dim">{car.team ?? NONE}</td>
      <td className="pr-3">{car.grid === 0 ? "pit" : (car.grid ?? NONE)}</td>
      <td className="pr-3">{car.completed}</td>
      <td className="pr-3">{ledLaps(car) || ""}</td>
      <td className="pr-3 whitespace-nowrap">
        {lapTime(median)} <span className="text-faint">of {laps}</span>
      </td>
      <td className="pr-3 whitespace-nowrap">
        {car.stops.map((stop) => (
          <span key={stop.lap} className="mr-2 inline-flex items-center gap-1">
            {stop.lap}
            <TireBadge compound={stop.compound} size={16} />
          </span>
        ))}
        {car.changes.map((change) => (
          <span key={change.lap} className="mr-2 inline-flex items-center gap-1 text-faint">
            {change.lap} no stop
            <TireBadge compound={change.compound} size={16} />
          </span>
        ))}
      </td>
      <td className="pr-3">{car.points || ""}</td>
      <td className="whitespace-nowrap text-dim">{car.status ?? NONE}</td>
    </tr>
  );
}
