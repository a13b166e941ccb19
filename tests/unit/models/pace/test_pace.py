"""Pace: what made laps hide is found, and nothing else is."""

from __future__ import annotations

import numpy as np

from shared.models.pace.window import TireCorrection, window_pace
from tests.fakes.races import drivers, race

NO_TIRES = TireCorrection(np.zeros(5), np.zeros(5))
CARS = drivers(8, 0.12)
TRUE = np.array(list(CARS.values())) - np.median(list(CARS.values()))


def test_paces_are_found_against_the_median_car() -> None:
    found = window_pace(race(CARS).grid, NO_TIRES, base=90.0)
    np.testing.assert_allclose(found.pace, TRUE, atol=0.01)
    assert (found.n >= 27).all()


def test_paces_are_per_reference_lap_whatever_the_length_of_the_lap() -> None:
    recorded = race(CARS)
    slow = recorded.grid._replace(lap_time=recorded.grid.lap_time * 1.2)
    np.testing.assert_allclose(window_pace(slow, NO_TIRES, base=108.0).pace, TRUE, atol=0.01)


def test_what_slows_the_whole_field_is_not_pace() -> None:
    recorded = race(CARS, status={10: "SC", 11: "SC"})
    slower = recorded.grid.lap_time + np.linspace(3.0, 0.0, 30)[None, :]
    slower[:, 9:11] *= 1.5
    found = window_pace(recorded.grid._replace(lap_time=slower), NO_TIRES, base=90.0)
    np.testing.assert_allclose(found.pace, TRUE, atol=0.01)


def test_old_tires_are_not_slow_cars() -> None:
    stops = {name: {12: "HARD"} for name in list(CARS)[:4]}
    tires = TireCorrection(np.zeros(5), np.full(5, 0.05))
    worn = race(CARS, stops=stops, wear=0.05, gap=60.0).grid
    np.testing.assert_allclose(window_pace(worn, tires, base=90.0).pace, TRUE, atol=0.02)
    wrong = window_pace(worn, NO_TIRES, base=90.0).pace
    assert np.abs(wrong - TRUE).max() > 0.1, "without the correction it would be"


def test_a_single_slow_lap_is_an_outlier_and_no_pace() -> None:
    recorded = race(CARS)
    times = recorded.grid.lap_time.copy()
    times[3, 20] += 12.0
    found = window_pace(recorded.grid._replace(lap_time=times), NO_TIRES, base=90.0)
    np.testing.assert_allclose(found.pace, TRUE, atol=0.02)


def test_a_car_held_up_closely_is_not_taken_for_as_slow_as_it_was() -> None:
    follower = race({"AAA": 0.0, "BBB": 0.0, "CCC": 0.0, "DDD": 0.0}, gap=0.3).grid
    alone = race({"AAA": 0.0, "BBB": 0.0, "CCC": 0.0, "DDD": 0.0}, gap=9.0).grid
    held = window_pace(follower, NO_TIRES, base=90.0)
    free = window_pace(alone, NO_TIRES, base=90.0)
    assert held.pace[0] - held.pace[3] > 0.3
    np.testing.assert_allclose(free.pace, 0.0, atol=0.01)


def test_without_laps_nothing_is_known() -> None:
    found = window_pace(race(CARS, laps=1).grid, NO_TIRES)
    assert np.isnan(found.pace).all()
    assert (found.n == 0).all()


def test_on_a_wet_track_laps_on_the_tire_that_most_run_tell_of_pace_and_others_do_not() -> None:
    grid = race(CARS).grid
    wet = grid._replace(compound=np.full_like(grid.compound, 3))
    np.testing.assert_allclose(window_pace(wet, NO_TIRES).pace, TRUE, atol=0.01)
    gamble = wet.compound.copy()
    gamble[0] = 1
    found = window_pace(wet._replace(compound=gamble), NO_TIRES, base=90.0)
    assert found.n[0] == 0
    assert (found.n[1:] > 20).all()
    few = np.full_like(grid.compound, 1)
    few[0] = 3
    assert window_pace(grid._replace(compound=few), NO_TIRES, base=90.0).n[0] == 0
