"""The estimate of pace to come: its features and its weights."""

from __future__ import annotations

import numpy as np
import pytest

from shared.models.pace.features import (
    FADING,
    FEATURES,
    OWN_FEATURES,
    TREE_FEATURES,
    PaceMoment,
    PaceRows,
    estimate,
    linear_features,
    rows,
)
from shared.models.pace.fit import KNOTS, Examples, fit_estimate, moments_of
from shared.models.pace.window import TireCorrection, WindowPace
from tests.fakes.races import drivers, race

NO_TIRES = TireCorrection(np.zeros(5), np.zeros(5))
CARS = drivers(8, 0.12)


def _linear(x: np.ndarray) -> PaceRows:
    return PaceRows(x, np.zeros((len(x), len(TREE_FEATURES))))


def test_weights_are_found_and_their_error_is_what_they_leave() -> None:
    rng = np.random.default_rng(3)
    truth = np.array([0.4, 0.2, 0.1, 0.7, 0.3, -0.2, 0.0, 0.1, 0.2])
    found = []
    for knot in KNOTS:
        x = rng.normal(0.0, 0.6, (240, len(FEATURES)))
        y = x @ truth + rng.normal(0.0, 0.5, 240)
        found.append(Examples(_linear(x), y, np.full(240, 25.0), knot, 2023))
    table = fit_estimate(found)
    assert table["trees"] is None, "too few examples for trees"
    np.testing.assert_allclose(np.mean(table["weights"], axis=0), truth, atol=0.06)
    np.testing.assert_allclose(np.mean(table["sd"]), 0.5, atol=0.08)


def test_trees_join_the_estimate_where_there_are_enough_examples() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(0.0, 0.6, (3000, len(FEATURES)))
    trees = rng.normal(0.0, 1.0, (3000, len(TREE_FEATURES)))
    mate = TREE_FEATURES.index("mate_pace")
    y = np.where(trees[:, mate] > 0, 0.5, -0.5)
    found = [Examples(PaceRows(x, trees), y, np.full(3000, 25.0), knot, 2023) for knot in KNOTS]
    mean, _ = estimate(fit_estimate(found), PaceRows(x, trees), 0.5)
    assert np.corrcoef(mean, y)[0, 1] > 0.9


def test_between_knots_the_estimate_is_between_theirs() -> None:
    table = {"knots": [0.25, 0.5], "weights": [[1, 0, 0, 0, 0], [3, 0, 0, 0, 0]], "sd": [0.4, 0.2]}
    x = _linear(np.eye(5)[:1])
    found, error = estimate(table, x, 0.375)
    assert found[0] == pytest.approx(2.0)
    assert error == pytest.approx(0.3)
    assert estimate(table, x, 0.01)[0][0] == pytest.approx(1.0)


def test_a_stop_already_made_is_no_time_lost() -> None:
    recent = WindowPace(np.zeros(3), np.zeros(3), 0.45)
    gap, stops = np.array([0.0, 22.0, 22.0]), np.array([0.0, 1.0, 0.0])
    x = linear_features(np.zeros(3), 0, np.array([1.0, 2.0, 3.0]), gap, stops, 10, 1.0, recent)
    lost = x[:, FEATURES.index("time_lost")]
    assert lost[0] == pytest.approx(lost[1])
    assert lost[2] == pytest.approx(lost[0] + 2.2)


def _moment(lap: int = 12) -> PaceMoment:
    recorded = race(CARS)
    c = len(CARS)
    return PaceMoment(
        lap=lap,
        total_laps=recorded.total_laps,
        rating=np.zeros(c),
        rating_age=0,
        gap=recorded.gap[:, lap - 1],
        stops=np.zeros(c, np.int64),
        compound=recorded.grid.compound[:, lap - 1],
        age=np.full(c, float(lap)),
        life=np.full(5, 20.0),
        teams=["One", "One", *("Two" for _ in range(c - 2))],
        recent=recorded.grid.until(lap, 10),
        scale=1.0,
        tires=NO_TIRES,
    )


def test_features_know_the_teammate_the_traffic_and_the_tires() -> None:
    x = rows(_moment()).trees
    at = {name: x[:, k] for k, name in enumerate(TREE_FEATURES)}
    assert np.isfinite(x).all()
    assert at["mate_pace"][0] == pytest.approx(at["pace_10"][1])
    assert at["age_over_life"][0] == pytest.approx(12 / 20)
    assert at["gap_ahead"][at["order"] == 0] == 30.0
    assert (at["laps_3"] <= at["laps_5"]).all()


def test_features_do_not_look_past_the_lap() -> None:
    moment = _moment()
    later = race(CARS).grid.lap_time.copy()
    later[:, 12:] += 5.0
    changed = moment._replace(recent=race(CARS).grid._replace(lap_time=later).until(12, 10))
    np.testing.assert_array_equal(rows(moment).trees, rows(changed).trees)


def test_what_a_rating_says_fades_with_its_age() -> None:
    moment = _moment()._replace(rating=np.linspace(-1.0, 1.0, len(CARS)))
    fresh, old = rows(moment), rows(moment._replace(rating_age=1))
    at = {name: k for k, name in enumerate(FEATURES)}
    assert not fresh.linear[:, at["rating_x_fading"]].any()
    for name in FADING:
        np.testing.assert_allclose(old.linear[:, at[f"{name}_x_fading"]], 0.5 * old.linear[:, at[name]])
    np.testing.assert_array_equal(fresh.linear[:, : len(OWN_FEATURES)], old.linear[:, : len(OWN_FEATURES)])
    assert set(old.trees[:, TREE_FEATURES.index("rating_age")]) == {1.0}


def test_every_race_is_rated_by_races_before_it_and_by_earlier_seasons() -> None:
    recorded = race(CARS)
    teams = [f"Team {i // 2}" for i in range(len(CARS))]
    by_age = {0: np.linspace(-1.0, 1.0, len(CARS)), 1: np.zeros(len(CARS))}
    found = moments_of(recorded, NO_TIRES, by_age, teams, np.full(5, 20.0), 0.25, 90.0)
    assert [examples.rating_age for examples in found] == [0, 1]
    fresh, old = (examples.x.linear[:, FEATURES.index("rating")] for examples in found)
    assert fresh.any()
    assert not old.any()
    np.testing.assert_array_equal(found[0].y, found[1].y)
