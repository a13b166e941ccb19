"""What the model of ``model.py`` forecasts of a stint: evaluated from plain tables, as it serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from shared.models.grid import FloatArray, LapGrid
from shared.models.tires.features import NAMES, Context, recent_features
from shared.models.trees import evaluate

HORIZONS = (5, 10, 15)
BOUNDS = (-4.0, 4.0)
"""Spreads from the center that a feature may count for in the linear part."""
Change = Callable[[FloatArray], FloatArray]
_SPREADS = tuple(NAMES.index(name) for name in ("spread", "own_spread", "field_spread"))
_GAP = NAMES.index("gap_ahead")


class Degradation(NamedTuple):
    """recent f64[C]: recent pace, real seconds; change f64[C, H]: mean pace over the next ``HORIZONS`` laps less the
    recent; low, high f64[C, H]: 80% interval of the change. NaN for cars that cannot be told."""

    recent: FloatArray
    change: FloatArray
    low: FloatArray
    high: FloatArray


def change(table: Mapping[str, Any], x: FloatArray) -> FloatArray:
    """f64[N, H]: forecast of the difference from recent pace, s on the reference lap; ``table`` as fitted."""
    columns = []
    for model in table["horizons"]:
        z = standard(x, np.array(model["center"]), np.array(model["spread"]))
        columns.append(z @ np.array(model["weights"]) + evaluate(model["trees"], x))
    return np.column_stack(columns)


def error_scale(table: Mapping[str, Any], x: FloatArray) -> FloatArray:
    """f64[N, H]: typical error, s on the reference lap."""
    return np.exp(np.column_stack([scale_features(x) @ np.array(model["scale"]) for model in table["horizons"]]))


def predict(table: Mapping[str, Any], grid: LapGrid, context: Context, evaluator: Change | None = None) -> Degradation:
    """What every car of ``grid`` will do if it stays out, from the laps up to ``context.lap``.

    ``evaluator``: ``change`` of the same table by other means.
    """
    recent = recent_features(grid, context)
    known = np.isfinite(recent.pace)[:, None]
    if not known.any():
        nothing = np.full((len(recent.pace), len(HORIZONS)), np.nan)
        return Degradation(np.full(len(recent.pace), np.nan), nothing, nothing, nothing)
    told = change(table, recent.x) if evaluator is None else evaluator(recent.x)
    mean = np.where(known, told, np.nan) * recent.scale
    width = error_scale(table, recent.x) * recent.scale
    quantiles = np.array([model["quantiles"] for model in table["horizons"]])
    return Degradation(recent.pace * recent.scale, mean, mean + width * quantiles[:, 0], mean + width * quantiles[:, 1])


def standard(x: FloatArray, center: FloatArray, spread: FloatArray) -> FloatArray:
    """f64[N, F + 1]: features about their center in units of their spread, and a constant."""
    return np.column_stack([np.clip((x - center) / spread, *BOUNDS), np.ones(len(x))])


def scale_features(x: FloatArray) -> FloatArray:
    """f64[N, 5]: what tells how far a forecast may be out: spreads of recent laps, the gap ahead, a constant."""
    return np.column_stack([np.log(0.1 + x[:, _SPREADS]), np.log1p(x[:, _GAP]), np.ones(len(x))])
