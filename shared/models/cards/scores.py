"""Scores for model cards, taken where a model is fitted: errors on races it has not seen, and what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from shared.models.grid import FloatArray
from shared.scoring.measures import paired_mean

ROWS = 800
"""Rows on which importance is measured: it is asked for once a feature."""


class Score(BaseModel):
    """A figure of a model, its 90% interval where it has one, and what a baseline has on the same rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    baseline: float | None = None
    baseline_name: str | None = None
    unit: str | None = None
    n: int | None = None


def mean_score(
    name: str, values: FloatArray, groups: Any, unit: str | None, baseline: FloatArray | None = None,
    baseline_name: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Score of the mean of ``values`` [N] (errors, losses), not finite ones left out; the interval draws whole
    ``groups`` [N] (races) with replacement."""
    told = np.isfinite(values)
    mean = paired_mean(values, np.asarray(groups), repeats=1000)
    return Score(
        name=name,
        **{end: round(mean[end], 5) for end in ("value", "low", "high")},
        baseline=None if baseline is None else round(float(baseline[told].mean()), 5),
        baseline_name=baseline_name,
        unit=unit,
        n=int(told.sum()),
    ).model_dump(exclude_none=True)


def sample(n: int, seed: int = 7, most: int = ROWS) -> Any:
    """i64[≤ most]: which of ``n`` rows to measure importance on, in order."""
    return np.sort(np.random.default_rng(seed).permutation(n)[:most])


def permuted(
    score: Callable[[FloatArray], float], x: FloatArray, names: Sequence[str], seed: int = 7
) -> dict[str, float]:
    """By how much ``score`` (an error) of rows f64[N, ..., F] grows when one feature is shuffled among them (Breiman
    2001); a little below zero for one that says nothing."""
    rng = np.random.default_rng(seed)
    base = score(x)
    out = {}
    for k, name in enumerate(names):
        shuffled = x.copy()
        shuffled[..., k] = x[rng.permutation(len(x))][..., k]
        out[name] = round(score(shuffled) - base, 6)
    return out
