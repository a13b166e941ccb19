"""Fuel that is left, from the laps' measured burn: what live state tells of every car, without any trained model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shared.models.telemetry.laps import INDEX, moving, values_of
from shared.race.telemetry import LapTelemetry

MEASURED = (
    "the fuel-flow rule (FIA technical regulations) integrated over throttle and engine speed of the car's telemetry,"
    " scaled to 110 kg for the race; derived from physics, no public truth"
)
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
