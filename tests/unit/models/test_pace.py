"""Pace: what made laps hide is found, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest

from shared.models import pace
from shared.models.pace import KNOTS, NEW_TEAM, RacePace, Ratings, TireCorrection, estimate, fit_weights, window_pace
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


def _season(ratings: Ratings, team: str, seconds: float, races: int, season: int = 2023) -> None:
    for k in range(races):
        ratings.learn(
            [RacePace(f"{season}_{k}", season, f"{team}{i}", team, seconds, 50) for i in (1, 2)]
            + [RacePace(f"{season}_{k}", season, "M1", "Middle", 0.0, 50)]
        )


def test_a_team_that_is_quick_is_rated_quick_and_one_never_seen_is_not() -> None:
    ratings = Ratings()
    _season(ratings, "Quick", -0.8, 10)
    assert -0.9 < ratings.rating("Quick1", "Quick", 2023) < -0.5
    assert ratings.rating("Nobody", "New", 2023) == NEW_TEAM
    assert ratings.table(2023)["teams"].keys() == {"Middle", "Quick"}


def test_a_rating_follows_the_team_and_is_half_forgotten_over_the_winter() -> None:
    ratings = Ratings()
    _season(ratings, "Quick", -0.8, 10)
    before = ratings.rating("Other", "Quick", 2023)
    over_winter = ratings.rating("Other", "Quick", 2024)
    _season(ratings, "Quick", 0.5, 12, 2024)
    assert before < over_winter < 0
    assert ratings.rating("Other", "Quick", 2024) > 0


def test_weights_are_found_and_their_error_is_what_they_leave() -> None:
    rng = np.random.default_rng(3)
    truth = np.array([0.4, 0.2, 0.1, 0.7, 0.3])
    rows = {}
    for knot in KNOTS:
        x = rng.normal(0.0, 0.6, (3000, 5))
        rows[knot] = (x, x @ truth + rng.normal(0.0, 0.5, 3000), np.full(3000, 25.0))
    table = fit_weights(rows)
    np.testing.assert_allclose(np.array(table["weights"]), np.tile(truth, (len(KNOTS), 1)), atol=0.06)
    np.testing.assert_allclose(table["sd"], 0.5, atol=0.06)


def test_between_knots_the_estimate_is_between_theirs() -> None:
    table = {"knots": [0.25, 0.5], "weights": [[1, 0, 0, 0, 0], [3, 0, 0, 0, 0]], "sd": [0.4, 0.2]}
    x = np.eye(5)[:1]
    found, error = estimate(table, x, 0.375)
    assert found[0] == pytest.approx(2.0)
    assert error == pytest.approx(0.3)
    assert estimate(table, x, 0.01)[0][0] == pytest.approx(1.0)


def test_a_stop_already_made_is_no_time_lost() -> None:
    recent = pace.WindowPace(np.zeros(3), np.zeros(3), 0.45)
    gap, stops = np.array([0.0, 22.0, 22.0]), np.array([0.0, 1.0, 0.0])
    x = pace.features(np.zeros(3), np.array([1.0, 2.0, 3.0]), gap, stops, 10, 1.0, recent)
    lost = x[:, pace.FEATURES.index("time_lost")]
    assert lost[0] == pytest.approx(lost[1])
    assert lost[2] == pytest.approx(lost[0] + 2.2)
