"""How to drive until the stop, beside the mode: brake bias and throttle guidance, each with what it rests on.

Both come from physics and rules of thumb written down here; the driving mode is chosen in the search, by simulation.
Nothing is invented: guidance by corner needs a table of the circuit's corners.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from shared.race.state import RaceState
from shared.race.vocabulary import Compound
from shared.simulation.params import RaceParams

GRAVITY_SHARE_FRONT = 0.455
"""Static weight on the front axle: the technical regulations of 2014-2025 held it within .445 and .462."""
HEIGHT_OVER_WHEELBASE = 0.30 / 3.60
"""Height of the center of gravity over the wheelbase, m/m: 3.60 m is the regulations' maximum since 2022, the height
an engineering estimate (0.25 to 0.35 m in the literature)."""
DRY_CAR_KG = 798.0
"""Minimum mass of car and driver without fuel, 2022-2025."""
FUEL_SHARE_FRONT = 0.40
"""Share of the fuel's weight on the front axle: the tank lies behind the driver, ahead of the engine (estimate)."""
GRIP = {
    Compound.SOFT: 1.70,
    Compound.MEDIUM: 1.66,
    Compound.HARD: 1.62,
    Compound.INTERMEDIATE: 1.20,
    Compound.WET: 1.00,
}
"""Peak longitudinal friction on the track the tire is made for (estimates after Milliken & Milliken 1995, ch. 2)."""
SLICK_IN_THE_WET = 0.6
"""Share of its dry grip a slick keeps on a wet track (estimate)."""
BIAS_RANGE = (50.0, 65.0)


class Guidance(NamedTuple):
    """Bias in percent on the front, advice by corner, and what each rests on."""

    brake_bias: float
    throttle_guidance: dict[str, str]
    basis: dict[str, str]


def guidance(params: RaceParams, ego: int, state: RaceState, fuel: float, mode: str, corners: list[Any]) -> Guidance:
    """Both for car ``ego`` on ``fuel`` kg, driven in ``mode``. ``corners``: the circuit's table, may be empty."""
    bias = brake_bias(params, ego, state, fuel)
    advice = throttle_guidance(params, ego, state, mode, corners)
    basis = {
        "brake_bias": (
            "physics rule: ideal front share of braking = static front weight + grip x height of the center of gravity"
            " / wheelbase, with the fuel aboard and grip lost to tire wear; no model of this car"
        ),
        "throttle_guidance": _throttle_basis(advice, corners),
    }
    return Guidance(bias, advice, basis)


def brake_bias(params: RaceParams, ego: int, state: RaceState, fuel: float) -> float:
    """Ideal share of braking on the front axle in percent, clipped to BIAS_RANGE.

    At the limit both axles brake in proportion to their load: front share = f + mu h / L (Limpert, Brake Design and
    Safety, 3rd ed., ch. 7), with f the static share on the front, mu the deceleration over the total load (weight and
    downforce) and h / L the height of the center of gravity over the wheelbase. Fuel moves f. Tire wear lowers mu:
    where grip limits the lap, lap time goes with mu^-1/2, so a loss of time dt of a lap t costs 2 dt / t of grip.
    """
    car = state.cars[ego]
    front = (DRY_CAR_KG * GRAVITY_SHARE_FRONT + fuel * FUEL_SHARE_FRONT) / (DRY_CAR_KG + fuel)
    worn = max(0.0, float(params.stint_wear[ego]) * car.tire_age)
    grip = GRIP[car.compound] * (1.0 - 2.0 * min(worn / max(float(params.base_lap), 1.0), 0.1))
    wet = SLICK_IN_THE_WET if car.compound.is_dry and int(params.wetness) > 0 else 1.0
    share = 100.0 * (front + wet * grip * HEIGHT_OVER_WHEELBASE)
    return round(float(np.clip(share, *BIAS_RANGE)), 1)


def _throttle_basis(advice: dict[str, str], corners: list[Any]) -> str:
    if advice:
        return "rule: the fastest corners of the circuit's table load the tires most"
    if not corners:
        return "nothing known of this circuit's corners"
    if all(corner.get("speed") is None for corner in corners):
        return "nothing known of the speed of this circuit's corners"
    return "rule: the tires need no saving"


def throttle_guidance(params: RaceParams, ego: int, state: RaceState, mode: str, corners: list[Any]) -> dict[str, str]:
    """Advice at real corners of the circuit only; empty without a table or when the tires need no saving."""
    if not corners or mode == "PUSH":
        return {}
    car = state.cars[ego]
    loss = float(params.stint_wear[ego]) * car.tire_age
    if loss < 0.3 and mode != "CONSERVE":
        return {}
    fast = sorted((c for c in corners if c.get("speed") is not None), key=lambda c: -float(c["speed"]))[:3]
    advice = {}
    for corner in fast:
        advice[f"corner_{corner['number']}"] = "Lift early to preserve tires"
    return advice
