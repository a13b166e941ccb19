"""How fast each car is: a prior from past races, and an estimate that the race's own laps improve.

Pace is seconds per lap against the field's median car, on a reference lap of 90 s, in clean air and corrected for
tires. Ratings of teams (half-life four races) and drivers (ten) are running means over past races, shrunk; the estimate
in a race weighs rating, place, time lost so far and the last ten laps with weights fitted over past races at several
shares of the distance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from shared.models.grid import (
    DIRTY_AIR,
    DIRTY_AIR_DECAY,
    REFERENCE_LAP,
    FloatArray,
    LapGrid,
    base_lap,
    gap_ahead,
    usable,
)

KNOTS = (0.02, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.85)
"""Shares of the distance at which the weights are fitted; between them they are interpolated."""
FEATURES = ("rating", "place", "time_lost", "recent", "rating_unseen")
TEAM_HALF_LIFE, DRIVER_HALF_LIFE = 4.0, 10.0
TEAM_SHRINK, DRIVER_SHRINK, SEASON_CARRY = 1.0, 3.0, 0.6
NEW_TEAM = 0.6
"""Pace of a team never seen, s: that of the slower half."""
_OUTLIER = 2.0


class TireCorrection(NamedTuple):
    """Offset f64[5] against the fresh medium, s, and wear f64[5], s/lap, on the reference lap."""

    offset: FloatArray
    wear: FloatArray


class WindowPace(NamedTuple):
    """pace f64[C], NaN where no lap tells; n f64[C]: laps it rests on; noise: robust spread of a lap, s."""

    pace: FloatArray
    n: FloatArray
    noise: float


def adjusted(grid: LapGrid, tires: TireCorrection, base: float) -> FloatArray:
    """f64[C, W]: lap times on the reference lap with tires and dirty air taken out, NaN where a lap does not tell."""
    code = np.clip(grid.compound, 0, 4)
    y = grid.lap_time / base * REFERENCE_LAP
    y = y - tires.offset[code] - tires.wear[code] * np.nan_to_num(grid.age, nan=5.0)
    before = gap_ahead(grid.line)[:, :-1]
    before = np.concatenate([np.full((len(before), 1), np.nan), before], axis=1)
    y = y - DIRTY_AIR * np.exp(-np.nan_to_num(before, nan=99.0) / DIRTY_AIR_DECAY)
    return np.where(usable(grid), y, np.nan)


def window_pace(grid: LapGrid, tires: TireCorrection, base: float | None = None) -> WindowPace:
    """Each car's mean pace over a window of laps, lap effects of the field removed (alternating means)."""
    c = grid.lap_time.shape[0]
    base = base_lap(grid) if base is None else base
    nothing = WindowPace(np.full(c, np.nan), np.zeros(c), 0.45)
    if not np.isfinite(base):
        return nothing
    y = adjusted(grid, tires, base)
    y = y[:, np.isfinite(y).sum(axis=0) >= 3]
    if y.shape[1] == 0:
        return nothing
    for _ in range(2):  # the second time without the outliers of the first
        known = np.isfinite(y)
        filled = np.where(known, y, 0.0)
        n_car, n_lap = np.maximum(known.sum(axis=1), 1e-9), np.maximum(known.sum(axis=0), 1e-9)
        pace = np.zeros(c)
        lap = filled.sum(axis=0) / n_lap
        for _ in range(12):
            pace = (filled - lap * known).sum(axis=1) / n_car
            lap = (filled - pace[:, None] * known).sum(axis=0) / n_lap
        left = np.where(known, y - pace[:, None] - lap, np.nan)
        y = np.where(np.abs(left) < _OUTLIER, y, np.nan)
    n = np.isfinite(y).sum(axis=1).astype(float)
    pace = np.where(n > 0, pace, np.nan)
    if not np.isfinite(pace).any():
        return nothing
    spread = left[np.isfinite(left)]
    noise = 1.4826 * float(np.median(np.abs(spread))) if len(spread) > 20 else 0.45
    return WindowPace(pace - np.nanmedian(pace), n, noise)


def features(
    rating: FloatArray,
    place: FloatArray,
    gap: FloatArray,
    stops: FloatArray,
    lap: int,
    scale: float,
    recent: WindowPace,
) -> FloatArray:
    """f64[C, 5] in the order of ``FEATURES``. ``gap`` s, ``scale``: reference lap over the circuit's base lap."""
    c = len(place)
    lost = (gap * scale - 22.0 * (stops - np.median(stops))) / max(lap, 1)
    weight = recent.n / (recent.n + 3.0)
    return np.column_stack(
        [
            rating - np.median(rating),
            (place - (c + 1) / 2) / c,
            np.clip(lost - np.median(lost), -2.0, 3.0),
            np.clip(np.nan_to_num(recent.pace), -2.0, 3.0) * weight,
            (rating - np.median(rating)) * (1.0 - weight),
        ]
    )


