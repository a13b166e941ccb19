"""Whether a process under load grows: judged over the second half of its life, once it has settled."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

SETTLED_SECONDS = 60.0
"""Of a process's life in which it may grow: it imports, fills its pools, and compiles in its quiet moments. One that
lived no longer is not judged."""
_MEAN_OF = 5


def growth_mb(memory: Sequence[float], look_seconds: float) -> float:
    """MB by which the last looks are above the first ones of the second half, in means of five; ``memory``: MB, a look
    every ``look_seconds``. 0 where too few were taken to tell."""
    half = memory[max(len(memory) // 2, int(SETTLED_SECONDS / look_seconds)) :]
    return statistics.fmean(half[-_MEAN_OF:]) - statistics.fmean(half[:_MEAN_OF]) if len(half) >= 2 * _MEAN_OF else 0.0
