"""Scores of models of telemetry: each race forecast by a fit without it, intervals by resampling cars within a race.

Few races are at hand (three of 2025), so an interval over races would mean nothing; that over cars tells how far luck
within these races reaches, and nothing of other circuits. ``n`` is always told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from shared.models.grid import BoolArray, FloatArray

DRAWS = 400
LEVEL = 0.9
NO_TRUTH = "derived from physics, no public truth"
"""Said wherever a number of these models is shown."""
MIN_RACES = 2
"""A race can be left out only where another is left to learn from."""


def folds(race: Any) -> Iterator[tuple[str, BoolArray]]:
    """(race, bool[N] its rows) for each race, to be left out in turn."""
    race = np.asarray(race)
    for name in sorted(set(race.tolist())):
        yield str(name), race == name


def balanced(race: Any) -> FloatArray:
    """f64[N]: weights under which every race counts alike; they sum to the number of rows."""
    race = np.asarray(race)
    counts = {name: int((race == name).sum()) for name in set(race.tolist())}
    return np.array([len(race) / (len(counts) * counts[name]) for name in race.tolist()])


def compared(losses: Mapping[str, FloatArray], race: Any, car: Any) -> dict[str, Any]:
    """Mean loss by name, with the 90% interval of the first one's difference from each other one over cars drawn
    within their races; by race as well. ``losses``: f64[N] by name, the model first; races count alike."""
    race, car = np.asarray(race), np.asarray(car)
    names = list(losses)
    groups = [(r, [np.flatnonzero((race == r) & (car == c)) for c in sorted(set(car[race == r].tolist()))])
              for r in sorted(set(race.tolist()))]  # fmt: skip
    table = np.column_stack([losses[name] for name in names])
    sums = [(np.array([table[rows].sum(axis=0) for rows in cars]), np.array([len(rows) for rows in cars]))
            for _, cars in groups]  # fmt: skip
    rng = np.random.default_rng(7)
    drawn = np.zeros((DRAWS, len(names)))
    for total, count in sums:
        weight = rng.multinomial(len(count), np.full(len(count), 1.0 / len(count)), DRAWS)
        drawn += (weight @ total) / (weight @ count)[:, None] / len(sums)
    ends = np.quantile(drawn - drawn[:, :1], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    means = [float(np.mean([total[:, k].sum() / count.sum() for total, count in sums])) for k in range(len(names))]
    by_race = {r: {name: round(float(total[:, k].sum() / count.sum()), 4) for k, name in enumerate(names)}
               for (r, _), (total, count) in zip(groups, sums, strict=True)}  # fmt: skip
    return {
        "mean": {name: round(value, 4) for name, value in zip(names, means, strict=True)},
        "worse_by": {
            name: {"value": round(means[k] - means[0], 4), "low": round(float(ends[0, k]), 4),
                   "high": round(float(ends[1, k]), 4)}
            for k, name in enumerate(names) if k
        },
        "by_race": by_race,
        "n": len(race),
        "races": len(groups),
    }  # fmt: skip


def beats(score: Mapping[str, Any], *baselines: str) -> bool:
    """Whether the model's mean loss is below these baselines', by more than its interval over cars."""
    return all(score["worse_by"][name]["low"] > 0.0 for name in baselines)
