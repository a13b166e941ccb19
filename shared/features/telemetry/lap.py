"""One car's samples of one lap as the few numbers that models take: how it was driven, how it braked, what it burned.

A lap is the set of its samples: the store merges samples by message id, in whatever order and from however many
writers they came, and ``lap_telemetry`` reads the set. So a recorded lap and a live one come to the same numbers, and
another sampling rate to nearly the same: shares and means go by the clock, deceleration by a grid of a quarter second.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from shared.race.telemetry import LapTelemetry

FloatArray = npt.NDArray[np.float64]

MAX_FLOW = 100.0
"""kg/h: FIA Formula One Technical Regulations 2014-2025, article 5.1 (fuel mass flow)."""
FLOW_PER_RPM, FLOW_AT_REST, FULL_FLOW_RPM = 0.009, 5.5, 10_500.0
"""Below 10,500 rpm the flow must not exceed 0.009 rpm + 5.5 kg/h: the same article. The rules of 2026 limit energy
instead, by a line of the same shape; what is told here as a ratio to even burn holds under both."""
NO_READING = 100.0
"""The feed sends a throttle of 104 where it has no reading."""
DRS_OPEN = (1, 10, 12, 14)
"""The live feed's codes, and the 1 of recorded files."""
FULL_THROTTLE, CLOSED_THROTTLE, LIFTED_THROTTLE = 98.0, 2.0, 50.0
LIFT_SPEED = 200.0
"""km/h: above it a pedal less than half open without brake is a lift, not a corner."""
STANDING = 5.0
"""km/h; a car slower than this has stood in its box, or on the grid."""
GRID = 0.25
"""s between the points at which speed is compared: the feed measures some four times a second, and the rows between
are interpolated."""
MIN_SAMPLES = 60
"""Fewest samples that tell a lap: a quarter of what the feed sends in a lap of a minute."""


class LapSamples(NamedTuple):
    """Samples of one car on one lap, f64[N] each, NaN for no reading. time: s, from any origin; brake: 0 or 1."""

    time: FloatArray
    speed: FloatArray
    rpm: FloatArray
    gear: FloatArray
    throttle: FloatArray
    brake: FloatArray
    drs: FloatArray


def lap_telemetry(lap: int, samples: LapSamples) -> LapTelemetry | None:
    """The lap's numbers, rounded to what the sensors resolve; None where too little was read to tell them.

    The order of the samples does not matter; samples of one moment count as they are.
    """
    samples = _in_order(samples)
    throttle = np.where(samples.throttle <= NO_READING, samples.throttle, np.nan)
    speed, rpm = samples.speed, np.where(samples.rpm <= 20_000, samples.rpm, np.nan)
    gear = np.where(samples.gear <= 8, samples.gear, np.nan)
    read = [np.isfinite(column).sum() for column in (throttle, speed, rpm, gear, samples.brake)]
    if len(samples.time) < MIN_SAMPLES or min(read) < MIN_SAMPLES:
        return None
    seconds = float(samples.time[-1] - samples.time[0])
    pedals = np.isfinite(throttle) & np.isfinite(samples.brake) & np.isfinite(speed)
    off = samples.brake[pedals] < 0.5
    pedal = throttle[pedals]
    p95, mean, brake_speed = _braking(samples)
    flow = fuel_flow(throttle, rpm)
    values: dict[str, Any] = {
        "seconds": seconds,
        "throttle_mean": np.nanmean(throttle),
        "full_share": _share(throttle >= FULL_THROTTLE, throttle),
        "coast_share": np.mean(off & (pedal <= CLOSED_THROTTLE)),
        "lift_share": np.mean(off & (pedal < LIFTED_THROTTLE) & (speed[pedals] >= LIFT_SPEED)),
        "brake_share": np.nanmean(samples.brake),
        "speed_mean": np.nanmean(speed),
        "speed_max": np.nanmax(speed),
        "speed_min": np.nanmin(speed),
        "gear_mean": np.nanmean(gear),
        "rpm_mean": np.nanmean(rpm),
        "rpm_high_share": _share(rpm > FULL_FLOW_RPM, rpm),
        "drs_share": _share(np.isin(samples.drs, DRS_OPEN), samples.drs),
        "decel_p95": p95,
        "decel_mean": mean,
        "brake_speed": brake_speed,
        "burn": float(np.nanmean(flow)) * seconds / 3600.0,
    }
    return LapTelemetry(lap, len(samples.time), **{name: round(float(value), 5) for name, value in values.items()})


def fuel_flow(throttle: FloatArray, rpm: FloatArray) -> FloatArray:
    """kg/h that the rule admits at that engine speed, times the throttle (percent): an engine at part throttle is taken
    to burn in proportion, which no public figure contradicts or confirms."""
    admitted = np.where(rpm >= FULL_FLOW_RPM, MAX_FLOW, FLOW_PER_RPM * rpm + FLOW_AT_REST)
    return np.asarray(np.minimum(admitted, MAX_FLOW) * throttle / 100.0)


def _in_order(samples: LapSamples) -> LapSamples:
    """By time; samples of one moment by their values, so that no order of delivery shows."""
    filled = [np.nan_to_num(column, nan=-1.0) for column in reversed(samples)]
    order = np.lexsort(filled)
    return LapSamples(*(np.asarray(column, float)[order] for column in samples))


def _braking(samples: LapSamples) -> tuple[float, float, float]:
    """(95th percentile and mean of the deceleration under braking, m/s²; mean speed there, km/h); zeros without."""
    known = np.isfinite(samples.speed)
    time, speed = samples.time[known], samples.speed[known]
    grid = np.arange(time[0], time[-1], GRID)
    v = np.interp(grid, time, speed) / 3.6
    pressed = np.interp(grid, samples.time, np.nan_to_num(samples.brake))
    slower = -np.diff(v) / GRID
    braking = (pressed[:-1] >= 0.5) & (pressed[1:] >= 0.5) & (slower > 0.0)
    if not braking.any():
        return 0.0, 0.0, 0.0
    found = slower[braking]
    middle = 0.5 * (v[:-1] + v[1:])[braking]
    return float(np.quantile(found, 0.95)), float(found.mean()), float(middle.mean() * 3.6)


def _share(true: npt.NDArray[np.bool_], of: FloatArray) -> float:
    known = np.isfinite(of)
    return float(true[known].mean()) if known.any() else 0.0
