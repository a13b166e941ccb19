"""Measures against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.scoring import measures as m


def test_rps_of_a_three_car_forecast_is_what_the_definition_gives_by_hand() -> None:
    p = np.array([[0.5, 0.3, 0.2], [0.3, 0.5, 0.2], [0.2, 0.2, 0.6]])
    place = np.array([2, 1, 3])
    # car 1, second: cumulative .5, .8 against 0, 1 -> .25 + .04 = .29; car 2, first: .3, .8 against 1, 1 -> .49 + .04;
    # car 3, third: .2, .4 against 0, 0 -> .04 + .16
    assert m.crps(p, place) == pytest.approx([0.29, 0.53, 0.20])
    assert m.rps(p, place) == pytest.approx((0.29 + 0.53 + 0.20) / 3 / 2)


def test_crps_of_a_certain_forecast_is_the_absolute_error_in_places() -> None:
    assert m.crps(m.one_hot(np.array([1, 2, 3, 4])), np.array([4, 1, 3, 2])) == pytest.approx([3, 1, 0, 2])


@given(st.permutations(range(1, 8)))
def test_no_forecast_scores_below_zero_and_the_right_one_scores_zero(order: list[int]) -> None:
    place = np.array(order)
    assert m.rps(m.one_hot(place), place) == 0
    assert m.rps(np.full((7, 7), 1 / 7), place) > 0


def test_a_single_car_has_nothing_to_forecast() -> None:
    assert m.rps(np.ones((1, 1)), np.array([1])) == 0.0
    assert math.isnan(m.spearman(np.ones((1, 1)), np.array([1])))


def test_spearman_ranks_by_expected_place_and_shares_ranks_among_equals() -> None:
    place = np.array([1, 2, 3, 4])
    assert m.spearman(m.one_hot(place), place) == pytest.approx(1)
    assert m.spearman(m.one_hot(place[::-1]), place) == pytest.approx(-1)
    tied = np.array([[0.5, 0.5, 0, 0], [0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5], [0, 0, 0.5, 0.5]])
    # ranks 1.5, 1.5, 3.5, 3.5 against 1, 2, 3, 4: covariance 4 over sqrt(4 * 5)
    assert m.spearman(tied, place) == pytest.approx(4 / math.sqrt(20))


def test_winner_and_podium_named_are_those_with_the_best_chances() -> None:
    p = np.array(
        [[0.4, 0.6, 0, 0, 0], [0.6, 0.4, 0, 0, 0], [0, 0, 0.9, 0.1, 0], [0, 0, 0.1, 0.6, 0.3], [0, 0, 0, 0.3, 0.7]]
    )
    assert m.winner_named(p, np.array([2, 1, 4, 3, 5]))
    assert not m.winner_named(p, np.array([1, 2, 3, 4, 5]))
    assert m.podium_named(p, np.array([2, 1, 4, 3, 5])) == pytest.approx(2 / 3)


def test_events_are_win_podium_and_top_ten() -> None:
    place = np.arange(1, 13)
    assert m.events(place).sum(axis=1).tolist() == [1, 3, 10]
    assert m.event_probabilities(np.full((12, 12), 1 / 12))[:, 0] == pytest.approx([1 / 12, 3 / 12, 10 / 12])


def test_calibration_error_weighs_every_bin_by_its_forecasts() -> None:
    p = np.array([0.05, 0.05, 0.05, 0.05, 0.95, 1.0])
    came = np.array([False, False, False, True, True, True])
    # bin 0: 4 forecasts, mean .05, share .25; bin 9: 2 forecasts, mean .975, share 1
    assert m.calibration_error(p, came) == pytest.approx((4 * 0.20 + 2 * 0.025) / 6)
    n, mean, share = m.reliability(p, came)
    assert n.tolist() == [4, 0, 0, 0, 0, 0, 0, 0, 0, 2]
    assert (mean[0], share[0]) == pytest.approx((0.05, 0.25))
    assert math.isnan(share[4])


def test_brier_of_a_coin_is_a_quarter() -> None:
    assert m.brier(np.array([0.5, 0.5]), np.array([True, False])) == pytest.approx(0.25)


def test_a_perfect_forecaster_is_not_told_from_itself_and_an_overconfident_one_is() -> None:
    rng = np.random.default_rng(3)
    p = np.array([np.roll(np.array([0.4, 0.2, 0.1, 0.1, 0.1, 0.05, 0.05]), i) for i in range(7)])
    places = [np.array([rng.choice(7, p=row) + 1 for row in p]) for _ in range(60)]
    came = np.concatenate([m.events(place) for place in places], axis=1)
    chances = np.concatenate([m.event_probabilities(p)] * 60, axis=1)
    mean, high = m.perfect_calibration_error([p] * 60, repeats=100)
    assert 0 < mean < high
    assert m.calibration_error(chances, came) <= high
    sharper = np.clip(chances * 1.6 - 0.3, 0, 1)
    assert m.calibration_error(sharper, came) > high


def test_bootstrap_interval_holds_the_skill_and_vanishes_when_every_race_agrees() -> None:
    races = np.array(["a", "a", "b", "c"], dtype=object)
    value, low, high = m.paired_bootstrap(np.array([1.0, 2, 3, 4]), np.array([2.0, 4, 6, 8]), races)
    assert (value, low, high) == pytest.approx((0.5, 0.5, 0.5))
    value, low, high = m.paired_bootstrap(np.array([1.0, 2, 3, 4]), np.array([2.0, 2, 2, 8]), races)
    assert low < value < high
    assert value == pytest.approx(1 - 10 / 14)
