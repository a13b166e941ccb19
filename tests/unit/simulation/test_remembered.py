"""What was simulated once is looked up, and it is what would be simulated."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from shared.simulation import Outcome, Plans, RaceParams, Remembered, plain_race, simulate

RACE = plain_race(20, 40, 50)
ROOM = 1 << 24


class Counted:
    """The simulation, and how many races of which first scenario it was asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def __call__(self, params: RaceParams, ego: int, plans: Plans, n: int, seed: int, first: int = 0) -> Outcome:
        self.asked.append((len(plans.lap) * n, first))
        return simulate(params, ego, plans, n, seed, first)


def plans(*laps: int) -> Plans:
    return Plans(np.array([[lap, 0] for lap in laps], np.int32), np.ones((len(laps), 2), np.int32))


def same(one: Outcome, other: Outcome) -> bool:
    return all(np.array_equal(x, y, equal_nan=x.dtype.kind == "f") for x, y in zip(one, other, strict=True))


def test_a_scenario_of_a_plan_runs_once_and_is_the_same_however_it_was_come_by() -> None:
    counted = Counted()
    remembered = Remembered(counted, ROOM)
    remembered(RACE, 2, plans(42, 44), 256, 7)
    remembered(RACE, 2, plans(44), 1000, 7)
    bit_by_bit = remembered(RACE, 2, plans(42, 44, 46, 44), 1000, 7)
    assert counted.asked == [(512, 0), (744, 256), (1000, 0), (744, 256)]
    assert same(bit_by_bit, simulate(RACE, 2, plans(42, 44, 46, 44), 1000, 7))
    fewer = remembered(RACE, 2, plans(46), 100, 7)
    assert len(counted.asked) == 4
    assert same(fewer, simulate(RACE, 2, plans(46), 100, 7))


def test_another_race_car_or_seed_is_another_question() -> None:
    counted = Counted()
    remembered = Remembered(counted, ROOM)
    other = RACE._replace(gap=RACE.gap + np.float32(0.1) * (np.arange(20) > 3))
    asked: list[tuple[Any, int, int]] = [(RACE, 2, 7), (other, 2, 7), (RACE, 3, 7), (RACE, 2, 8)]
    told = [remembered(race, ego, plans(44), 128, seed) for race, ego, seed in asked]
    assert counted.asked == [(128, 0)] * 4
    assert all(
        same(outcome, simulate(race, ego, plans(44), 128, seed))
        for outcome, (race, ego, seed) in zip(told, asked, strict=True)
    )


def test_races_asked_about_longest_ago_are_forgotten_first() -> None:
    counted = Counted()
    one = sum(x.nbytes for x in simulate(RACE, 2, plans(44), 128, 0))
    remembered = Remembered(counted, 2 * one)
    for seed in (0, 1, 0, 2, 0, 1):
        remembered(RACE, 2, plans(44), 128, seed)
    assert len(counted.asked) == 4  # the second, forgotten for the third, is run again


def test_what_does_not_fit_is_told_all_the_same() -> None:
    remembered = Remembered(simulate, 0)
    assert same(remembered(RACE, 2, plans(44), 128, 7), simulate(RACE, 2, plans(44), 128, 7))


def test_threads_that_ask_at_once_get_what_each_asked_for() -> None:
    remembered = Remembered(simulate, ROOM)
    asked = [(44, n) for n in (64, 300, 1000, 200)] + [(46, n) for n in (500, 64)] * 2
    with ThreadPoolExecutor(4) as threads:
        told = list(threads.map(lambda question: remembered(RACE, 2, plans(question[0]), question[1], 7), asked))
    for outcome, (lap, n) in zip(told, asked, strict=True):
        assert same(outcome, simulate(RACE, 2, plans(lap), n, 7))
