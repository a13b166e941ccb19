"""What a question leaves open is drawn, and only that."""

from __future__ import annotations

import dataclasses
from collections.abc import Set as AbstractSet

import numpy as np
import pytest

from shared.models.unknowns import AGE_SPREAD, GAP_SPREAD, input_draws
from shared.race.state import CarState, LapRecord, RaceState
from shared.race.vocabulary import Compound, TrackStatus
from shared.simulation.types import N_DRAWS

LAPS = (LapRecord(19, 95.0), LapRecord(20, 95.1))


def state_of(
    assumed: AbstractSet[int] = frozenset(), silent: AbstractSet[int] = frozenset(), lap: int = 20
) -> RaceState:
    """Eight cars two seconds apart; those ``assumed`` were filled in, of those ``silent`` no laps are told."""
    cars = tuple(
        CarState(f"D{i}", None, i + 1, 2.0 * i, Compound.MEDIUM, 12, recent_laps=() if i in silent | assumed else LAPS,
                 assumed=i in assumed)
        for i in range(8)
    )  # fmt: skip
    return RaceState(2023, "bahrain", lap, 57, TrackStatus.GREEN, cars)


def test_nothing_is_drawn_of_what_was_told() -> None:
    for errors in input_draws(state_of()):
        assert not errors.any()


def test_of_cars_without_laps_the_pace_alone_is_drawn_about_what_it_was_held_for() -> None:
    draws = input_draws(state_of(silent={5}))
    assert not draws.gap.any()
    assert not draws.age.any()
    assert np.flatnonzero(draws.pace.any(axis=1)).tolist() == [5]
    assert draws.pace[5].mean() == pytest.approx(0.0, abs=1e-9)
    assert 0.16 < draws.pace[5].std() < 0.20


def test_pace_is_known_least_on_the_grid() -> None:
    everyone = set(range(8))
    spread = [input_draws(state_of(silent=everyone, lap=lap)).pace.std() for lap in (0, 14, 28, 50)]
    assert spread[0] > spread[1] > spread[2] == pytest.approx(spread[3], rel=0.02)


def test_cars_filled_in_keep_their_order_between_those_that_were_told() -> None:
    state = state_of(assumed=set(range(8)) - {3})
    draws = input_draws(state)
    gap = np.array([car.gap_to_leader for car in state.cars])[:, None] + draws.gap
    assert np.all(np.diff(gap, axis=0) > 0.0)
    assert not draws.gap[[0, 3]].any()
    assert np.all(draws.gap[[1, 2, 4, 5, 6, 7]].std(axis=1) > 0.1)
    assert np.log(np.diff(gap, axis=0)[3] / 2.0).std() == pytest.approx(GAP_SPREAD, rel=1e-6)


def test_a_filled_in_tire_is_older_or_younger_within_what_can_be() -> None:
    draws = input_draws(state_of(assumed={1, 2}))
    assert not draws.age[[0, 3, 4, 5, 6, 7]].any()
    assert 0.5 * AGE_SPREAD < draws.age[1].std() < 1.2 * AGE_SPREAD
    assert np.all((12 + draws.age >= 0) & (12 + draws.age <= 23))


def test_the_draws_of_cars_do_not_go_together_and_are_always_the_same() -> None:
    state = state_of(silent=set(range(8)))
    draws = input_draws(state)
    assert draws.pace.shape == (8, N_DRAWS)
    correlation = np.corrcoef(draws.pace)
    assert np.abs(correlation - np.eye(8)).max() < 0.6
    again = input_draws(dataclasses.replace(state))
    assert all(np.array_equal(x, y) for x, y in zip(draws, again, strict=True))
