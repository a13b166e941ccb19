"""How a race was driven, by its cars' telemetry, beside the races that the models of fuel, brakes and style know.

Few races with telemetry are at hand, so nothing can be drawn as it is for laps: each known race is set against the
others, and the furthest that any feature of any of them lies is the one limit for all features. A limit by feature
would rest on three numbers; set against the two others, the middle one of 2025's three then lay 7 to 10 times beyond
its limit, and 2.2 times with the limit in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from shared.models.drift.distance import counts, edges, ks, psi
from shared.models.grid import FloatArray
from shared.models.telemetry.laps import INDEX, moving

FEATURES = {
    "throttle_mean": "mean throttle of a lap, percent",
    "full_share": "share of a lap at full throttle",
    "speed_mean": "mean speed of a lap, km/h",
    "gear_mean": "mean gear of a lap",
    "rpm_mean": "mean engine speed of a lap, 1/min",
    "drs_share": "share of a lap with DRS open",
    "brake_share": "share of a lap on the brake",
    "decel_p95": "95% quantile of a lap's deceleration under braking, m/s²",
    "brake_speed": "mean speed under braking, km/h",
    "lift_share": "share of a lap lifted at speed",
    "coast_share": "share of a lap on neither pedal",
}
"""What is watched, and what it is: fields of ``LapTelemetry`` that the models take. Length and burn of a lap go by the
length of the circuit, and the models take them relative to the car's own: they are left out."""
MODELS: dict[str, tuple[str, ...]] = {
    "fuel": ("throttle_mean", "full_share", "speed_mean", "gear_mean", "rpm_mean", "drs_share", "brake_share"),
    "brake_bias": ("decel_p95", "brake_speed"),
    "driving_style": ("full_share", "lift_share", "coast_share", "drs_share"),
}
"""What each model rests on."""
LEAST_RACES = 3
LEAST_LAPS = 300
"""Fewest laps that tell a race: a third of one of twenty cars."""
WATCH, RETRAIN = 1.0, 1.4
"""Times the limit: further than any known race from the others; and so far that hardly a lap is like those known, which
with the three races of 2025 (limits 3.1 and .65) is 1.5 for KS and, with a race of twenty cars, 2.2 for PSI."""


def driven(values: FloatArray) -> dict[str, FloatArray]:
    """Features f64[n] of a race's laps f64[N, fields of LapTelemetry], whoever drove them in whatever order; the first
    lap and those with a standstill are left out. Empty where too few laps are told."""
    laps = values[moving(values) & (values[:, INDEX["lap"]] > 1)] if len(values) else values
    return {name: laps[:, INDEX[name]] for name in FEATURES} if len(laps) >= LEAST_LAPS else {}


def fit_telemetry_reference(races: Mapping[str, FloatArray]) -> dict[str, Any] | None:
    """{"races", "features": {name: {"edges", "counts"}}, "limit": {"psi", "ks"}} of laps by race id, as ``driven``
    takes them; None with fewer than three races that tell enough."""
    known = {race_id: found for race_id, laps in sorted(races.items()) if (found := driven(laps))}
    if len(known) < LEAST_RACES:
        return None
    apart = [
        distances(own, bins({other: known[other] for other in known if other != race_id}))
        for race_id, own in known.items()
    ]
    furthest = np.max([list(by_name.values()) for by_name in apart], axis=(0, 1))
    limit = {"psi": round(float(furthest[0]), 5), "ks": round(float(furthest[1]), 5)}
    return {"races": list(known), "features": bins(known), "limit": limit}


def bins(races: Mapping[str, Mapping[str, FloatArray]]) -> dict[str, Any]:
    """{name: {"edges", "counts"}} of the races together."""
    out = {}
    for name in FEATURES:
        every = np.concatenate([own[name] for own in races.values()])
        at = np.round(edges(every), 6)
        out[name] = {"edges": at.tolist(), "counts": counts(every, at).astype(int).tolist()}
    return out


def distances(now: Mapping[str, FloatArray], features: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """(PSI, KS) by feature of a race against the binned reference."""
    out = {}
    for name, kept in features.items():
        here, there = counts(now[name], np.array(kept["edges"])), np.array(kept["counts"], float)
        out[name] = (float(psi(here, there)), float(ks(here, there)))
    return out
