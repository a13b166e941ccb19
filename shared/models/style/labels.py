"""What a lap is called by what the driver did: pace against the car's own potential, lifting and coasting, throttle.

The rule: over the last ten racing laps up to and with the lap, potential is the 20% quantile of the fuel-corrected lap
times in clear air (no DRS). A lap scores up for each 0.4% of pace beyond 0.3% off the potential, up for lifting and
coasting more than those laps' median, down for more full throttle. Below -0.75 it is PUSH, above 0.75 CONSERVE, else
BALANCED. Nothing later than the lap enters, so the mode of the lap before is known when the next one is asked about.
"""

from __future__ import annotations

import numpy as np

from shared.models.grid import FloatArray, IntArray
from shared.models.telemetry.laps import INDEX, WINDOW, CarLaps, moving

MODES = ("PUSH", "BALANCED", "CONSERVE")
PUSH, BALANCED, CONSERVE = range(3)
NO_MODE = -1
THRESHOLD = 0.75
PACE_OFF, PACE_UNIT = 0.003, 0.004
PEDAL_UNIT, PEDAL_WEIGHT = 0.015, 0.5
FUEL_SHARE = 0.053 / 90.0
"""Share of a lap's time that fuel burned and the track's evolution gain a lap: .053 s +- .0017 (2018-2024)."""
CLEAR_DRS = 0.01
MIN_RACING = 3
SLOWER, FASTER = 1.05, 0.92
"""Laps beyond these multiples of the window's first quartile are no racing laps: safety cars, stops, short laps."""


def corrected(window: FloatArray) -> FloatArray:
    """f64[n]: length of the laps, s, without what burned fuel gains."""
    return np.asarray(window[:, INDEX["seconds"]] * (1.0 + FUEL_SHARE * window[:, INDEX["lap"]]))


def lifting(window: FloatArray) -> FloatArray:
    """f64[n]: share of the lap lifted or coasting."""
    return np.asarray(window[:, INDEX["lift_share"]] + window[:, INDEX["coast_share"]])


def scores(window: FloatArray) -> FloatArray:
    """f64[n] of up to ten laps f64[n, fields of LapTelemetry], NaN for those that are no racing laps."""
    out = np.full(len(window), np.nan)
    seconds = window[:, INDEX["seconds"]]
    racing = moving(window) & (window[:, INDEX["lap"]] > 1)
    if racing.any():
        usual = np.quantile(seconds[racing], 0.25)
        racing &= (seconds <= SLOWER * usual) & (seconds >= FASTER * usual)
    if racing.sum() < MIN_RACING:
        return out
    clear = racing & (window[:, INDEX["drs_share"]] <= CLEAR_DRS)
    pace, lifts, full = corrected(window), lifting(window), window[:, INDEX["full_share"]]
    potential = np.quantile(pace[clear if clear.sum() >= MIN_RACING else racing], 0.2)
    off = (pace / potential - 1.0 - PACE_OFF) / PACE_UNIT
    pedals = (lifts - np.median(lifts[racing])) - (full - np.median(full[racing]))
    out[racing] = (off + PEDAL_WEIGHT * pedals / PEDAL_UNIT)[racing]
    return out


def mode_of(score: float) -> int:
    """The mode of a score, NO_MODE for NaN."""
    if np.isnan(score):
        return NO_MODE
    return PUSH if score < -THRESHOLD else CONSERVE if score > THRESHOLD else BALANCED


def modes(car: CarLaps) -> IntArray:
    """i64[N]: mode of every lap of a car, NO_MODE where the rule tells none."""
    n = len(car.lap)
    return np.array([mode_of(scores(car.values[max(0, j - WINDOW + 1) : j + 1])[-1]) for j in range(n)], np.int64)
