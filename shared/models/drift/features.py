"""What is watched of a race: values that the models rest on, computed alike for the races trained on and for new ones.

A value is a clean lap, a stint, a car's race or a race; most laps of one race go together, which is why everything that
judges them draws whole races.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from shared.models.grid import REFERENCE_LAP, FloatArray, LapGrid, base_lap, gap_ahead, usable
from shared.models.pace.ratings import RacePace, Ratings
from shared.models.recorded import RecordedRace
from shared.models.tires.examples import sets
from shared.models.tires.features import clean
from shared.race.teams import team_line
from shared.race.vocabulary import Compound, TrackStatus

FEATURES = {
    "base_lap_change": "quick lap of a dry race against the visit before, percent",
    "pace_surprise": "a car's pace in the race less its rating before it, s a lap, without sign",
    "relative_pace": "clean lap less the field's median on that lap, s on the reference lap",
    "lap_noise": "change of that from lap to lap, s, without sign",
    "gap_ahead": "gap to the car ahead at the line in green running, s, at most 30",
    "loss_in_traffic": "clean lap begun within 1.5 s of the car ahead, less the car's own usual, s",
    "tire_age": "laps on the set in green dry running",
    "compound": "compound of every lap",
    "wear": "slope of a stint over tire age against the field, s a lap",
    "stint_share": "length of a stint that a stop ended, as a share of the distance",
}
"""What is watched, and what it is."""
MODELS: dict[str, tuple[str, ...]] = {
    "pace": ("base_lap_change", "pace_surprise", "relative_pace", "lap_noise"),
    "tire_degradation": ("tire_age", "compound", "wear", "lap_noise"),
    "next_stop": ("tire_age", "compound", "stint_share", "gap_ahead"),
    "passing": ("gap_ahead", "relative_pace", "loss_in_traffic"),
}
"""What each model rests on. ``events`` is judged by its rates alone."""
_FAR = 30.0
_CLOSE = 1.5
_LEAST_STINT = 8
_LEAST_LAPS = 3
_BURN_IN = 5
_WET_SHARE = 0.02
_OTHER_LAYOUT = 6.0
"""Percent by which a dry race's quick lap changes from one visit to the next where the track was rebuilt (2018-2024:
nine changes of 5.6 to 50%, all others below 4.1%); such a change says nothing of the cars."""


class Watched(NamedTuple):
    """What one race gives to watch: values f64[n] by feature, none where the race tells nothing."""

    race_id: str
    season: int
    values: dict[str, FloatArray]


def watched(races: Sequence[RecordedRace]) -> list[Watched]:
    """Values of every race, in order of date: what is relative to earlier races is so to those among ``races``."""
    ratings, visits, out = Ratings(), dict[str, float](), []
    for number, race in enumerate(races):
        base = base_lap(race.grid)
        values: dict[str, FloatArray] = {name: np.zeros(0) for name in FEATURES}
        if np.isfinite(base):
            values |= _laps(race.grid, base) | _stints(race, base)
            if _dry(race.grid):
                change = 100.0 * np.log(base / visits.get(race.circuit_id, base))
                if race.circuit_id in visits and abs(change) < _OTHER_LAYOUT:
                    values["base_lap_change"] = np.array([change])
                visits[race.circuit_id] = base
            pace, n = _race_pace(race.grid, base)
            teams = [team_line(team) for team in race.teams]
            if number >= _BURN_IN:
                rating = ratings.of_field(race.drivers, teams)
                known = np.isfinite(pace) & (n >= _LEAST_STINT)
                if known.any():
                    off = pace[known] - rating[known]
                    values["pace_surprise"] = np.abs(off - np.median(off))
            ratings.learn(
                RacePace(race.race_id, race.season, d, t, float(p), int(k))
                for d, t, p, k in zip(race.drivers, teams, pace, n, strict=True)
                if np.isfinite(p) and k >= _LEAST_LAPS
            )
        out.append(Watched(race.race_id, race.season, values))
    return out


def _dry(grid: LapGrid) -> bool:
    return bool((grid.compound[grid.ran] > Compound.HARD).mean() < _WET_SHARE)


def _race_pace(grid: LapGrid, base: float) -> tuple[FloatArray, FloatArray]:
    """(pace f64[C] s on the reference lap against the field's median car, laps f64[C] it rests on)."""
    told = usable(grid) & (grid.lap_time < 1.08 * base)
    y = np.where(told, grid.lap_time, np.nan) / base * REFERENCE_LAP
    few = told.sum(axis=0) < _LEAST_LAPS
    y[:, few] = np.nan
    known = np.isfinite(y)
    n = known.sum(axis=1).astype(float)
    with np.errstate(invalid="ignore"):
        off = np.where(known, y - _column_median(y), np.nan)
        pace = np.array([_middle(row) if np.isfinite(row).any() else np.nan for row in off])
    return pace - (np.nanmedian(pace) if np.isfinite(pace).any() else 0.0), n


def _middle(row: FloatArray) -> float:
    return float(np.median(row[np.isfinite(row)]))


def _laps(grid: LapGrid, base: float) -> dict[str, FloatArray]:
    told = clean(grid)
    y = np.where(told, grid.lap_time, np.nan) / base * REFERENCE_LAP
    off = y - _column_median(y)
    car = np.array([_middle(row) if np.isfinite(row).sum() >= _LEAST_LAPS else np.nan for row in off])
    rest = off - car[:, None]
    change = np.diff(off, axis=1)
    ahead = gap_ahead(grid.line)
    before = np.concatenate([np.full((len(ahead), 1), np.nan), ahead[:, :-1]], axis=1)
    green = grid.ran & (grid.status == TrackStatus.GREEN)
    dry = green & (grid.compound >= 0) & (grid.compound <= Compound.HARD)
    with np.errstate(invalid="ignore"):
        close = np.isfinite(rest) & (before < _CLOSE)
        gaps = np.minimum(ahead[green & np.isfinite(ahead) & (ahead < 99.0)], _FAR)
    return {
        "relative_pace": off[np.isfinite(off)],
        "lap_noise": np.abs(change[np.isfinite(change)]),
        "gap_ahead": gaps,
        "loss_in_traffic": rest[close],
        "tire_age": grid.age[dry & np.isfinite(grid.age)],
        "compound": grid.compound[grid.ran & (grid.compound >= 0)].astype(float),
    }


def _stints(race: RecordedRace, base: float) -> dict[str, FloatArray]:
    """Slope of lap time less the field's median over tire age, s a lap on the reference lap, and length as a share of
    the distance of the stints that a stop ended."""
    grid = race.grid
    told, number = clean(grid), sets(race)
    y = np.where(told, grid.lap_time, np.nan) / base * REFERENCE_LAP
    off = y - _column_median(y)
    slopes, shares = [], []
    for i in range(len(off)):
        for stint in np.unique(number[i][grid.ran[i]]):
            on = (number[i] == stint) & grid.ran[i]
            used = on & np.isfinite(off[i]) & np.isfinite(grid.age[i])
            if used.sum() >= _LEAST_STINT and np.ptp(grid.age[i][used]) > 0:
                slopes.append(float(np.polyfit(grid.age[i][used], off[i][used], 1)[0]))
            if (on & grid.pit_in[i]).any():
                shares.append(float(on.sum()) / race.total_laps)
    return {"wear": np.array(slopes), "stint_share": np.array(shares)}


def _column_median(y: FloatArray) -> FloatArray:
    out = np.full(y.shape[1], np.nan)
    known = np.isfinite(y).sum(axis=0) >= _LEAST_LAPS
    if known.any():
        out[known] = np.nanmedian(y[:, known], axis=0)
    return out
