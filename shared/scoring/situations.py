"""Moments of past races at which the product is asked, each with what came of it.

``Situation.state`` and ``Situation.request`` are made from laps up to the moment alone: what a timing screen shows when
the cars complete the lap. ``Situation.truth`` knows the future and is for the scores. One convention of the
contract looks ahead by a lap at most: a gap is taken at each car's own line on that lap, so a car a lap or more down is
listed with the lap it completes after the leader has, and not at all if it retires before that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from shared.race import rules
from shared.race.state import CarState, LapRecord, RaceState
from shared.race.vocabulary import DRY_COMPOUNDS, Compound, TrackStatus, track_status_of_digits
from shared.scoring.truth import RaceTruth, race_truth

FRACTIONS = (0.0, 0.25, 0.5, 0.75)
"""Shares of the scheduled distance at which questions are asked; 0 stands for the end of lap 1."""
RECENT_LAPS = 10
MAX_GAP = 7_200.0
START_FUEL = {2018: 105.0, 2019: 110.0}
"""Fuel allowed for a race, kg, from the season on (FIA Technical Regulations); a client that knows no better burns it
evenly."""
SHORTEST_RACE = 0.15
"""Races that ran less of their distance than this (Belgium 2021, laps behind the safety car alone) are left out."""
NO_STATUS = ("GREEN", "YELLOW")


class FramesLike(Protocol):
    """What is needed of ``shared.features.frames.Frames``."""

    @property
    def laps(self) -> pd.DataFrame: ...
    @property
    def results(self) -> pd.DataFrame: ...


@dataclass(frozen=True, slots=True)
class Truth:
    """What came of a situation; C cars in the order of ``state.cars``.

    place i64[C]: place at the flag among these cars, from 1. retired bool[C]. next_stop i64[C]: in-lap of the
    next tire stop, 0 for none. next_green bool[C]: that stop was made under green or yellow. next_compound: name or
    None. stops i64[C]: stops from now to the flag. grid f64[C]: grid place (pit lane last), for the baseline.
    race: the race's own truth.
    """

    place: npt.NDArray[np.int64]
    retired: npt.NDArray[np.bool_]
    next_stop: npt.NDArray[np.int64]
    next_green: npt.NDArray[np.bool_]
    next_compound: tuple[str | None, ...]
    stops: npt.NDArray[np.int64]
    grid: npt.NDArray[np.float64]
    race: RaceTruth


@dataclass(frozen=True, slots=True)
class Situation:
    """A race at the end of one lap. ``fraction``: the share of the distance it stands for."""

    race_id: str
    season: int
    fraction: float
    state: RaceState
    truth: Truth

    def request(self, ego: int, n_scenarios: int | None = None, seed: int = 0) -> dict[str, Any]:
        """The body of ``POST /recommend`` that a client would send for car ``ego`` of ``state.cars``."""
        return request_body(self.state, ego, n_scenarios, seed)


def situations(
    frames: FramesLike, fractions: Sequence[float] = FRACTIONS, seasons: Sequence[int] | None = None
) -> list[Situation]:
    """Every moment asked about, in order of race and lap; moments that a shortened race never reached,
    and laps that nobody recorded, are left out."""
    return list(iterate(frames, fractions, seasons))


def iterate(
    frames: FramesLike, fractions: Sequence[float] = FRACTIONS, seasons: Sequence[int] | None = None
) -> Iterator[Situation]:
    """``situations`` one at a time."""
    chosen = frames.laps if seasons is None else frames.laps[frames.laps["season"].isin(list(seasons))]
    results = dict(tuple(frames.results.groupby("race_id")))
    for race_id, laps in chosen.groupby("race_id", sort=True):
        result = results.get(race_id, frames.results.iloc[:0])
        completed = completed_laps(laps)
        total = int(laps["total_laps"].iloc[0])
        laps_run = int(completed["lap"].max())
        if laps_run < SHORTEST_RACE * total:
            continue
        race = race_truth(completed, result)
        for fraction in fractions:
            lap = max(1, round(fraction * total))
            if lap < laps_run and (completed["lap"] == lap).any():
                state = state_at(completed[completed["lap"] <= lap], lap)
                truth = _truth(state, completed, result, race)
                yield Situation(str(race_id), state.season, fraction, state, truth)


def completed_laps(laps: pd.DataFrame) -> pd.DataFrame:
    """Rows of laps that ended at the line: the timing service also keeps the lap on which a car stopped, with no
    position."""
    position = laps.get("position_raw", laps["position"])
    final = laps["lap"] == laps.groupby("driver_id")["lap"].transform("max")
    return laps[~(final & position.isna())]


def state_at(known: pd.DataFrame, lap: int) -> RaceState:
    """The race at the end of ``lap`` from the completed laps known by then (one race, no lap after ``lap``)."""
    if known["lap"].max() > lap:
        raise ValueError(f"laps up to {known['lap'].max()} given for a question on lap {lap}")
    history: dict[str, list[_Row]] = {}
    for row in sorted(_rows(known), key=lambda r: r.lap):
        history.setdefault(row.driver_id, []).append(row)
    now = sorted((rows for rows in history.values() if rows[-1].lap == lap), key=lambda rows: rows[-1].elapsed)
    head = now[0][-1]
    names = [rows[-1].compound for rows in now if isinstance(rows[-1].compound, str)]
    usual = Compound[max(sorted(set(names)), key=names.count)] if names else Compound.MEDIUM
    return RaceState(
        season=head.season,
        circuit_id=head.circuit_id,
        lap=lap,
        total_laps=head.total_laps,
        track_status=status_now(head.status_digits),
        cars=tuple(
            _car(rows, place, min(rows[-1].elapsed - head.elapsed, MAX_GAP), usual) for place, rows in enumerate(now, 1)
        ),
        min_stops=rules.min_stops(head.season, head.circuit_id),
        max_stint_laps=rules.max_stint_laps(head.season, head.circuit_id),
    )


class _Row(NamedTuple):
    """One lap row; names as in ``Frames.laps``. Missing values are None or NaN."""

    driver_id: str
    team: str | None
    season: int
    circuit_id: str
    total_laps: int
    lap: int
    lap_time: float
    elapsed: float
    compound: str | None
    tire_age: float
    status_digits: str | None
    pit_in: bool
    pit_out: bool
    pit_stops: int


def _rows(laps: pd.DataFrame) -> Iterator[_Row]:
    return map(_Row._make, zip(*(laps[name].tolist() for name in _Row._fields), strict=True))


def status_now(digits: object) -> TrackStatus:
    """Status at the end of a lap: the last of the digits, which are in order of time."""
    text = digits if isinstance(digits, str) else ""
    return track_status_of_digits(text[-1:] or None)


def _car(rows: list[_Row], place: int, gap: float, usual: Compound) -> CarState:
    """A car from its completed laps up to now, in order."""
    last = rows[-1]
    compounds = [Compound[row.compound] for row in rows if isinstance(row.compound, str)]
    fitted = compounds[-1] if compounds else usual
    return CarState(
        driver_id=last.driver_id,
        team=last.team if isinstance(last.team, str) else None,
        position=place,
        gap_to_leader=round(gap, 3),
        compound=fitted,
        tire_age=int(last.tire_age) if last.tire_age >= 0 else _laps_since_stop(rows),
        compounds_used=tuple(dict.fromkeys([*compounds, fitted])),
        pit_stops=last.pit_stops,
        in_pit=bool(last.pit_in),
        recent_laps=tuple(_record(row) for row in rows[-RECENT_LAPS:]),
    )


def _record(row: _Row) -> LapRecord:
    return LapRecord(
        lap=row.lap,
        lap_time=round(row.lap_time, 3) if row.lap_time > 0 else None,
        compound=Compound[row.compound] if isinstance(row.compound, str) else None,
        tire_age=int(row.tire_age) if row.tire_age >= 0 else None,
        track_status=track_status_of_digits(row.status_digits if isinstance(row.status_digits, str) else None),
        pit_in=bool(row.pit_in),
        pit_out=bool(row.pit_out),
    )


def _laps_since_stop(rows: list[_Row]) -> int:
    """Age of a set whose age the data do not give: laps since the last stop."""
    last = rows[-1].lap
    return last - max((row.lap for row in rows[:-1] if row.pit_in), default=0)


def _truth(state: RaceState, laps: pd.DataFrame, result: pd.DataFrame, race: RaceTruth) -> Truth:
    drivers = [car.driver_id for car in state.cars]
    rank = {driver: i for i, driver in enumerate(race.order)}
    ranks = np.array([rank[d] for d in drivers])
    later = race.stops[race.stops["lap"] > state.lap].sort_values("lap")
    first = later.drop_duplicates("driver_id").set_index("driver_id").reindex(drivers)
    grid = result.set_index("driver_id")["grid"].reindex(drivers).to_numpy(dtype=float)
    count = later.groupby("driver_id").size().reindex(drivers, fill_value=0)
    return Truth(
        place=ranks.argsort().argsort() + 1,
        retired=np.array([d in race.retired for d in drivers]),
        next_stop=first["lap"].fillna(0).to_numpy(dtype=np.int64),
        next_green=first["track_status"].isin(NO_STATUS).to_numpy(dtype=bool),
        next_compound=tuple(c if isinstance(c, str) else None for c in first["compound"]),
        stops=np.asarray(count, dtype=np.int64),
        grid=np.where(np.isfinite(grid) & (grid > 0), grid, 99.0),
        race=race,
    )


def fuel_left(state: RaceState) -> float:
    """Fuel that a client would give who knows the rules alone: a full allowance, burnt evenly, kg."""
    start = START_FUEL[max(s for s in START_FUEL if s <= max(state.season, min(START_FUEL)))]
    return round(start * (1 - state.lap / state.total_laps), 1)


def request_body(state: RaceState, ego: int, n_scenarios: int | None = None, seed: int = 0) -> dict[str, Any]:
    """The JSON body of ``POST /recommend`` for car ``ego``, with the whole field and its recent laps."""
    car = state.cars[ego]
    body: dict[str, Any] = {
        "driver_id": car.driver_id,
        "circuit_id": state.circuit_id,
        "lap": state.lap,
        "position": car.position,
        "tire_age": car.tire_age,
        "tire_compound": car.compound.name,
        "fuel_remaining": fuel_left(state),
        "gap_to_leader": car.gap_to_leader,
        "season": state.season,
        "total_laps": state.total_laps,
        "track_status": state.track_status.name,
        "compounds_used": [c.name for c in car.compounds_used],
        "pit_stops": car.pit_stops,
        "seed": seed,
        "field": [_field_entry(c) for c in state.cars],
    }
    if n_scenarios is not None:
        body["n_scenarios"] = n_scenarios
    return body


def _field_entry(car: CarState) -> dict[str, Any]:
    return {
        "driver_id": car.driver_id,
        "team": car.team,
        "position": car.position,
        "gap_to_leader": car.gap_to_leader,
        "tire_compound": car.compound.name,
        "tire_age": car.tire_age,
        "compounds_used": [c.name for c in car.compounds_used],
        "pit_stops": car.pit_stops,
        "in_pit": car.in_pit,
        "time_penalty": car.time_penalty,
        "recent_laps": [
            {
                "lap": r.lap,
                "lap_time": r.lap_time,
                "tire_compound": r.compound.name if r.compound is not None else None,
                "tire_age": r.tire_age,
                "track_status": r.track_status.name,
                "pit_in": r.pit_in,
                "pit_out": r.pit_out,
            }
            for r in car.recent_laps
        ],
    }


def is_dry(state: RaceState) -> bool:
    """Whether no car has used a wet-weather tire so far."""
    return all(c in DRY_COMPOUNDS for car in state.cars for c in car.compounds_used)