def estimate(table: Mapping[str, Any], x: FloatArray, share: float) -> tuple[FloatArray, float]:
    """(pace f64[C], standard error) from features at a share of the distance; ``table`` as ``fit_weights`` makes."""
    knots = np.asarray(table["knots"])
    weights = np.asarray(table["weights"])
    at = np.array([np.interp(share, knots, weights[:, k]) for k in range(weights.shape[1])])
    return x @ at, float(np.interp(share, knots, np.asarray(table["sd"])))


class RacePace(NamedTuple):
    """What one past race said of one car: pace, s, over ``n`` clean laps."""

    race_id: str
    season: int
    driver: str
    team: str
    pace: float
    n: int


class Ratings:
    """Running ratings of teams and drivers, fed race by race in order of time."""

    def __init__(self) -> None:
        self._team: dict[str, tuple[float, float, int]] = {}
        self._driver: dict[str, tuple[float, float]] = {}

    def _team_rating(self, team: str, season: int) -> float:
        total, weight, last = self._team.get(team, (0.0, 0.0, season))
        if weight == 0.0:
            return NEW_TEAM
        carry = SEASON_CARRY if last != season else 1.0
        return total * carry / (weight * carry + TEAM_SHRINK)

    def _driver_rating(self, driver: str) -> float:
        total, weight = self._driver.get(driver, (0.0, 0.0))
        return total / (weight + DRIVER_SHRINK)

    def rating(self, driver: str, team: str, season: int) -> float:
        """Expected pace of a driver in a team's car in the next race of ``season``, s."""
        return self._team_rating(team, season) + self._driver_rating(driver)

    def learn(self, race: Iterable[RacePace]) -> None:
        """Takes in one race."""
        cars = list(race)
        drivers = {car.driver: self._driver_rating(car.driver) for car in cars}
        by_team: dict[str, list[RacePace]] = {}
        for car in cars:
            by_team.setdefault(car.team, []).append(car)
        fade = 0.5 ** (1.0 / TEAM_HALF_LIFE)
        for team, mates in by_team.items():
            season = mates[0].season
            total, weight, last = self._team.get(team, (0.0, 0.0, season))
            carry = SEASON_CARRY if last != season else 1.0
            trust = [car.n / (car.n + 15.0) for car in mates]
            seen = sum(t * float(np.clip(car.pace - drivers[car.driver], -1.5, 2.5))
                       for t, car in zip(trust, mates, strict=True))  # fmt: skip
            self._team[team] = (total * carry * fade + seen, weight * carry * fade + sum(trust), season)
        fade = 0.5 ** (1.0 / DRIVER_HALF_LIFE)
        for car in cars:
            total, weight = self._driver.get(car.driver, (0.0, 0.0))
            trust_one = car.n / (car.n + 15.0)
            against = float(np.clip(car.pace - self._team_rating(car.team, car.season), -1.0, 1.0))
            self._driver[car.driver] = (total * fade + trust_one * against, weight * fade + trust_one)

    def table(self, season: int) -> dict[str, dict[str, float]]:
        """Ratings as they stand, for the bundle: teams and drivers by name, s."""
        return {
            "teams": {team: round(self._team_rating(team, season), 4) for team in sorted(self._team)},
            "drivers": {driver: round(self._driver_rating(driver), 4) for driver in sorted(self._driver)},
        }


def fit_weights(rows: Mapping[float, tuple[FloatArray, FloatArray, FloatArray]]) -> dict[str, Any]:
    """Ridge regression of later pace on ``features`` at each knot.

    ``rows``: knot -> (x f64[N, 5], y f64[N] pace to the flag, n f64[N] laps it rests on). The standard error is that
    of the residuals less what the target's own noise explains.
    """
    weights, sd, n_rows = [], [], []
    for knot in KNOTS:
        x, y, n = rows[knot]
        w = np.clip(n, 1.0, 20.0)
        gram = (x * w[:, None]).T @ x + 5.0 * np.eye(x.shape[1])
        b = np.linalg.solve(gram, (x * w[:, None]).T @ y)
        left = y - x @ b
        spread = 1.4826 * float(np.median(np.abs(left - np.median(left))))
        target_noise = float(np.mean(0.45**2 * 2.0 / np.maximum(n, 4.0)))
        weights.append([round(float(v), 4) for v in b])
        sd.append(round(float(np.sqrt(max(spread**2 - target_noise, 0.04))), 4))
        n_rows.append(len(y))
    return {"knots": list(KNOTS), "features": list(FEATURES), "weights": weights, "sd": sd, "n": n_rows}
