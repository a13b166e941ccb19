"""Whether one side is worse than the other, metric by metric, beyond what the races asked about leave open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from shared.models.evidence.questions import GUARDED, Scored, value

LEVEL = 0.98
"""Of the interval of a difference: one metric is worse beyond it by chance once in a hundred, one of ten once in ten or
twenty, as they go together."""
LEAST_RACES = 5
"""With fewer, whole races drawn again say nothing of how much a difference may vary."""
_REPEATS = 4000
_SEED = 1


class Guard(NamedTuple):
    """One guarded metric. difference: by how much the challenger is worse (negative: better), with its interval, None
    where there are too few races to have one; ``n``: races that tell of it."""

    name: str
    champion: float
    challenger: float
    difference: float
    low: float | None
    high: float | None
    n: int
    worse: bool


def compare(champion: Scored, challenger: Scored) -> list[Guard]:
    """Every metric that both have, paired: the same races drawn for both. Raises ValueError for other races."""
    if champion.races != challenger.races:
        raise ValueError("both sides are compared on the same races alone")
    n = len(champion.races)
    rng = np.random.default_rng(_SEED)
    drawn = rng.multinomial(n, np.full(n, 1.0 / max(n, 1)), _REPEATS).astype(float) if n else np.zeros((1, 0))
    out = []
    for name, sign in GUARDED.items():
        told = (champion.counts.get(name, np.zeros(n)) > 0) & (challenger.counts.get(name, np.zeros(n)) > 0)
        if name == "calibration error":
            told = np.ones(n, bool)
        if not told.any():
            continue
        once = told.astype(float)
        a, b = (float(value(side, name, once)) for side in (champion, challenger))
        low = high = None
        if told.sum() >= LEAST_RACES:
            spread = sign * (value(challenger, name, drawn * once) - value(champion, name, drawn * once))
            ends = np.quantile(spread[np.isfinite(spread)], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
            low, high = (round(float(end), 6) for end in ends)
        difference = round(sign * (b - a), 6)
        worse = low is not None and low > 0.0
        out.append(Guard(name, round(a, 5), round(b, 5), difference, low, high, int(told.sum()), worse))
    return out


def reasons(guards: Sequence[Guard]) -> list[str]:
    """A sentence for every metric that is worse beyond its interval."""
    return [
        f"{guard.name}: {guard.challenger} against {guard.champion}, worse by {guard.difference} "
        f"({LEVEL:.0%} interval {guard.low} to {guard.high}, {guard.n} races)"
        for guard in guards
        if guard.worse
    ]
