"""What is worked out from a race's parameters is worked out once, and never for another race."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from shared.simulation import plain_race
from shared.simulation.params import Itself


class Counted:
    """The gap of the last car times a factor, and how often it was asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, race: Itself, factor: int) -> float:
        self.asked += 1
        return float(race.params.gap[-1]) * factor


def test_the_same_parameters_are_worked_out_once_and_others_apart() -> None:
    counted = Counted()
    held = lru_cache(maxsize=4)(counted)
    race, other = plain_race(), plain_race()._replace(gap=np.arange(20, dtype=np.float32))
    asked = [held(Itself(x), factor) for x, factor in ((race, 1), (other, 1), (race, 1), (race, 2))]
    assert asked == [47.5, 19.0, 47.5, 95.0]
    assert counted.asked == 3


def test_no_more_is_held_than_there_is_room_for_and_a_freed_identity_is_not_taken_for_the_old() -> None:
    counted = Counted()
    held = lru_cache(maxsize=2)(counted)
    for gap in range(50):  # objects that end may leave their identity to the next
        assert held(Itself(plain_race()._replace(gap=np.full(20, gap, np.float32))), 1) == gap
    assert counted.asked == 50
    race = plain_race()
    for factor in (1, 2, 3, 1):
        held(Itself(race), factor)
    assert counted.asked == 54
