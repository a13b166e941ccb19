"""Ideal brake distribution from load transfer: what each axle carries at a deceleration is what it can brake.

Limpert, Brake Design and Safety, 3rd ed., ch. 7: front share = f + mu h / L, with f the static share on the front, mu
the deceleration over the total load (weight and downforce), h / L the height of the center of gravity over the
wheelbase. No team tells its distribution or its bias; wheelbase, height and downforce are assumed as said here.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

STATIC_FRONT = 0.455
"""Static weight on the front axle: the technical regulations of 2014-2025 (article 4) held it within .445 and .462."""
WHEELBASE = 3.60
"""m: the maximum of the technical regulations since 2022 (article 3), which cars use up."""
CENTER_HEIGHT = 0.30
"""m above the road: assumed; the literature has 0.25 to 0.35."""
HEIGHT_OVER_WHEELBASE = CENTER_HEIGHT / WHEELBASE
DRY_CAR_KG = 798.0
"""Minimum mass of car and driver without fuel, 2022-2024; 2025's two kilograms more move nothing by .01 of a point."""
FUEL_FRONT = 0.40
"""Share of the fuel's weight on the front axle: the tank lies behind the driver, ahead of the engine (assumed)."""
LIFT_AREA = 4.5
"""m²: downforce coefficient times frontal area of a car under braking, DRS shut (assumed; published estimates of ground
effect cars lie from 4 to 6), as much of it on each axle as of the weight."""
AIR = 1.2
GRAVITY = 9.81
LOW, HIGH = 50.0, 65.0
"""Percent: the range that cars can set."""


def static_front(fuel: Values | float) -> Values:
    """Static share on the front with ``fuel`` kg aboard."""
    fuel = np.asarray(fuel, float)
    return (DRY_CAR_KG * STATIC_FRONT + fuel * FUEL_FRONT) / (DRY_CAR_KG + fuel)


def ideal_share(fuel: Values | float, mu: Values | float) -> Values:
    """Percent on the front at ``mu`` (deceleration over load), within LOW and HIGH."""
    share = 100.0 * (static_front(fuel) + np.asarray(mu, float) * HEIGHT_OVER_WHEELBASE)
    return np.asarray(np.clip(share, LOW, HIGH))


def used_grip(fuel: Values | float, deceleration: Values, speed: Values) -> Values:
    """mu at a measured deceleration, m/s², at ``speed``, km/h, on ``fuel`` kg."""
    mass = DRY_CAR_KG + np.asarray(fuel, float)
    load = mass * GRAVITY + 0.5 * AIR * LIFT_AREA * (np.asarray(speed) / 3.6) ** 2
    return np.asarray(mass * np.asarray(deceleration) / load)
