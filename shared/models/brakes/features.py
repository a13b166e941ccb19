"""What the brake-bias regression knows when it is asked: fuel, the set's age, and how the last ten laps braked."""

from __future__ import annotations

import numpy as np

from shared.models.brakes.physics import ideal_share, used_grip
from shared.models.grid import FloatArray
from shared.models.telemetry.laps import INDEX, moving

NAMES = ("fuel_kg", "tire_age", "ideal_mean", "ideal_last")
"""ideal_*: percent on the front at the deceleration of the last laps (95th percentile), mean and last, on the fuel of
now. Deceleration and speed by themselves made a circuit left out worse."""


def row(window: FloatArray, fuel: float, age: float) -> FloatArray | None:
    """f64[F] from the laps before f64[n, fields of LapTelemetry]; None where none of them braked on track."""
    laps = window[moving(window) & (window[:, INDEX["decel_p95"]] > 0.0)]
    if len(laps) == 0:
        return None
    decel, speed = laps[:, INDEX["decel_p95"]], laps[:, INDEX["brake_speed"]]
    ideal = ideal_share(fuel, used_grip(fuel, decel, speed))
    return np.array([fuel, age, ideal.mean(), ideal[-1]])
