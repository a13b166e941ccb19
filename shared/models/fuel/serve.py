"""Fuel that the next lap will take, from how the last ten were driven."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from shared.models.fuel import lstm
from shared.models.fuel.aboard import MIN_LAPS
from shared.models.fuel.features import sequence, standard
from shared.models.telemetry.laps import INDEX, WINDOW, values_of
from shared.models.tflite.interpreter import Evaluate
from shared.race.telemetry import LapTelemetry

BOUNDS = (0.2, 1.5)
"""Ratio to even burn within which a lap's forecast is kept; a lap behind a safety car takes about half."""


def next_lap(
    table: Mapping[str, Any] | None, laps: Sequence[LapTelemetry], evaluator: Evaluate | None = None
) -> float | None:
    """Ratio of the next lap's burn to that of a usual lap, from the last ten; None without a model or telemetry.
    ``evaluator``: the LSTM with its scaling by other means."""
    if table is None or not table.get("serves") or len(laps) < MIN_LAPS:
        return None
    values = values_of(laps[-WINDOW:])
    burn = values[:, INDEX["burn"]]
    x = sequence(values)[None]
    if evaluator is None:
        change = float(lstm.evaluate(table, standard(x, table["mean"], table["scale"]))[0])
    else:
        change = float(evaluator(x)[0, 0])
    usual = max(float(np.median(burn)), 1e-3)
    return float(np.clip((burn[-1] + change * burn.mean()) / usual, *BOUNDS))
