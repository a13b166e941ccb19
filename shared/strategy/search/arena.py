"""Where plans meet: the simulation of one situation under one objective, and what it said of each plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from shared.simulation.params import RaceParams
from shared.simulation.types import Outcome, Plans
from shared.strategy.plans.plan import Plan, to_arrays
from shared.strategy.search import objective
from shared.strategy.search.statistics import Difference, paired_difference


class Simulate(Protocol):
    """``shared.simulation.simulate``, or what stands in for it."""

    def __call__(
        self, params: RaceParams, ego: int, plans: Plans, n_scenarios: int, seed: int, first: int = 0
    ) -> Outcome: ...


TIE_BREAK = 0.01
"""Weight of a place beside the objective while candidates are narrowed: where the objective hardly ever varies (a
point for the car in place fifteen), the place still tells good plans from bad. The last decision does without it."""


@dataclass(frozen=True, slots=True, eq=False)
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

    @property
    def mean(self) -> float:
        """Expected objective."""
        return float(self.values.mean())

    @property
    def scores(self) -> npt.NDArray[np.float64]:
        """What the search ranks by before the last round, f64[S]: the objective, and a little of the place."""
        return np.asarray(self.values - TIE_BREAK * self.place)

    @property
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
    known: dict[Plan, Outcome] = field(default_factory=dict, compare=False, repr=False)
    """What each plan has come to so far, K = 1: more scenarios of it go on from there."""

    def under(self, params: RaceParams) -> Arena:
        """The same situation under other parameters."""
        if params is self.params:
            return self
        return Arena(params, self.ego, self.season, self.circuit_id, self.objective, self.seed, self.simulate)

    def run(self, plans: Sequence[Plan], n_scenarios: int, params: RaceParams | None = None) -> Outcome:
        """The raw outcome of these plans, under other parameters if given. A scenario of a plan runs once."""
        if params is not None and params is not self.params:
            return self._simulated(params, plans, 0, n_scenarios)
        for done in sorted({self._done(plan) for plan in plans}):
            if done < n_scenarios:
                going_on = [plan for plan in dict.fromkeys(plans) if self._done(plan) == done]
                new = self._simulated(self.params, going_on, done, n_scenarios)
                for k, plan in enumerate(going_on):
                    more = Outcome(*(x[k : k + 1] for x in new))
                    self.known[plan] = _joined([self.known[plan], more], -1) if done else more
        return _joined([Outcome(*(x[..., :n_scenarios] for x in self.known[plan])) for plan in plans], 0)

    def _done(self, plan: Plan) -> int:
        return self.known[plan].place.shape[-1] if plan in self.known else 0

    def _simulated(self, params: RaceParams, plans: Sequence[Plan], first: int, last: int) -> Outcome:
        return self.simulate(params, self.ego, to_arrays(plans, len(plans)), last - first, self.seed, first)

    def judge(
        self, plans: Sequence[Plan], n_scenarios: int, params: RaceParams | None = None, eligible: Sequence[bool] = ()
    ) -> list[Judged]:
        """Every plan on the same scenarios; an empty list for no plans."""
        return self.read(plans, self.run(plans, n_scenarios, params), eligible) if plans else []

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


def _joined(outcomes: Sequence[Outcome], axis: int) -> Outcome:
    """Outcomes of more plans (axis 0) or of more scenarios (the last)."""
    return Outcome(*(np.concatenate(parts, axis=axis) for parts in zip(*outcomes, strict=True)))
