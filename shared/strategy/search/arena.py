"""Where plans meet: the simulation of one situation under one objective, and what it said of each plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from shared.simulation.params import RaceParams
from shared.simulation.types import Outcome, Plans
from shared.strategy.plans.plan import Plan, to_arrays
from shared.strategy.search import objective
from shared.strategy.search.statistics import Difference, paired_difference


class Simulate(Protocol):
    """``shared.simulation.Remembered``, or what stands in for it: asked for more scenarios of a plan, it goes on."""

    def __call__(self, params: RaceParams, ego: int, plans: Plans, n_scenarios: int, seed: int) -> Outcome: ...


TIE_BREAK = 0.01
"""Weight of a place beside the objective while candidates are narrowed: where the objective hardly ever varies (a
point for the car in place fifteen), the place still tells good plans from bad. The last decision does without it."""


@dataclass(frozen=True, eq=False)
class Judged:
    """One plan with its scenarios, f64[S] or u8[S] each: value under the objective (more is better), points, place,
    retired, seconds to the flag (NaN when retired). Scenario s is the same scenario for every plan."""

    plan: Plan
    eligible: bool
    values: npt.NDArray[np.float64]
    points: npt.NDArray[np.float64]
    place: npt.NDArray[np.uint8]
    retired: npt.NDArray[np.bool_]
    race_time: npt.NDArray[np.float32]

    @property
    def n_scenarios(self) -> int:
        """Scenarios it rests on."""
        return len(self.values)

    @cached_property
    def mean(self) -> float:
        """Expected objective."""
        return float(self.values.mean())

    @cached_property
    def scores(self) -> npt.NDArray[np.float64]:
        """What the search ranks by before the last round, f64[S]: the objective, and a little of the place."""
        return np.asarray(self.values - TIE_BREAK * self.place)

    @cached_property
    def score(self) -> float:
        """The mean of ``scores``."""
        return self.mean - TIE_BREAK * float(self.place.mean())

    def first(self, n: int) -> Judged:
        """The same judgement on the first ``n`` scenarios."""
        return Judged(
            self.plan,
            self.eligible,
            self.values[:n],
            self.points[:n],
            self.place[:n],
            self.retired[:n],
            self.race_time[:n],
        )


def difference(judged: Judged, reference: Judged) -> Difference:
    """Objective of one plan less another's, over the scenarios both have seen."""
    n = min(judged.n_scenarios, reference.n_scenarios)
    return paired_difference(judged.values[:n], reference.values[:n])


def same_race(judged: Judged, reference: Judged) -> bool:
    """Whether two plans come to the same in every scenario both have seen: one may be brought forward to the other."""
    n = min(judged.n_scenarios, reference.n_scenarios)
    return bool(
        np.array_equal(judged.race_time[:n], reference.race_time[:n], equal_nan=True)
        and np.array_equal(judged.place[:n], reference.place[:n])
    )


@dataclass(frozen=True, slots=True)
class Arena:
    """One situation: its parameters, the car asked about, what it is after, and the seed that fixes all chance."""

    params: RaceParams
    ego: int
    season: int
    circuit_id: str
    objective: objective.Objective
    seed: int
    simulate: Simulate

    def under(self, params: RaceParams) -> Arena:
        """The same situation under other parameters."""
        return replace(self, params=params)

    def run(self, plans: Sequence[Plan], n_scenarios: int) -> Outcome:
        """The raw outcome of these plans."""
        return self.simulate(self.params, self.ego, to_arrays(plans, len(plans)), n_scenarios, self.seed)

    def judge(self, plans: Sequence[Plan], n_scenarios: int, eligible: Sequence[bool] = ()) -> list[Judged]:
        """Every plan on the same scenarios; an empty list for no plans."""
        return self.read(plans, self.run(plans, n_scenarios), eligible) if plans else []

    def read(self, plans: Sequence[Plan], outcome: Outcome, eligible: Sequence[bool] = ()) -> list[Judged]:
        """The judgements in an outcome of ``run``."""
        place, retired = outcome.place[:, self.ego], outcome.retired[:, self.ego]
        values = objective.values(self.objective, place, retired, self.season, self.circuit_id)
        points = objective.points_of(place, retired, self.season, self.circuit_id)
        may = list(eligible) or [True] * len(plans)
        return [
            Judged(plan, may[k], values[k], points[k], place[k], retired[k], outcome.race_time[k])
            for k, plan in enumerate(plans)
        ]
