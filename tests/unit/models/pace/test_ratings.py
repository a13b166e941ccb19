"""Ratings: what races showed of teams and drivers, and how far it is trusted."""

from __future__ import annotations

import numpy as np
import pytest

from shared.models.pace.ratings import NEW_TEAM, RacePace, Ratings


def _season(ratings: Ratings, team: str, seconds: float, races: int, season: int = 2023) -> None:
    for k in range(races):
        ratings.learn(
            [RacePace(f"{season}_{k}", season, f"{team}{i}", team, seconds, 50) for i in (1, 2)]
            + [RacePace(f"{season}_{k}", season, "M1", "Middle", 0.0, 50)]
        )


def test_a_team_that_is_quick_is_rated_quick_and_one_never_seen_is_not() -> None:
    ratings = Ratings()
    _season(ratings, "Quick", -0.8, 10)
    assert -0.85 < ratings.rating("Quick1", "Quick") < -0.6
    assert ratings.rating("Nobody", "New") == NEW_TEAM
    assert ratings.table()["teams"].keys() == {"Middle", "Quick"}


def test_a_rating_follows_the_team_faster_after_a_winter() -> None:
    def after(season: int) -> float:
        ratings = Ratings()
        _season(ratings, "Quick", -0.8, 10)
        _season(ratings, "Quick", 0.5, 1, season)
        return ratings.rating("Quick1", "Quick")

    assert -0.8 < after(2023) < after(2024) < 0.5


def test_a_driver_who_beats_the_teammate_takes_the_credit_along_to_a_new_team() -> None:
    ratings = Ratings()
    for k in range(15):
        cars = (("A", "One", -0.3), ("B", "One", 0.3), ("C", "Two", 0.0), ("D", "Two", 0.0))
        ratings.learn(RacePace(str(k), 2023, driver, team, seconds, 50) for driver, team, seconds in cars)
    assert ratings.rating("A", "Two") < ratings.rating("C", "Two") - 0.1
    assert ratings.rating("A", "One") < ratings.rating("B", "One") - 0.3


def test_one_ruined_race_counts_less_than_its_seconds() -> None:
    ratings = Ratings()
    _season(ratings, "Quick", -0.5, 10)
    before = ratings.rating("Quick1", "Quick")
    ratings.learn([RacePace("x", 2023, "Quick1", "Quick", 3.0, 50)])
    moved = ratings.rating("Quick1", "Quick") - before
    assert 0 < moved < 0.35


def test_a_race_of_few_laps_moves_a_rating_less() -> None:
    def moved(laps: int) -> float:
        ratings = Ratings()
        _season(ratings, "Quick", -0.5, 10)
        before = ratings.rating("Quick1", "Quick")
        ratings.learn([RacePace("x", 2023, "Quick1", "Quick", 0.0, laps)])
        return ratings.rating("Quick1", "Quick") - before

    assert 0 < moved(4) < moved(50)


def test_a_race_that_showed_nothing_changes_nothing() -> None:
    ratings = Ratings()
    _season(ratings, "Quick", -0.5, 3)
    before = ratings.table()
    ratings.learn([])
    assert ratings.table() == before
    assert np.isfinite(list(before["drivers"].values())).all()
    assert before["teams"]["Quick"] == pytest.approx(ratings.rating("Nobody", "Quick"), abs=1e-4)
