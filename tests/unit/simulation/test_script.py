"""A scripted race does what its script says, and only that."""

from __future__ import annotations

import numpy as np

from shared.race.state import Stop
from shared.race.vocabulary import Compound, TrackStatus
from shared.simulation import Outcome, RaceParams, plain_race, simulate
from shared.simulation.script import own_plan, scripted

CARS, LAP, LAPS, N = 20, 17, 57, 512
GREEN = [int(TrackStatus.GREEN)] * LAPS


def _race(
    stops: dict[int, list[Stop]] | None = None,
    status: list[int] | None = None,
    retires: dict[int, int] | None = None,
    wetness: list[int] | None = None,
) -> RaceParams:
    usual = [Stop(30, Compound.HARD)]
    return scripted(
        plain_race(CARS, LAP, LAPS),
        [(stops or {}).get(i, usual) for i in range(CARS)],
        status or GREEN,
        wetness or [0] * LAPS,
        [(retires or {}).get(i) for i in range(CARS)],
    )


def _run(params: RaceParams, ego: int = 0) -> Outcome:
    return simulate(params, ego, own_plan(params, ego), N, 5)


def test_every_car_stops_on_the_laps_given_and_on_no_other() -> None:
    out = _run(_race({3: [Stop(20, Compound.MEDIUM), Stop(41, Compound.SOFT)], 7: []}))
    assert (out.next_stop_lap[0, 3] == 20).all()
    assert (out.next_stop_compound[0, 3] == Compound.MEDIUM).all()
    assert (out.stops_made[0, 3] == 2).all()
    assert (out.stops_made[0, 7] == 0).all()
    assert (np.delete(out.next_stop_lap[0], [3, 7], axis=0) == 30).all()


def test_a_safety_car_brings_no_scripted_stop_forward() -> None:
    status = list(GREEN)
    status[26:30] = [int(TrackStatus.SC)] * 4
    out = _run(_race(status=status))
    assert (out.next_stop_lap[0] == 30).all()
    assert not out.next_stop_green.any(), "lap 30 is under the safety car"


def test_the_cars_named_retire_and_nobody_else() -> None:
    out = _run(_race(retires={4: 25, 11: 18}))
    assert set(np.flatnonzero(out.retired[0].all(axis=1))) == {4, 11}
    assert out.retired.sum() == 2 * N
    assert (out.place[0, 11] == CARS).all(), "the first to retire is last"
    assert (out.place[0, 4] == CARS - 1).all()


def test_a_scripted_safety_car_lets_those_who_stop_under_it_gain() -> None:
    status = list(GREEN)
    status[27:32] = [int(TrackStatus.SC)] * 5
    late = {i: [Stop(34, Compound.HARD)] for i in range(CARS) if i != 10}
    caught, free = _run(_race(late, status), 10), _run(_race(late), 10)
    assert caught.place[0, 10].mean() < free.place[0, 10].mean() - 0.5


def test_a_stop_under_a_red_flag_costs_nothing() -> None:
    status = list(GREEN)
    status[29] = int(TrackStatus.RED)
    others = {i: [Stop(29, Compound.HARD)] for i in range(CARS) if i != 10}
    free, paid = _run(_race(others, status), 10), _run(_race(others), 10)
    assert free.place[0, 10].mean() < paid.place[0, 10].mean() - 0.5


def test_a_scripted_wet_track_sends_nobody_in_and_slows_those_on_slicks() -> None:
    wet = [0] * 24 + [1] * (LAPS - 24)
    switched = {i: [Stop(24, Compound.INTERMEDIATE)] for i in range(CARS) if i != 0}
    out = _run(_race(switched, wetness=wet), 1)
    assert (out.stops_made[0] == 1).all()
    assert (out.place[0, 0] == CARS).all(), "the leader stayed on slicks"


def test_without_a_script_the_same_race_stays_a_matter_of_chance() -> None:
    out = simulate(plain_race(CARS, LAP, LAPS), 0, None, N, 5)
    assert len(np.unique(out.next_stop_lap[0, 5])) > 1
    assert 0 < out.retired.mean() < 0.5
