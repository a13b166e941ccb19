"""How fast the set now fitted is against what its compound and age say: from the forecast of the stint's next laps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from shared.models.grid import FloatArray, LapGrid
from shared.models.tires.features import Context
from shared.models.tires.forecast import HORIZONS, Change, predict

AHEAD = 10  # laps
_HORIZON = HORIZONS.index(AHEAD)
_FEWEST = 5  # cars whose next laps are forecast, for the field's middle to mean something
_BOUND = 1.5  # s a lap


def stint_surprise(
    model: Mapping[str, Any] | None,
    grid: LapGrid,
    context: Context,
    expected: FloatArray,
    evaluator: Change | None = None,
) -> FloatArray:
    """f64[C]: s a lap by which the next ten laps of each stint are forecast slower than the parameters say, against the
    field's median; 0 for a car, or a whole field, that cannot be told.

    ``expected`` f64[C]: mean pace over the next ten laps by the parameters, s from any common origin.
    ``evaluator``: as for ``tire_forecast.predict``.
    """
    if model is None or not model["beats_baselines"]:
        return np.zeros(len(expected))
    forecast = predict(model, grid, context, evaluator)
    level = forecast.recent + forecast.change[:, _HORIZON]
    known = np.isfinite(level)
    if known.sum() < _FEWEST:
        return np.zeros(len(expected))
    surprise = level - np.median(level[known]) - (expected - np.median(expected[known]))
    return np.where(known, np.clip(surprise, -_BOUND, _BOUND), 0.0)
