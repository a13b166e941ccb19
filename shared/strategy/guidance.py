"""How to drive until the stop, beside the mode: brake bias and throttle guidance, each with what it rests on.

Brake bias comes from the regression where telemetry of the car is at hand, else from a rule of physics; the driving
mode is chosen in the search, by simulation. Nothing is invented: guidance by corner needs the circuit's measured
corners.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from shared.features.telemetry.lap import MAX_FLOW
from shared.models.brakes.features import row
from shared.models.brakes.physics import HEIGHT_OVER_WHEELBASE, HIGH, LOW, static_front
from shared.models.telemetry.laps import WINDOW, values_of
from shared.models.tflite.interpreter import NO_EVALUATORS, Evaluate
from shared.race.state import RaceState
from shared.race.vocabulary import Compound
from shared.simulation.params import RaceParams

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
WORN = 0.3
"""s a lap that a set has lost by wear from which it is worth saving."""
LIFT_SECONDS = 0.25
"""How long before the braking point the throttle is lifted."""
SHORT_OF_FUEL = 0.99
"""Share of the fuel that even burn takes to the flag, below which fuel must be saved."""
N_CORNERS = 3


class Guidance(NamedTuple):
    """Bias in percent on the front, advice by corner, and what each rests on."""

    brake_bias: float
    throttle_guidance: dict[str, str]
    basis: dict[str, str]


def guidance(
    params: RaceParams,
    ego: int,
    state: RaceState,
    fuel: float,
    mode: str,
    circuit: Mapping[str, Any],
    tables: Mapping[str, Any],
    evaluators: Mapping[str, Evaluate] = NO_EVALUATORS,
) -> Guidance:
    """Both for car ``ego`` on ``fuel`` kg, driven in ``mode``. ``circuit``: the entry of the bundle's circuits, may be
    empty; ``tables``: the bundle's, of which the brake-bias regression is used where it serves,
    by ``evaluators`` where they have it."""
    bias, bias_basis = model_bias(tables.get("brake_bias"), state, ego, fuel, evaluators.get("brake_bias"))
    saving = what_to_save(params, ego, state, fuel, mode)
    advice = throttle_guidance(saving, circuit)
    return Guidance(
        brake_bias(params, ego, state, fuel) if bias is None else bias,
        advice,
        {"brake_bias": bias_basis, "throttle_guidance": _throttle_basis(advice, saving, circuit)},
    )


def model_bias(
    table: Mapping[str, Any] | None, state: RaceState, ego: int, fuel: float, evaluator: Evaluate | None = None
) -> tuple[float | None, str]:
    """(percent on the front by the regression, None where it cannot be asked; what the bias rests on)."""
    physics = (
        "physics rule, no model of this car: ideal front share of braking = static front weight + grip x height of the"
        " center of gravity / wheelbase, with the fuel aboard and grip lost to tire wear; derived from physics, no"
        " public truth"
    )
    if table is None or not table.get("serves"):
        return None, physics
    x = row(values_of(state.driven[-WINDOW:]), fuel, float(state.cars[ego].tire_age + 1)) if state.driven else None
    if x is None:
        return None, f"{physics}; the regression needs telemetry of the car's last laps"
    if evaluator is None:
        share = float(x @ np.asarray(table["coefficients"], float)) + float(table["intercept"])
    else:
        share = float(evaluator(x[None])[0, 0])
    told = (
        f"linear regression on fuel, tire age and the braking measured on the last {len(state.driven)} laps; trained on"
        f" telemetry of {len(table['races'])} races until {table['until']}; its truth is derived from physics (load"
        " transfer), no public truth"
    )
    return round(float(np.clip(share, table["low"], table["high"])), 1), told


def brake_bias(params: RaceParams, ego: int, state: RaceState, fuel: float) -> float:
    """Ideal share of braking on the front axle in percent, within the range that cars can set.

    At the limit both axles brake in proportion to their load: front share = f + mu h / L (Limpert, Brake Design and
    Safety, 3rd ed., ch. 7), with f the static share on the front, mu the deceleration over the total load (weight and
    downforce) and h / L the height of the center of gravity over the wheelbase. Fuel moves f. Tire wear lowers mu:
    where grip limits the lap, lap time goes with mu^-1/2, so a loss of time dt of a lap t costs 2 dt / t of grip.
    """
    car = state.cars[ego]
    worn = max(0.0, float(params.stint_wear[ego]) * car.tire_age)
    grip = GRIP[car.compound] * (1.0 - 2.0 * min(worn / max(float(params.base_lap), 1.0), 0.1))
    wet = SLICK_IN_THE_WET if car.compound.is_dry and int(params.wetness) > 0 else 1.0
    share = 100.0 * (float(static_front(fuel)) + wet * grip * HEIGHT_OVER_WHEELBASE)
    return round(float(np.clip(share, LOW, HIGH)), 1)


def what_to_save(params: RaceParams, ego: int, state: RaceState, fuel: float, mode: str) -> str:
    """``fuel`` where what is aboard does not last, ``tires`` where the mode or their wear asks for it, else empty."""
    needed = float(params.fuel_per_lap) * (state.total_laps - state.lap)
    if state.fuel is not None and fuel < SHORT_OF_FUEL * needed:
        return "fuel"
    if mode == "PUSH":
        return ""
    worn = float(params.stint_wear[ego]) * state.cars[ego].tire_age
    return "tires" if mode == "CONSERVE" or worn >= WORN else ""


def throttle_guidance(saving: str, circuit: Mapping[str, Any]) -> dict[str, str]:
    """Where to lift early, at corners whose braking point was measured: the three where it saves most for its time.

    Lifting for t seconds at speed v before braking slows the car by a t, with a = c0 + c2 v² as measured of coasting
    cars. It costs a t² / 2v seconds at most, saves t of full fuel flow, and takes m v a t of energy off the brakes and
    tires. So fuel is saved cheapest where a / v is least, and tire energy where v is highest.
    """
    coasting = circuit.get("coasting")
    corners = [corner for corner in circuit.get("corners") or () if corner.get("entry_speed") is not None]
    if not saving or not corners or coasting is None:
        return {}

    def deceleration(speed: float) -> float:
        return float(coasting[0]) + float(coasting[1]) * speed**2

    def cost(corner: Mapping[str, Any]) -> float:
        speed = float(corner["entry_speed"]) / 3.6
        return deceleration(speed) / speed if saving == "fuel" else -speed

    advice = {}
    for corner in sorted(corners, key=lambda c: (cost(c), c["number"]))[:N_CORNERS]:
        speed = float(corner["entry_speed"]) / 3.6
        lost = deceleration(speed) * LIFT_SECONDS**2 / (2.0 * speed)
        before = float(corner["distance"]) - float(corner["brake_distance"]) + speed * LIFT_SECONDS
        purpose = "save fuel" if saving == "fuel" else "preserve tires"
        kept = f", {1000 * MAX_FLOW / 3600 * LIFT_SECONDS:.0f} g less" if saving == "fuel" else ""
        advice[f"corner_{corner['number']}{corner.get('letter') or ''}"] = (
            f"Lift early to {purpose}: {before:.0f} m before the corner at {corner['entry_speed']:.0f} km/h,"
            f" {speed * LIFT_SECONDS:.0f} m ahead of the braking point; costs {lost:.3f} s a lap at most{kept}"
        )
    return advice


def _throttle_basis(advice: Mapping[str, str], saving: str, circuit: Mapping[str, Any]) -> str:
    if advice:
        best = "least time is lost for the fuel" if saving == "fuel" else "the brakes and tires take the most energy"
        return (
            f"physics rule on measured corners: a lift of {LIFT_SECONDS:g} s where {best}; braking points, speeds and"
            " coasting deceleration come from recorded telemetry; derived from physics, no public truth"
        )
    if not circuit.get("corners"):
        return "nothing known of this circuit's corners"
    if circuit.get("coasting") is None or all(c.get("entry_speed") is None for c in circuit["corners"]):
        return "nothing known of the speed of this circuit's corners"
    return "rule: neither tires nor fuel need saving"
