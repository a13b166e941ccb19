"""Laps of a car as arrays: the common form in which recorded telemetry (training) and the live state's last ten laps
(serving) reach the models of fuel, brake bias and driving style.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from shared.features.telemetry.lap import STANDING
from shared.models.grid import BoolArray, FloatArray, IntArray
from shared.race.telemetry import LapTelemetry

WINDOW = 10
"""Laps back that the models look."""
INDEX = {name: k for k, name in enumerate(LapTelemetry._fields)}


class CarLaps(NamedTuple):
    """One car's recorded race, laps in order: lap i64[N]; values f64[N, F] by the fields of ``LapTelemetry``; lap_time,
    age f64[N], NaN where unknown; wet bool[N], on an intermediate or wet."""

    race_id: str
    season: int
    circuit_id: str
    driver_id: str
    total_laps: int
    lap: IntArray
    values: FloatArray
    lap_time: FloatArray
    age: FloatArray
    wet: BoolArray

    def column(self, name: str) -> FloatArray:
        """f64[N] of one field of ``LapTelemetry``."""
        return np.asarray(self.values[:, INDEX[name]])


def recorded_cars(laps: Any) -> list[CarLaps]:
    """Cars of ``TelemetryFrames.laps``, by race and driver."""
    laps = laps.sort_values(["race_date", "race_id", "driver_id", "lap"])
    out = []
    for (race_id, driver), rows in laps.groupby(["race_id", "driver_id"], sort=True):
        first = rows.iloc[0]
        compound = rows["compound"].ffill().bfill()
        out.append(
            CarLaps(
                race_id=str(race_id),
                season=int(first["season"]),
                circuit_id=str(first["circuit_id"]),
                driver_id=str(driver),
                total_laps=int(first["total_laps"]),
                lap=rows["lap"].to_numpy(int),
                values=rows[list(LapTelemetry._fields)].to_numpy(float),
                lap_time=rows["lap_time"].to_numpy(float),
                age=rows["tire_age"].to_numpy(float),
                wet=compound.isin(["INTERMEDIATE", "WET"]).to_numpy(bool),
            )
        )
    return out


def laps_by_race(telemetry: Any | None) -> dict[str, FloatArray]:
    """f64[N, F] by race id of ``TelemetryFrames``, all cars together; empty for None."""
    if telemetry is None or not len(telemetry.laps):
        return {}
    return {
        str(race_id): rows[list(LapTelemetry._fields)].to_numpy(float)
        for race_id, rows in telemetry.laps.groupby("race_id", sort=True)
    }


def values_of(laps: Sequence[LapTelemetry]) -> FloatArray:
    """f64[N, F] of laps in order."""
    return np.asarray(laps, float).reshape(len(laps), len(INDEX))


def windows(car: CarLaps) -> Iterator[tuple[int, FloatArray]]:
    """(row of a lap, values f64[n, F] of the up to ten laps recorded before it) for every lap that has one before it:
    nothing of the lap itself or of a later one is in the window."""
    for j in range(1, len(car.lap)):
        yield j, car.values[max(0, j - WINDOW) : j]


def moving(values: FloatArray) -> BoolArray:
    """bool[N]: laps without a standstill, neither from the grid nor in the box."""
    return np.asarray(values[:, INDEX["speed_min"]] > STANDING)
