"""A teammate in the box on the same lap: who waits, how long, and that it costs points."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shared.race.state import Stop
from shared.race.vocabulary import Compound
from shared.strategy.double_stack import QUEUE, REACH, SERVICE, double_stack, wait
from shared.strategy.search.arena import Arena

Make = Callable[..., Any]
PLAN = (Stop(20, Compound.HARD),)


def test_the_second_car_waits_less_the_farther_it_is_behind_and_not_at_all_beyond_reach() -> None:
    gaps = np.linspace(0.0, REACH, 20)
    waits = [wait(g) for g in gaps]
    assert waits[0] == SERVICE + QUEUE
    assert waits == sorted(waits, reverse=True)
    assert wait(REACH + 0.1) == 0.0


@pytest.fixture
def stacked(state_of: Make, params_of: Make, simulate: Make) -> Callable[[int, int | None], Any]:
    """The threat to car ``ego`` when all cars stop on lap 20; ``mate``: the car of the same team."""

    def ask(ego: int, mate: int | None) -> Any:
        state = state_of()
        cars = tuple(
            dataclasses.replace(c, team="T" if i in (ego, mate) else f"T{i}") for i, c in enumerate(state.cars)
        )
        state = dataclasses.replace(state, cars=cars)
        params = params_of(state)
        logit = np.array(params.next_stop)
        logit[:, 20] = 50.0
        arena = Arena(params._replace(next_stop=logit), ego, 2023, "bahrain", "points", 7, simulate)
        return double_stack(arena, arena.run([PLAN], 512), 0, PLAN, state)

    return ask


def test_a_teammate_close_ahead_on_the_same_lap_costs_points(stacked: Make) -> None:
    threat = stacked(3, 2)
    assert (threat["driver_id"], threat["kind"], threat["probability"]) == ("D02", "double_stack", 1.0)
    assert threat["loss_low"] <= threat["loss_points"] <= threat["loss_high"]
    assert threat["loss_points"] > 0.0


def test_the_car_ahead_does_not_wait_nor_one_without_a_teammate_near(stacked: Make) -> None:
    assert stacked(2, 3) is None
    assert stacked(3, None) is None
    assert stacked(7, 1) is None
