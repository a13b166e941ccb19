"""What tires cost: offset of a fresh compound against the fresh medium and wear per lap, by circuit.

Fitted on clean laps within races, car and lap effects removed, so that neither a car's pace nor fuel and track
evolution leaks in; a circuit's values are pulled towards the sport's by the precision of both (empirical Bayes).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from shared.models.grid import (
    DIRTY_AIR,
    DIRTY_AIR_DECAY,
    REFERENCE_LAP,
    FloatArray,
    base_lap,
    gap_ahead,
    usable,
)
from shared.models.pace.window import TireCorrection
from shared.models.recorded import RecordedRace

WET_OFFSET, WET_WEAR = (4.0, 7.0), (0.05, 0.05)
"""Intermediates and wets against the fresh medium on a wet enough track have no clean measure here: kept apart from
the slicks by assumption, and only differences among cars on the same kind of tire matter."""
_COLUMNS = ("offset_soft", "offset_hard", "wear_soft", "wear_medium", "wear_hard")
_PRIOR = np.array([-0.20, 0.10, 0.043, 0.034, 0.030])
_PRIOR_SD = np.array([0.25, 0.25, 0.025, 0.02, 0.02])
_OUTLIER = 2.0


def _demeaned(x: FloatArray, car: Any, lap: Any, rounds: int = 15) -> FloatArray:
    """Car and lap effects removed from the columns of f64[N, K] by alternating means."""
    n_car, n_lap = np.bincount(car), np.bincount(lap)
    out = x.copy()
    for _ in range(rounds):
        for index, count in ((car, n_car), (lap, n_lap)):
            for k in range(out.shape[1]):
                out[:, k] -= (np.bincount(index, out[:, k], len(count)) / np.maximum(count, 1))[index]
    return out


def _race_moments(race: RecordedRace) -> tuple[FloatArray, FloatArray, float] | None:
    """(X'X, X'y, residual variance) of one race's tire regression; None with too few clean laps."""
    grid = race.grid
    base = base_lap(grid)
    keep = usable(grid) & np.isfinite(grid.age) & (grid.lap_time < base * 1.08)
    if keep.sum() < 200:
        return None
    car, lap = np.nonzero(keep)
    code, age = grid.compound[keep], np.clip(grid.age[keep], 1, 60)
    before = gap_ahead(grid.line)
    before = np.concatenate([np.full((len(before), 1), np.nan), before[:, :-1]], axis=1)[keep]
    lost_behind = DIRTY_AIR * np.exp(-np.nan_to_num(before, nan=99) / DIRTY_AIR_DECAY)
    y = grid.lap_time[keep] / base * REFERENCE_LAP - lost_behind
    x = np.column_stack([code == 0, code == 2, *((code == k) * age for k in range(3))]).astype(float)
    car_index, lap_index = np.unique(car, return_inverse=True)[1], np.unique(lap, return_inverse=True)[1]
    z = _demeaned(np.column_stack([x, y]), car_index, lap_index)
    good = np.abs(z[:, -1]) < _OUTLIER
    z = z[good]
    xtx, xty = z[:, :-1].T @ z[:, :-1], z[:, :-1].T @ z[:, -1]
    # errors of neighboring laps go together: five laps count for about one and a half
    return xtx / 3.0, xty / 3.0, float(np.var(z[:, -1]))


def fit_tires(races: Sequence[RecordedRace]) -> dict[str, Any]:
    """Tire tables: {"all": entry, "circuits": {id: entry}}, entry {"offset": [5], "wear": [5], "sd": [5], "races"}."""
    moments = [(race, m) for race in races if (m := _race_moments(race)) is not None]
    prior_precision = np.diag(1.0 / _PRIOR_SD**2)
    overall = _posterior([m for _, m in moments], _PRIOR, prior_precision / 25.0)
    # circuits differ from the sport by about this much (between-circuit spread of the wear, 2018-2024)
    between = np.diag(1.0 / np.array([0.15, 0.15, 0.015, 0.012, 0.010]) ** 2)
    circuits = {}
    for circuit in sorted({race.circuit_id for race, _ in moments}):
        own = [m for race, m in moments if race.circuit_id == circuit]
        circuits[circuit] = _entry(*_posterior(own, overall[0], between), len(own))
    return {"all": _entry(*overall, len(moments)), "circuits": circuits}


def _posterior(moments: Sequence[tuple[FloatArray, FloatArray, float]], mean: FloatArray, precision: FloatArray
               ) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    total, right = precision.copy(), precision @ mean
    for xtx, xty, variance in moments:
        total += xtx / variance
        right += xty / variance
    cov = np.linalg.inv(total)
    return cov @ right, np.sqrt(np.diag(cov))


def _entry(beta: FloatArray, sd: FloatArray, n: int) -> dict[str, Any]:
    offset = [float(beta[0]), 0.0, float(beta[1]), *WET_OFFSET]
    wear = [*(max(float(b), 0.002) for b in beta[2:5]), *WET_WEAR]
    return {
        "offset": [round(v, 4) for v in offset],
        "wear": [round(v, 5) for v in wear],
        "offset_sd": [round(float(sd[0]), 4), 0.0, round(float(sd[1]), 4), 1.0, 1.0],
        "wear_sd": [*(round(float(v), 5) for v in sd[2:5]), 0.02, 0.02],
        "races": n,
    }


def correction(tires: dict[str, Any], circuit_id: str) -> TireCorrection:
    """The tables of a circuit, or the sport's where it is unknown."""
    entry = tires["circuits"].get(circuit_id, tires["all"])
    return TireCorrection(np.array(entry["offset"]), np.array(entry["wear"]))
