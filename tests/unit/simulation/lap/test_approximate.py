"""The approximations keep to the errors that they state."""

from __future__ import annotations

import numpy as np

from shared.simulation.lap import approximate


def test_log_errs_by_at_most_one_in_ten_thousand_over_what_draws_and_odds_can_be() -> None:
    x = np.exp(np.linspace(np.log(1e-9), np.log(1e9), 200_001)).astype(np.float32)
    assert np.abs(np.asarray(approximate.log(x)) - np.log(x.astype(np.float64))).max() < 1e-4


def test_exp_errs_by_at_most_two_in_ten_thousand_of_its_value() -> None:
    x = np.linspace(-87.0, 87.0, 200_001).astype(np.float32)
    assert np.abs(np.asarray(approximate.exp(x)) / np.exp(x.astype(np.float64)) - 1.0).max() < 2e-4


def test_both_only_ever_rise() -> None:
    x = np.linspace(0.5, 4.5, 20_001).astype(np.float32)
    assert (np.diff(np.asarray(approximate.log(x))) >= -1e-6).all()
    assert (np.diff(np.asarray(approximate.exp(x))) >= -1e-4).all()


def test_exp_of_what_is_too_far_out_is_nearly_nothing_or_very_much_and_finite() -> None:
    low, high = np.asarray(approximate.exp(np.array([-500.0, 500.0], np.float32)))
    assert 0.0 <= low < 1e-37
    assert 1e37 < high < np.inf
