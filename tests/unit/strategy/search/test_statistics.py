"""Intervals, probabilities of being best and shares of draws, against cases with known answers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.strategy.search.statistics import paired_difference, probability_best, share_of_draws


def test_the_interval_of_a_paired_difference_covers_the_truth_nine_times_in_ten() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(2000):
        shared_luck = rng.normal(0, 5, 200)
        gap = paired_difference(shared_luck + rng.normal(0.3, 1, 200), shared_luck)
        covered += gap.low <= 0.3 <= gap.high
    assert covered / 2000 == pytest.approx(0.9, abs=0.025)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), first=st.integers(1, 4), second=st.integers(1, 6))
def test_probabilities_of_being_best_sum_to_one_over_all_plans(seed: int, first: int, second: int) -> None:
    rng = np.random.default_rng(seed)
    blocks = [rng.normal(0, 1, (first, 300)), rng.normal(0, 1, (second, 100))]
    shares = probability_best(blocks, seed)
    assert shares[0].sum() + shares[1][1:].sum() == pytest.approx(1.0)
    assert shares[0][0] == shares[1][0]


def test_plans_that_are_the_same_in_every_scenario_share_the_probability() -> None:
    values = np.random.default_rng(3).normal(0, 1, 400)
    assert probability_best([np.stack([values] * 4)], 7)[0] == pytest.approx([0.25] * 4)


def test_permuting_the_plans_permutes_their_probabilities() -> None:
    rng = np.random.default_rng(5)
    values = rng.normal(0, 1, (4, 500)) + np.array([0.0, 0.03, -0.02, 0.05])[:, None]
    order = [0, 3, 1, 2]
    straight = probability_best([values], 1)[0]
    permuted = probability_best([values[order]], 1)[0]
    assert permuted == pytest.approx(straight[order], abs=0.03)


def test_the_probability_of_being_best_agrees_with_repeating_the_experiment() -> None:
    rng = np.random.default_rng(11)
    wins = np.mean([rng.normal(0.1, 1, 200).mean() > 0 for _ in range(4000)])
    told = np.mean(
        [probability_best([np.stack([rng.normal(0.1, 1, 200), np.zeros(200)])], s)[0][0] for s in range(300)]
    )
    # with a flat prior the statement is wider than the experiment by the square root of two
    assert 0.5 < told < wins


def test_a_call_better_by_far_under_every_draw_has_full_share() -> None:
    table = 1.0 + np.random.default_rng(0).normal(0, 0.5, (300, 32))
    assert share_of_draws(table) > 0.999


def test_the_share_finds_the_draws_that_turn_the_call_in_spite_of_noise() -> None:
    rng = np.random.default_rng(2)
    truth = np.where(np.arange(32) < 8, -1.0, 1.0)
    table = truth + rng.normal(0, 3, (300, 32))
    assert share_of_draws(table) == pytest.approx(0.75, abs=0.03)


def test_noise_within_draws_alone_does_not_pass_for_doubt_about_the_parameters() -> None:
    rng = np.random.default_rng(4)
    shares = [share_of_draws(0.3 + rng.normal(0, 3, (31, 32))) for _ in range(50)]
    naive = [(0.3 + rng.normal(0, 3, (31, 32)).mean(axis=0) >= 0).mean() for _ in range(50)]
    assert np.mean(naive) < 0.75
    assert np.mean(shares) > 0.9


def test_a_draw_without_difference_counts_for_the_call() -> None:
    assert share_of_draws(np.zeros((10, 32))) == 1.0
