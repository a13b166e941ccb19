"""How fast teams and drivers are before a race: a state-space model over past races (Kalman filter).

The state holds a pace for every team and an offset for every driver, s a lap of ``REFERENCE_LAP`` against the field's
median. Both drift as a random walk from race to race, more over a winter. A race observes their sums.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from shared.models.grid import FloatArray

NEW_TEAM = 0.5
"""Pace of a team never seen, s: that of the slower half."""
_NEW_SD = {"team": 0.6, "driver": 0.3}
_RACE_SD = {"team": 0.06, "driver": 0.03}
_WINTER_SD = {"team": 0.45, "driver": 0.08}
_OBSERVED_SD = 0.3
_FEW_LAPS = 10.0
"""Spreads, s: of a newcomer, of the drift a race and a winter, of what a race shows of a car (over many laps; twice the
variance over ``_FEW_LAPS``). Chosen by the mean squared error of the next race's pace, 2020-2024 (.183 s^2; running
means with a half-life of four and ten races .189), flat about these values."""
_SURPRISE = 2.5
"""Standard deviations at which a race's surprise is cut: a damaged car tells little of the next race."""


class RacePace(NamedTuple):
    """What one past race said of one car: pace, s, over ``n`` clean laps."""

    race_id: str
    season: int
    driver: str
    team: str
    pace: float
    n: int


class Ratings:
    """Running estimate of teams and drivers, fed race by race in order of time."""

    def __init__(self) -> None:
        self._index: dict[tuple[str, str], int] = {}
        self._mean: FloatArray = np.zeros(0)
        self._cov: FloatArray = np.zeros((0, 0))
        self._season: int | None = None

    def _at(self, kind: str, name: str) -> int:
        key = (kind, name)
        if key not in self._index:
            n = len(self._mean)
            self._index[key] = n
            self._mean = np.append(self._mean, NEW_TEAM if kind == "team" else 0.0)
            cov = np.zeros((n + 1, n + 1))
            cov[:n, :n] = self._cov
            cov[n, n] = _NEW_SD[kind] ** 2
            self._cov = cov
        return self._index[key]

    def rating(self, driver: str, team: str) -> float:
        """Expected pace of a driver in a team's car in the next race, s."""
        known = self._index
        base = self._mean[known["team", team]] if ("team", team) in known else NEW_TEAM
        return float(base + (self._mean[known["driver", driver]] if ("driver", driver) in known else 0.0))

    def of_field(self, drivers: Iterable[str], teams: Iterable[str]) -> FloatArray:
        """f64[C] s: ``rating`` of every car of a race."""
        return np.array([self.rating(driver, team) for driver, team in zip(drivers, teams, strict=True)])

    def learn(self, race: Iterable[RacePace]) -> None:
        """Takes in one race, later than all before it."""
        cars = list(race)
        if not cars:
            return
        self._drift(cars[0].season)
        for car in cars:
            i, j = self._at("team", car.team), self._at("driver", car.driver)
            gain = self._cov[:, i] + self._cov[:, j]
            total = gain[i] + gain[j] + _OBSERVED_SD**2 * (1.0 + _FEW_LAPS / max(car.n, 1))
            bound = _SURPRISE * float(np.sqrt(total))
            error = float(np.clip(np.clip(car.pace, -2.0, 3.0) - self._mean[i] - self._mean[j], -bound, bound))
            self._mean = self._mean + gain / total * error
            self._cov = self._cov - np.outer(gain, gain) / total

    def _drift(self, season: int) -> None:
        winter = self._season is not None and season != self._season
        for (kind, _), i in self._index.items():
            self._cov[i, i] += _RACE_SD[kind] ** 2 + (_WINTER_SD[kind] ** 2 if winter else 0.0)
        self._season = season

    def table(self) -> dict[str, dict[str, float]]:
        """Ratings as they stand, for the bundle: teams and drivers by name, s."""
        out: dict[str, dict[str, float]] = {"teams": {}, "drivers": {}}
        for (kind, name), i in sorted(self._index.items()):
            out[kind + "s"][name] = round(float(self._mean[i]), 4)
        return out


def ratings_of(table: Mapping[str, Any], drivers: Iterable[str], teams: Iterable[str]) -> FloatArray:
    """f64[C] s: the ratings of a race's cars in the bundle's ``table`` of pace."""
    known, offsets = table["ratings"]["teams"], table["ratings"]["drivers"]
    return np.array([known.get(t, NEW_TEAM) + offsets.get(d, 0.0) for d, t in zip(drivers, teams, strict=True)])


def rating_age(table: Mapping[str, Any], season: int) -> int:
    """Winters between the last race that the bundle's ``table`` of pace knows and a race of ``season``."""
    return abs(season - int(table["season"]))
