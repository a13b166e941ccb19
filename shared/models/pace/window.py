"""How fast each car was over a window of laps.

Pace is seconds per lap against the field's median car, on a reference lap of 90 s, in clean air and corrected for
tires. ``ratings`` carries it from race to race, ``pace_features`` and ``pace_fit`` from the laps seen to those to come.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from shared.models.grid import (
    DIRTY_AIR,
    DIRTY_AIR_DECAY,
    REFERENCE_LAP,
    FloatArray,
    LapGrid,
    base_lap,
    comparable,
    gap_ahead,
)

_OUTLIER = 2.0


class TireCorrection(NamedTuple):
    """Offset f64[5] against the fresh medium, s, and wear f64[5], s/lap, on the reference lap."""

    offset: FloatArray
    wear: FloatArray


class WindowPace(NamedTuple):
    """pace f64[C], NaN where no lap tells; n f64[C]: laps it rests on; noise: robust spread of a lap, s."""

    pace: FloatArray
    n: FloatArray
    noise: float


def adjusted(grid: LapGrid, tires: TireCorrection, base: float) -> FloatArray:
    """f64[C, W]: lap times on the reference lap with tires and dirty air taken out, NaN where a lap does not tell."""
    code = np.clip(grid.compound, 0, 4)
    y = grid.lap_time / base * REFERENCE_LAP
    y = y - tires.offset[code] - tires.wear[code] * np.nan_to_num(grid.age, nan=5.0)
    before = gap_ahead(grid.line)[:, :-1]
    before = np.concatenate([np.full((len(before), 1), np.nan), before], axis=1)
    y = y - DIRTY_AIR * np.exp(-np.nan_to_num(before, nan=99.0) / DIRTY_AIR_DECAY)
    return np.where(comparable(grid), y, np.nan)


def window_pace(grid: LapGrid, tires: TireCorrection, base: float | None = None) -> WindowPace:
    """Each car's mean pace over a window of laps, lap effects of the field removed (alternating means)."""
    c = grid.lap_time.shape[0]
    base = base_lap(grid) if base is None else base
    if not np.isfinite(base) and comparable(grid).any():  # a wet race so far: its own quick laps are the scale
        base = float(np.quantile(grid.lap_time[comparable(grid)], 0.2))
    nothing = WindowPace(np.full(c, np.nan), np.zeros(c), 0.45)
    if not np.isfinite(base):
        return nothing
    y = adjusted(grid, tires, base)
    y = y[:, np.isfinite(y).sum(axis=0) >= 3]
    if y.shape[1] == 0:
        return nothing
    for _ in range(2):  # the second time without the outliers of the first
        known = np.isfinite(y)
        filled = np.where(known, y, 0.0)
        n_car, n_lap = np.maximum(known.sum(axis=1), 1e-9), np.maximum(known.sum(axis=0), 1e-9)
        pace = np.zeros(c)
        lap = filled.sum(axis=0) / n_lap
        for _ in range(12):
            pace = (filled - lap * known).sum(axis=1) / n_car
            lap = (filled - pace[:, None] * known).sum(axis=0) / n_lap
        left = np.where(known, y - pace[:, None] - lap, np.nan)
        y = np.where(np.abs(left) < _OUTLIER, y, np.nan)
    n = np.isfinite(y).sum(axis=1).astype(float)
    pace = np.where(n > 0, pace, np.nan)
    if not np.isfinite(pace).any():
        return nothing
    spread = left[np.isfinite(left)]
    noise = 1.4826 * float(np.median(np.abs(spread))) if len(spread) > 20 else 0.45
    return WindowPace(pace - np.nanmedian(pace), n, noise)
