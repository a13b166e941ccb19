"""Fits the fuel model: what a lap will burn, from the ten before, against constant burn and the lap before.

No team tells its fuel. The target integrates the FIA's fuel-flow rule over throttle and engine speed and scales each
race so that the cars that finish burn the allowance: derived from physics, no public truth.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from shared.models.fuel import lstm
from shared.models.fuel.features import NAMES, sequence, standard
from shared.models.grid import FloatArray
from shared.models.telemetry.laps import INDEX, WINDOW, CarLaps, windows
from shared.models.telemetry.scores import MIN_RACES, balanced, beats, compared, folds
from shared.race.rules import RACE_FUEL

HIDDEN, SEED, CLIP = 8, 3, 0.6


class Examples(NamedTuple):
    """Laps to forecast, N: x f64[N, 10, F]; burn, previous, usual f64[N]: ratio to even burn of the lap, of the one
    before, of the mean of the window (targets in kg are these times RACE_FUEL / total laps); even f64[N] kg; race, car
    [N]."""

    x: FloatArray
    burn: FloatArray
    previous: FloatArray
    usual: FloatArray
    even: FloatArray
    race: np.ndarray
    car: np.ndarray


def race_scales(cars: Sequence[CarLaps]) -> dict[str, float]:
    """kg of the rule's integral that an even lap comes to, by race: the median over the cars that finish, on which the
    integral is scaled to the allowance."""
    out = {}
    for race in sorted({car.race_id for car in cars}):
        own = [car for car in cars if car.race_id == race]
        last = max(int(car.lap[-1]) for car in own)
        finished = [car for car in own if car.lap[-1] >= last - 2] or own
        out[race] = float(np.median([car.column("burn").mean() for car in finished]))
    return out


def examples(cars: Sequence[CarLaps]) -> Examples:
    """Every lap that follows another of its car; nothing of the lap itself or of later ones is in ``x``."""
    scales = race_scales(cars)
    rows = []
    for car in cars:
        ratio = car.column("burn") / scales[car.race_id]
        for j, window in windows(car):
            if car.lap[j] == car.lap[j - 1] + 1:
                usual = float(window[:, INDEX["burn"]].mean()) / scales[car.race_id]
                even = RACE_FUEL / car.total_laps
                rows.append((sequence(window), ratio[j], ratio[j - 1], usual, even, car.race_id, car.driver_id))
    return Examples(*(np.array(column) for column in zip(*rows, strict=True)))


def fit_fuel(cars: Sequence[CarLaps]) -> dict[str, Any] | None:
    """The model's table with its scores, None with fewer races than can be left out. ``serves``: whether it beats both
    baselines; where it does not, fuel is burned evenly."""
    if len({car.race_id for car in cars}) < MIN_RACES:
        return None
    known = examples(cars)
    weight = balanced(known.race)
    forecast = np.full(len(known.burn), np.nan)
    for _, out in folds(known.race):
        table = _fit(known, np.where(out, 0.0, weight))
        forecast[out] = ratio(table, known.x[out], known.previous[out], known.usual[out])
    score = compared(
        {
            "lstm": np.abs(forecast - known.burn) * known.even,
            "constant": np.abs(1.0 - known.burn) * known.even,
            "previous_lap": np.abs(known.previous - known.burn) * known.even,
        },
        known.race,
        known.car,
    )
    table = _fit(known, weight)
    return {**table, "serves": beats(score, "constant", "previous_lap"), "score": score}


def _fit(known: Examples, weight: FloatArray) -> dict[str, Any]:
    used = known.x[weight > 0]
    mean, scale = np.nanmean(used, axis=(0, 1)), np.maximum(np.nanstd(used, axis=(0, 1)), 1e-3)
    mean[0], scale[0] = 0.0, 1.0
    mean, scale = np.round(mean, 6), np.round(scale, 6)
    target = np.clip((known.burn - known.previous) / known.usual, -CLIP, CLIP)
    weights = lstm.train(standard(known.x, mean, scale), target, weight, HIDDEN, SEED)
    return {
        "kind": "lstm",
        "steps": WINDOW,
        "hidden": HIDDEN,
        "features": list(NAMES),
        "mean": mean.tolist(),
        "scale": scale.tolist(),
        **weights,
    }


def ratio(table: dict[str, Any], x: FloatArray, previous: FloatArray, usual: FloatArray) -> FloatArray:
    """Forecast ratio f64[N] to even burn of the next lap: the lap before, moved by what the LSTM tells of the change
    (a share of the mean of the window)."""
    return previous + usual * lstm.evaluate(table, standard(x, table["mean"], table["scale"]))
