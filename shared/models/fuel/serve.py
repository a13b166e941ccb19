"""Fuel at serving time: what is left, from the laps' measured burn, and what the next lap will take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from shared.models.fuel import lstm
from shared.models.fuel.features import sequence, standard
from shared.models.telemetry.laps import INDEX, WINDOW, moving, values_of
from shared.models.tflite.interpreter import Evaluate
from shared.race.telemetry import LapTelemetry

MEASURED = (
    "the fuel-flow rule (FIA technical regulations) integrated over throttle and engine speed of the car's telemetry,"
    " scaled to 110 kg for the race; derived from physics, no public truth"
)
EVEN = "rule: 110 kg burned evenly over the scheduled distance; no telemetry of this car"
BOUNDS = (0.2, 1.5)
"""Ratio to even burn within which a lap's forecast is kept; a lap behind a safety car takes about half."""
MIN_LAPS = 3


def remaining(laps: Sequence[LapTelemetry], lap: int, total_laps: int, start: float) -> float | None:
    """kg left at the end of ``lap`` of ``start`` kg; None with fewer than three laps of telemetry up to it.

    The rule's integral over the laps so far (those without telemetry count as the usual one) as a share of what it
    will come to at the flag, if the laps to come burn as the usual one: the median of laps not begun or ended at rest.
    """
    known = [each for each in laps if each.lap <= lap]
    if len(known) < MIN_LAPS or total_laps <= 0:
        return None
    values = values_of(known)
    burn = values[:, INDEX["burn"]]
    on_track = moving(values)
    usual = float(np.median(burn[on_track] if on_track.any() else burn))
    used = float(burn.sum()) + (lap - len(known)) * usual
    whole = used + max(total_laps - lap, 0) * usual
    return round(max(0.0, start * (1.0 - used / whole)), 2) if whole > 0.0 else None


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
