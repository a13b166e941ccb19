"""One message to one row of ``live_features``: what was measured, the window it belongs to, what follows from it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from shared.live import fuel
from shared.live.windows import window_start
from shared.telemetry import CarSample, LapCompleted, Telemetry


def feature_row(
    message: Telemetry,
    identity: str,
    received_at: dt.datetime,
    total_laps: int | None = None,
    model: fuel.FuelModel = fuel.DEFAULT,
) -> dict[str, Any] | None:
    """The row, by the names of ``live_features``; None for messages that tell nothing of one car's features.

    ``total_laps``: scheduled distance where the session is known; without it the fuel is left open.
    """
    if isinstance(message, CarSample):
        row: dict[str, Any] = {
            "lap": message.lap,
            "speed": message.speed,
            "rpm": message.rpm,
            "gear": message.gear,
            "throttle": message.throttle,
            "brake": message.brake,
            "drs": message.drs,
            "distance": message.distance,
            "x": message.x,
            "y": message.y,
            "z": message.z,
        }
    elif isinstance(message, LapCompleted):
        row = {
            "lap": message.lap,
            "lap_time": message.lap_time,
            "gap_to_leader": message.gap_to_leader,
            "tire_compound": message.tire_compound,
            "tire_age": message.tire_age,
        }
        if total_laps is not None:
            row["fuel_remaining"] = model.remaining(message.lap, total_laps)
            row["fuel_basis"] = model.basis
    else:
        return None
    row["message_id"] = identity
    row["received_at"] = received_at
    row["sampled_at"] = message.sampled_at
    row["race_id"] = message.race_id
    row["driver_id"] = message.driver_id
    row["kind"] = message.kind
    row["window_start"] = dt.datetime.fromtimestamp(window_start(message.sampled_at), dt.UTC)
    return row
