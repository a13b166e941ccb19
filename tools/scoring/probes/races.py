"""A recorded race that can be asked about on any lap, and replayed with its own events given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from shared.models.recorded import RecordedRace, race_status, recorded_races
from shared.race.state import RaceState, Stop
from shared.race.vocabulary import Compound, TrackStatus
from shared.scoring.situations import SHORTEST_RACE, FramesLike, completed_laps, state_at
from shared.scoring.truth import RaceTruth, race_truth
from shared.simulation.params import RaceParams
from shared.simulation.script import scripted


@dataclass(frozen=True, slots=True, eq=False)
class PastRace:
    """One race: its completed laps, its results, what came of it, and its laps as a grid."""

    race_id: str
    season: int
    laps: pd.DataFrame
    results: pd.DataFrame
    truth: RaceTruth
    grid: RecordedRace

    def state(self, lap: int) -> RaceState:
        """What is known at the end of ``lap``."""
        return state_at(self.laps[self.laps["lap"] <= lap], lap)

    def recorded(self, lap: int) -> bool:
        """Whether anybody is recorded to have completed ``lap``."""
        return bool((self.laps["lap"] == lap).any())

    @property
    def labels(self) -> dict[str, object]:
        """What every row of a probe says of its race."""
        return {
            "race_id": self.race_id,
            "season": self.season,
            "circuit_id": self.grid.circuit_id,
            "wet": self.truth.wet,
            "safety_car": self.truth.safety_car,
        }


def past_races(frames: FramesLike, seasons: Sequence[int], only: Sequence[str] = ()) -> Iterator[PastRace]:
    """The races of ``seasons`` (``only`` these, if given) that ran enough of their distance to be asked about."""
    results = dict(tuple(frames.results.groupby("race_id")))
    laps = frames.laps[frames.laps["season"].isin(list(seasons))]
    if only:
        laps = laps[laps["race_id"].isin(list(only))]
    for race_id, rows in laps.groupby("race_id", sort=True):
        completed = completed_laps(rows)
        (grid,) = recorded_races(completed)
        result = results.get(race_id, frames.results.iloc[:0])
        if grid.laps_run >= SHORTEST_RACE * grid.total_laps:
            yield PastRace(str(race_id), grid.season, completed, result, race_truth(completed, result), grid)


def status_by_lap(race: PastRace) -> list[int]:
    """Track status of laps 1, 2, ... as most running cars met it."""
    return [int(s) for s in race_status(race.grid)]


def wetness_by_lap(race: PastRace) -> list[int]:
    """0, 1 or 2 for laps 1, 2, ...: dry, or the wet-weather tire that most of the running cars are on."""
    grid = race.grid.grid
    out = []
    for j in range(race.grid.laps_run):
        fitted = grid.compound[grid.ran[:, j] & (grid.compound[:, j] >= 0), j]
        wet = fitted[fitted >= Compound.INTERMEDIATE] - Compound.MEDIUM - 1
        out.append(round(float(wet.mean())) if 2 * len(wet) > len(fitted) else 0)
    return out


def stops_after(race: PastRace, driver: str, lap: int) -> list[Stop]:
    """The tire changes that a driver made after ``lap``, those under a red flag included, in order."""
    own = race.truth.stops[(race.truth.stops["driver_id"] == driver) & (race.truth.stops["lap"] > lap)]
    found = {int(n): _compound(c) for n, c in zip(own["lap"], own["compound"], strict=True)}
    found |= {stop.lap: stop.compound for stop in _red_changes(race, driver, lap)}
    return [Stop(n, found[n]) for n in sorted(found)]


def _compound(name: object) -> Compound:
    return Compound[name] if isinstance(name, str) else Compound.HARD


def _red_changes(race: PastRace, driver: str, after: int) -> Iterator[Stop]:
    """Sets that are new on the lap after a red one: changed while the race stood."""
    grid, i = race.grid.grid, race.grid.drivers.index(driver)
    status = race_status(race.grid)
    for j in np.flatnonzero(status == TrackStatus.RED):
        if j + 1 < grid.ran.shape[1] and grid.ran[i, j] and grid.ran[i, j + 1] and j + 1 > after:
            before, now = grid.compound[i, j], grid.compound[i, j + 1]
            if now >= 0 and (now != before or grid.age[i, j + 1] <= grid.age[i, j]):
                yield Stop(int(j) + 1, Compound(int(now)))


def retires_on(race: PastRace, driver: str) -> int | None:
    """The lap that a driver began and did not complete; None for one who reached the flag."""
    last = race.truth.laps[driver]
    return last + 1 if driver in race.truth.retired and last < race.grid.laps_run else None


def replayed(race: PastRace, state: RaceState, params: RaceParams) -> RaceParams:
    """Params of the race from ``state`` on with its real stops, track status, weather and retirements given."""
    return scripted(
        params,
        [stops_after(race, car.driver_id, state.lap) for car in state.cars],
        status_by_lap(race),
        wetness_by_lap(race),
        [retires_on(race, car.driver_id) for car in state.cars],
    )
