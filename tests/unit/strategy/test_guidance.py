"""Guidance names measured corners only, and says what bias, corners and fuel rest on."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shared.race.telemetry import LapTelemetry
from shared.strategy.advice import Fuel
from shared.strategy.guidance import guidance, model_bias, throttle_guidance, what_to_save

Make = Callable[..., Any]
CORNERS = [
    {"number": n, "letter": "", "distance": 600.0 * n, "speed": 100.0, "brake_distance": 600.0 * n - 100.0,
     "entry_speed": speed}
    for n, speed in enumerate((330.0, 240.0, 150.0, 300.0, 285.0), start=1)
]  # fmt: skip
CIRCUIT = {"corners": CORNERS, "coasting": [4.2, 0.0009]}
REGRESSION = {
    "kind": "linear", "features": ["fuel_kg", "tire_age", "ideal_mean", "ideal_last"], "serves": True,
    "coefficients": [0.004, 0.007, 0.55, 0.45], "intercept": -0.2, "low": 50.0, "high": 65.0,
    "until": "2025-08-31", "races": ["2025_01", "2025_02", "2025_15"],
}  # fmt: skip


def driven(laps: int = 10, decel: float = 34.0, burn: float = 1.6) -> tuple[LapTelemetry, ...]:
    return tuple(
        LapTelemetry(
            lap, 700, 90.0, 60.0, 0.45, 0.05, 0.02, 0.2, 200.0, 320.0, 60.0, 5.0, 10_000.0, 0.5, 0.0, decel, 14.0,
            160.0, burn,
        )
        for lap in range(1, laps + 1)
    )  # fmt: skip


def test_tires_are_saved_where_cars_arrive_fastest_and_fuel_where_a_lift_slows_least() -> None:
    assert set(throttle_guidance("tires", CIRCUIT)) == {"corner_1", "corner_4", "corner_5"}
    fuel = throttle_guidance("fuel", CIRCUIT)
    assert "corner_2" in fuel, "a / v is least at (c0 / c2)^1/2, 246 km/h here"
    assert "corner_3" not in fuel
    assert all("save fuel" in text for text in fuel.values())


def test_the_point_to_lift_at_lies_a_quarter_second_before_the_braking_point() -> None:
    text = throttle_guidance("tires", CIRCUIT)["corner_1"]
    assert "123 m before the corner at 330 km/h" in text
    assert "23 m ahead of the braking point" in text


@pytest.mark.parametrize(
    "circuit",
    [{}, {"corners": []}, {"corners": CORNERS}, {"corners": [{**c, "entry_speed": None} for c in CORNERS],
                                                "coasting": [4.0, 0.001]}],
)  # fmt: skip
def test_nothing_is_invented_where_corners_braking_or_coasting_are_not_known(circuit: dict[str, Any]) -> None:
    assert throttle_guidance("tires", circuit) == {}


def test_who_pushes_saves_only_fuel_that_does_not_last(state_of: Make, params_of: Make) -> None:
    state = state_of()
    params = params_of(state)
    even = float(params.fuel_per_lap) * (state.total_laps - state.lap)
    assert what_to_save(params, 2, dataclasses.replace(state, fuel=even), even, "PUSH") == ""
    assert what_to_save(params, 2, dataclasses.replace(state, fuel=even), even, "CONSERVE") == "tires"
    assert what_to_save(params, 2, dataclasses.replace(state, fuel=0.9 * even), 0.9 * even, "PUSH") == "fuel"


def test_the_bias_comes_from_the_regression_only_with_telemetry_and_says_so(state_of: Make, params_of: Make) -> None:
    state = state_of()
    params = params_of(state)
    without = guidance(params, 2, state, 50.0, "BALANCED", CIRCUIT, {"brake_bias": REGRESSION})
    assert without.basis["brake_bias"].startswith("physics rule, no model of this car")
    assert without == guidance(params, 2, state, 50.0, "BALANCED", CIRCUIT, {"brake_bias": REGRESSION})
    known = dataclasses.replace(state, driven=driven())
    told = guidance(params, 2, known, 50.0, "BALANCED", CIRCUIT, {"brake_bias": REGRESSION})
    assert told.basis["brake_bias"].startswith("linear regression")
    for drive in (without, told):
        assert "derived from physics" in drive.basis["brake_bias"]
        assert "no public truth" in drive.basis["brake_bias"]
        assert 50.0 <= drive.brake_bias <= 65.0


def test_harder_braking_moves_the_bias_forward(state_of: Make) -> None:
    shares = [
        model_bias(REGRESSION, dataclasses.replace(state_of(), driven=driven(decel=decel)), 2, 50.0)[0]
        for decel in (22.0, 30.0, 38.0)
    ]
    assert np.all(np.diff(np.array(shares, float)) > 0)


def test_a_regression_that_lost_to_its_baseline_is_not_asked(state_of: Make) -> None:
    state = dataclasses.replace(state_of(), driven=driven())
    assert model_bias({**REGRESSION, "serves": False}, state, 2, 50.0)[0] is None
    assert model_bias(None, state, 2, 50.0)[0] is None


def test_the_fuel_model_moves_the_next_lap_alone(state_of: Make, params_of: Make) -> None:
    state = dataclasses.replace(state_of(), fuel=50.0)
    params = params_of(state)
    even, saved = Fuel(state, params), Fuel(state, params, 0.5)
    per_lap = float(params.fuel_per_lap)
    for ahead in (1, 5):
        assert saved.at(state.lap + ahead) - even.at(state.lap + ahead) == pytest.approx(per_lap / 2, abs=0.02)
    assert saved.at(state.lap) == even.at(state.lap)
    assert "LSTM" in saved.basis
    assert "no telemetry" in even.basis
