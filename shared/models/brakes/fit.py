"""Fits the brake bias: a linear regression of the ideal share on what is known before the lap.

The target is the ideal share at the deceleration measured on the lap itself (95th percentile under braking): derived
from physics, no public truth. The mean of a circuit left out is not known, so its baseline is that of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from shared.models.brakes.features import NAMES, row
from shared.models.brakes.physics import HIGH, LOW, ideal_share, used_grip
from shared.models.grid import FloatArray
from shared.models.telemetry.laps import CarLaps, moving, windows
from shared.models.telemetry.scores import MIN_RACES, balanced, beats, compared, folds
from shared.race.rules import RACE_FUEL

RIDGE = 5.0


class Examples(NamedTuple):
    """Laps, N: x f64[N, F]; y f64[N] percent on the front; race, car [N]."""

    x: FloatArray
    y: FloatArray
    race: np.ndarray
    car: np.ndarray


def examples(cars: Sequence[CarLaps]) -> Examples:
    """Every lap without a standstill; fuel as if burned evenly, since nothing better is known of the truth."""
    rows = []
    for car in cars:
        on_track, decel, speed = moving(car.values), car.column("decel_p95"), car.column("brake_speed")
        for j, window in windows(car):
            fuel = max(RACE_FUEL * (1.0 - (car.lap[j] - 1) / car.total_laps), 0.0)
            x = row(window, fuel, float(np.nan_to_num(car.age[j], nan=1.0)))
            if on_track[j] and decel[j] > 0.0 and x is not None:
                y = float(ideal_share(fuel, used_grip(fuel, decel[j], speed[j])))
                rows.append((x, y, car.race_id, car.driver_id))
    return Examples(*(np.array(column) for column in zip(*rows, strict=True)))


def fit_brakes(cars: Sequence[CarLaps]) -> dict[str, Any] | None:
    """{"features", "coefficients", "intercept", "low", "high", "serves", "score"}; None with too few races."""
    if len({car.race_id for car in cars}) < MIN_RACES:
        return None
    known = examples(cars)
    weight = balanced(known.race)
    forecast, others = np.full(len(known.y), np.nan), np.full(len(known.y), np.nan)
    for _, out in folds(known.race):
        forecast[out] = evaluate(_fit(known, np.where(out, 0.0, weight)), known.x[out])
        others[out] = np.average(known.y[~out], weights=weight[~out])
    own = known.x[:, NAMES.index("ideal_mean")]
    score = compared(
        {
            "regression": np.abs(forecast - known.y),
            "mean_of_other_circuits": np.abs(others - known.y),
            "own_last_ten_laps": np.abs(own - known.y),
        },
        known.race,
        known.car,
    )
    return {**_fit(known, weight), "serves": beats(score, "mean_of_other_circuits"), "score": score}


def _fit(known: Examples, weight: FloatArray) -> dict[str, Any]:
    """The change from the mean of the last laps is fitted, so that the level is the car's own and no circuit's: the
    coefficients of the two ideal shares sum to one."""
    mean, last = (known.x[:, NAMES.index(name)] for name in ("ideal_mean", "ideal_last"))
    x = np.column_stack([known.x[:, 0], known.x[:, 1], last - mean])
    center = np.average(x, axis=0, weights=weight)
    spread = np.sqrt(np.average((x - center) ** 2, axis=0, weights=weight)) + 1e-6
    z, change = (x - center) / spread, known.y - mean
    middle = float(np.average(change, weights=weight))
    gram = (z * weight[:, None]).T @ z + RIDGE * np.eye(3)
    beta = np.round(np.linalg.solve(gram, (z * weight[:, None]).T @ (change - middle)) / spread, 6)
    return {
        "kind": "linear",
        "features": list(NAMES),
        "coefficients": [float(beta[0]), float(beta[1]), round(1.0 - float(beta[2]), 6), float(beta[2])],
        "intercept": round(middle - float(center @ beta), 6),
        "low": LOW,
        "high": HIGH,
    }


def evaluate(table: dict[str, Any], x: FloatArray) -> FloatArray:
    """f64[N] percent on the front, within the table's bounds."""
    share = np.asarray(x) @ np.asarray(table["coefficients"]) + float(table["intercept"])
    return np.asarray(np.clip(share, table["low"], table["high"]))
