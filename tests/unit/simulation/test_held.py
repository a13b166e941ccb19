"""What is worked out from a race's parameters is worked out once, and never for another race."""

from __future__ import annotations

import numpy as np

from shared.simulation import RaceParams, plain_race
from shared.simulation.held import Held


class Counted:
    """The gap of the last car times a factor, and how often it was asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, params: RaceParams, factor: int) -> float:
        self.asked += 1
        return float(params.gap[-1]) * factor


def test_the_same_parameters_are_worked_out_once_and_others_apart() -> None:
    counted = Counted()
    held = Held(counted, room=4)
    race, other = plain_race(), plain_race()._replace(gap=np.arange(20, dtype=np.float32))
    assert [held(race, 1), held(other, 1), held(race, 1), held(race, 2)] == [47.5, 19.0, 47.5, 95.0]
    assert counted.asked == 3


def test_no_more_is_held_than_there_is_room_for_and_a_freed_identity_is_not_taken_for_the_old() -> None:
    counted = Counted()
    held = Held(counted, room=2)
    for gap in range(50):  # objects that end may leave their identity to the next
        assert held(plain_race()._replace(gap=np.full(20, gap, np.float32)), 1) == gap
    assert counted.asked == 50
    race = plain_race()
    held(race, 1)
    held(race, 2)
    held(race, 3)
    held(race, 1)
    assert counted.asked == 54
