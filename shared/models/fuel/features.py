"""Sequences for the fuel model: how the last ten laps were driven, each against the mean of those ten."""

from __future__ import annotations

from typing import Any

import numpy as np

from shared.models.grid import FloatArray
from shared.models.telemetry.laps import INDEX, WINDOW

NAMES = (
    "known", "burn", "throttle_mean", "full_share", "speed_mean", "gear_mean", "rpm_mean", "drs_share", "brake_share",
)  # fmt: skip
"""known: 1 for a lap at hand, 0 before the first. burn, speed, gear, rpm and brake: relative to their mean over the
window, less 1; throttle, full throttle and DRS: shares."""
_RELATIVE = ("burn", "speed_mean", "gear_mean", "rpm_mean", "brake_share")
BOUNDS = (-6.0, 6.0)
"""Spreads from the mean within which a value counts."""


def sequence(values: FloatArray) -> FloatArray:
    """f64[10, F] of one to ten laps f64[n, fields of LapTelemetry], oldest first; NaN in rows before the first lap,
    where ``known`` is 0."""
    n = len(values)
    out = np.full((WINDOW, len(NAMES)), np.nan)
    out[:, 0] = 0.0
    rows = np.column_stack([_column(values, name) for name in NAMES[1:]])
    out[WINDOW - n :, 0], out[WINDOW - n :, 1:] = 1.0, rows
    return out


def _column(values: FloatArray, name: str) -> FloatArray:
    column = values[:, INDEX[name]]
    if name in _RELATIVE:
        return np.asarray(column / max(float(column.mean()), 1e-3) - 1.0)
    return np.asarray(column / 100.0 if name == "throttle_mean" else column)


def standard(x: FloatArray, mean: Any, scale: Any) -> FloatArray:
    """Standardized sequences f64[N, 10, F], clipped; 0 for laps that are not at hand (``known`` is left as it is)."""
    z = np.clip((x - np.asarray(mean)) / np.asarray(scale), *BOUNDS)
    return np.asarray(np.nan_to_num(z, nan=0.0))
