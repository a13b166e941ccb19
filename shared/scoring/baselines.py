"""What a forecast must beat: the grid, the running order, and how past seasons ended from each place and distance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from shared.race.vocabulary import Compound
from shared.scoring.measures import Floats, one_hot
from shared.scoring.situations import Situation

KERNEL = 1.0
"""Spread of the smoothing of the table over places, in places."""
PRIOR_SPREAD, PRIOR_WEIGHT = 3.0, 1.0
"""Where the table has seen little: a bell of this spread around the place held, worth this many cars."""


def grid_order(situation: Situation) -> Floats:
    """f64[C, C]: the cars still running end in the order of the grid; running order settles ties."""
    rank = np.lexsort((np.arange(len(situation.truth.grid)), situation.truth.grid)).argsort()
    return one_hot(rank + 1)


def running_order(situation: Situation) -> Floats:
    """f64[C, C]: the cars end in the order in which they run."""
    return one_hot(np.arange(1, len(situation.state.cars) + 1))


@dataclass(frozen=True, slots=True)
class PlaceTable:
    """Finish given place and distance. counts: by share of the distance, f64[N, N], place held by place at the flag."""

    counts: dict[float, Floats]

    def forecast(self, situation: Situation) -> Floats:
        """f64[C, C] for the cars of a situation: rows and columns sum to one."""
        cars = len(situation.state.cars)
        counts = self.counts.get(situation.fraction)
        table = _prior(cars) if counts is None else _smooth(counts[:cars, :cars]) + PRIOR_WEIGHT * _prior(cars)
        return _balanced(table)


def place_table(past: Iterable[Situation], size: int = 26) -> PlaceTable:
    """The table of ``past`` situations, which must all lie before the ones it is asked about."""
    counts: dict[float, Floats] = {}
    for situation in past:
        table = counts.setdefault(situation.fraction, np.zeros((size, size)))
        np.add.at(table, (np.arange(len(situation.truth.place)), situation.truth.place - 1), 1.0)
    return PlaceTable(counts)


def _bell(cars: int, spread: float) -> Floats:
    places = np.arange(cars)
    bell = np.exp(-0.5 * np.square((places[:, None] - places) / spread))
    return bell / bell.sum(axis=1, keepdims=True)


def _prior(cars: int) -> Floats:
    return _bell(cars, PRIOR_SPREAD)


def _smooth(counts: Floats) -> Floats:
    bell = _bell(len(counts), KERNEL)
    return bell.T @ counts @ bell


def _balanced(table: Floats, rounds: int = 50) -> Floats:
    """Rows and columns brought to sum to one (Sinkhorn), as those of places must."""
    for _ in range(rounds):
        table = table / table.sum(axis=0, keepdims=True)
        table = table / table.sum(axis=1, keepdims=True)
    return table


@dataclass(frozen=True, slots=True)
class StintTable:
    """Usual stint length by compound as a share of the distance, and by distance the share of finishers that made no
    further stop and of all stops that fell on each lap."""

    length: dict[Compound, float]
    none: dict[float, float]

    def next_stop(self, situation: Situation) -> np.ndarray:
        """i64[C]: lap on which each car's set reaches the usual age of its compound, from the next lap on, before the
        last lap."""
        state = situation.state
        usual = float(np.mean(list(self.length.values()))) if self.length else 0.4
        laps = [
            state.lap - car.tire_age + self.length.get(car.compound, usual) * state.total_laps for car in state.cars
        ]
        return np.clip(np.round(laps).astype(np.int64), state.lap + 1, max(state.lap + 1, state.total_laps - 1))

    def no_further_stop(self, situation: Situation) -> float:
        """Climatology: share of the past finishers that made none from this distance on."""
        return self.none.get(situation.fraction, 0.5)


def stint_table(past: Iterable[Situation]) -> StintTable:
    """Lengths from the green-flag stops that came next in ``past`` situations, which hold most stints of a race."""
    ages: dict[Compound, list[float]] = {}
    none: dict[float, list[float]] = {}
    for situation in past:
        state, truth = situation.state, situation.truth
        for i, car in enumerate(state.cars):
            if truth.next_stop[i] and truth.next_green[i]:
                age = (car.tire_age + truth.next_stop[i] - state.lap) / state.total_laps
                ages.setdefault(car.compound, []).append(float(age))
        none.setdefault(situation.fraction, []).extend((truth.next_stop == 0)[~truth.retired].astype(float))
    return StintTable(
        length={c: float(np.median(a)) for c, a in ages.items()},
        none={f: float(np.mean(x)) for f, x in none.items() if x},
    )
