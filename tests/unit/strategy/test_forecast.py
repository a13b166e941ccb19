"""Forecast rows are probabilities, and their stop laps are what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.race.state import Stop
from shared.race.vocabulary import Compound
from shared.strategy.forecast import best_lap, forecast, next_stop, position_probabilities, rejoin
from shared.strategy.plans.plan import to_arrays

Make = Callable[..., Any]


@settings(max_examples=50, deadline=None)
@given(cars=st.integers(1, 26), scenarios=st.integers(1, 300), seed=st.integers(0, 1000))
def test_rows_and_columns_of_places_sum_to_one(cars: int, scenarios: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    place = np.stack([rng.permutation(cars) + 1 for _ in range(scenarios)], axis=1).astype(np.uint8)
    p = position_probabilities(place)
    assert p.shape == (cars, cars)
    assert p.sum(axis=0) == pytest.approx(np.ones(cars))
    assert p.sum(axis=1) == pytest.approx(np.ones(cars))


def test_every_row_of_the_forecast_agrees_with_itself(state_of: Make, params_of: Make, simulate: Make) -> None:
    state = state_of()
    outcome = simulate(params_of(state), 2, to_arrays([(Stop(20, Compound.HARD),)], 1), 2000, 1)
    rows = forecast(outcome, 0, state)
    assert [row["driver_id"] for row in rows] == [car.driver_id for car in state.cars]
    for row in rows:
        p = row["position_probabilities"]
        assert sum(p) == pytest.approx(1.0, abs=1e-4)
        assert row["win_probability"] == p[0]
        assert row["podium_probability"] == pytest.approx(sum(p[:3]), abs=1e-5)
        assert row["expected_position"] == pytest.approx(sum((i + 1) * x for i, x in enumerate(p)), abs=1e-4)
    mine = rows[2]["next_stop"]
    assert (mine["lap_best"], mine["lap_median"], mine["compound"], mine["none_probability"]) == (20, 20, "HARD", 0.0)


def test_the_best_lap_is_the_middle_of_the_fullest_five_laps() -> None:
    stops = np.repeat([10, 20, 21, 22, 23, 24, 40], [30, 10, 12, 11, 12, 10, 40])
    assert best_lap(np.bincount(stops).astype(float)) == 22


def test_the_best_lap_of_a_single_lap_is_that_lap() -> None:
    assert best_lap(np.bincount(np.full(50, 33)).astype(float)) == 33


def test_the_best_lap_is_none_that_hardly_any_scenario_has(state_of: Make) -> None:
    laps = np.repeat([15, 17], [5, 95]).astype(np.uint8)  # planned for 17, and a few stops behind a safety car
    assert best_lap(np.bincount(laps).astype(float)) == 16
    told = next_stop(laps, np.full(100, 2, np.uint8), Compound.SOFT, state_of(lap=12))
    assert (told["lap_best"], told["lap_p10"], told["lap_p90"]) == (17, 17, 17)


def test_a_stop_that_no_scenario_has_still_gets_laps_where_one_is_possible(state_of: Make) -> None:
    state = state_of(lap=50)
    told = next_stop(np.zeros(100, np.uint8), np.full(100, 255, np.uint8), Compound.HARD, state)
    assert told["none_probability"] == 1.0
    assert 51 <= told["lap_p10"] <= told["lap_median"] <= told["lap_p90"] <= 56
    assert told["compound"] is not None


def test_no_lap_is_named_when_no_stop_is_possible(state_of: Make) -> None:
    told = next_stop(np.zeros(100, np.uint8), np.full(100, 255, np.uint8), Compound.HARD, state_of(lap=56))
    assert told.pop("none_probability") == 1.0
    assert set(told.values()) == {None}


def test_quantiles_of_the_stop_are_given_that_there_is_one(state_of: Make) -> None:
    lap = np.concatenate([np.zeros(50), np.arange(20, 30).repeat(5)]).astype(np.uint8)
    told = next_stop(lap, np.where(lap > 0, 2, 255).astype(np.uint8), Compound.SOFT, state_of())
    assert told["none_probability"] == 0.5
    assert (told["lap_p10"], told["lap_median"], told["lap_p90"]) == (20, 24, 28)


def test_rejoin_is_null_without_a_stop_and_names_neighbors_with_one(
    state_of: Make, params_of: Make, simulate: Make
) -> None:
    state = state_of()
    outcome = simulate(params_of(state), 2, to_arrays([(), (Stop(20, Compound.HARD),)], 2), 500, 1)
    assert rejoin(outcome, 0, state) is None
    told = rejoin(outcome, 1, state)
    assert told is not None
    assert told["position_p10"] <= told["position"] <= told["position_p90"]
    assert told["gap_ahead_p10"] <= told["gap_ahead"] <= told["gap_ahead_p90"]
    assert told["traffic"] == ["D03"]


def test_a_gap_to_nobody_is_null(state_of: Make, params_of: Make, simulate: Make) -> None:
    state = state_of()
    outcome = simulate(params_of(state), 2, to_arrays([(Stop(20, Compound.HARD),)], 1), 500, 1)
    empty = outcome._replace(rejoin_behind=np.full((1, 500), np.inf, np.float32))
    told = rejoin(empty, 0, state)
    assert told is not None
    assert told["gap_behind"] is None
