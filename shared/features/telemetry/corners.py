"""What the speed traces of a race tell of its circuit's corners: where they brake, how fast they arrive and leave.

Medians over clean laps of all cars, at real corners only (FastF1's table through MultiViewer): number, apex speed,
braking point and speed there, and by how much a car slows down that coasts. Nothing is told of a corner that is taken
without braking but its apex speed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from shared.features.telemetry.lap import CLOSED_THROTTLE, NO_READING, FloatArray

STEP = 5.0
"""m between the points of a trace."""
APEX_REACH = 60.0
"""m either side of a corner's mark within which its slowest point is looked for."""
LOOK_BACK = 350.0
"""m before the corner within which its braking begins; the longest braking zones are some 150 m."""
BRAKES_ON = 0.5
"""Share of laps that must be on the brakes at a point for it to be in the braking zone."""
MIN_LAPS = 30
COAST_FROM = 120.0
"""km/h; slower coasting is in the corner itself, where tires drag too."""


def corner_table(samples: pd.DataFrame, marks: pd.DataFrame, clean: pd.DataFrame) -> dict[str, Any] | None:
    """{"corners": [...], "coasting": [c0, c2], "laps"} of one race; None where too few laps or no marks tell it.

    ``samples``: driver_id, lap, time, speed, throttle, brake, distance; ``marks``: number, letter, distance; ``clean``:
    driver_id, lap of the laps to use. coasting: deceleration c0 + c2 v² in m/s² of a car on neither pedal.
    """
    marks = marks[marks["distance"].notna()]
    used = samples.merge(clean[["driver_id", "lap"]], on=["driver_id", "lap"])
    laps = [rows for _, rows in used.groupby(["driver_id", "lap"], sort=True) if len(rows) > 60]
    if len(laps) < MIN_LAPS or marks.empty:
        return None
    length = float(np.median([rows["distance"].max() for rows in laps]))
    at = np.arange(0.0, length, STEP)
    traces = np.array([_trace(rows, at) for rows in laps])  # [laps, 2, points]
    speed, brake = np.median(traces[:, 0], axis=0), np.mean(traces[:, 1], axis=0)
    corners, before = [], 0.0
    for mark in marks.sort_values("distance").itertuples():
        corners.append(_corner(mark, before, at, speed, brake))
        before = float(str(mark.distance))
    return {"corners": corners, "coasting": _coasting(used), "laps": len(laps)}


def _trace(rows: pd.DataFrame, at: FloatArray) -> FloatArray:
    rows = rows.sort_values(["distance", "time"])
    distance = rows["distance"].to_numpy(float)
    speed = rows["speed"].to_numpy(float)
    known = np.isfinite(speed) & np.isfinite(distance)
    brake = np.nan_to_num(rows["brake"].to_numpy(float))
    return np.array([np.interp(at, distance[known], speed[known]), np.interp(at, distance[known], brake[known])])


def _corner(mark: Any, before: float, at: FloatArray, speed: FloatArray, brake: FloatArray) -> dict[str, Any]:
    where = float(mark.distance)
    near = np.flatnonzero(np.abs(at - where) <= APEX_REACH)
    apex = near[np.argmin(speed[near])]
    letter = mark.letter if isinstance(mark.letter, str) and mark.letter.strip() else ""
    out: dict[str, Any] = {
        "number": int(mark.number),
        "letter": letter,
        "distance": round(where, 1),
        "speed": round(float(speed[apex]), 1),
        "brake_distance": None,
        "entry_speed": None,
    }
    on = np.flatnonzero((brake >= BRAKES_ON) & (at <= at[apex]) & (at > max(where - LOOK_BACK, before)))
    if len(on):
        start = on[-1]  # the zone that ends nearest the apex, followed back to where it begins
        while start > 0 and brake[start - 1] >= BRAKES_ON:
            start -= 1
        if before < at[start] < where:  # a zone that began before the last corner, or begins after this one, is not its
            out["brake_distance"] = round(float(at[start]), 1)
            out["entry_speed"] = round(float(speed[start]), 1)
    return out


def _coasting(used: pd.DataFrame) -> list[float] | None:
    """[c0, c2] by least squares over samples with neither pedal, both at least 0; None where there are few."""
    rows = used.sort_values(["driver_id", "lap", "time"])
    same = (rows["driver_id"].eq(rows["driver_id"].shift()) & rows["lap"].eq(rows["lap"].shift())).to_numpy()
    time, v = rows["time"].to_numpy(float), rows["speed"].to_numpy(float) / 3.6
    throttle, brake = rows["throttle"].to_numpy(float), np.nan_to_num(rows["brake"].to_numpy(float))
    off = (throttle <= CLOSED_THROTTLE) & (throttle <= NO_READING) & (brake < 0.5)
    step = np.diff(time, prepend=np.nan)
    pair = same & off & np.roll(off, 1) & (step > 0.05) & (step < 0.6) & (v > COAST_FROM / 3.6)
    slower = -np.diff(v, prepend=np.nan) / step
    pair &= np.isfinite(slower) & (slower > -5.0) & (slower < 40.0)
    if pair.sum() < 200:
        return None
    x = np.column_stack([np.ones(pair.sum()), v[pair] ** 2])
    c0, c2 = np.linalg.lstsq(x, slower[pair], rcond=None)[0]
    if c2 < 0.0 or c0 < 0.0:
        c0, c2 = max(float(slower[pair].mean()), 0.0), 0.0
    return [round(float(c0), 4), round(float(c2), 7)]
