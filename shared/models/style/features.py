"""What the style tree knows before the lap: the scores of the laps so far, lifting, throttle, DRS, the set's age."""

from __future__ import annotations

import numpy as np

from shared.models.grid import FloatArray
from shared.models.style.labels import BALANCED, MIN_RACING, NO_MODE, corrected, lifting, mode_of, scores
from shared.models.telemetry.laps import INDEX

NAMES = (
    "previous_mode", "distance", "tire_age", "score_last", "score_mean_3", "score_mean", "drs_last", "drs_mean",
    "lifting_change", "full_throttle_change", "pace_off_mean",
)  # fmt: skip
"""previous_mode: 0 PUSH, 1 BALANCED or none, 2 CONSERVE; distance: share of the race gone; score_*: by ``labels``; drs:
shares of the lap; *_change: last lap less the mean of the window; pace_off_mean: last lap's corrected time over the
window's mean, less 1."""


def row(window: FloatArray, total_laps: int, age: float) -> tuple[FloatArray, int] | None:
    """(f64[F], mode of the last lap or NO_MODE) from the laps before; None with fewer than three racing laps."""
    found = scores(window)
    racing = np.isfinite(found)
    if racing.sum() < MIN_RACING:
        return None
    laps, score = window[racing], found[racing]
    pace, lifts, full, drs = corrected(laps), lifting(laps), laps[:, INDEX["full_share"]], laps[:, INDEX["drs_share"]]
    last = mode_of(float(found[-1]))
    share_gone = window[-1, INDEX["lap"]] / total_laps
    mode = BALANCED if last == NO_MODE else last
    values = np.array([
        mode, share_gone, age, score[-1], score[-3:].mean(), score.mean(), drs[-1], drs.mean(),
        lifts[-1] - lifts.mean(), full[-1] - full.mean(), pace[-1] / pace.mean() - 1.0,
    ])  # fmt: skip
    return values, last
