"""The hash behind every draw: uniform, independent along every axis that a race has, and with the tails it needs."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from shared.simulation.lap import rng

SCENARIOS, LAPS, CARS = 2000, 20, 20
PURPOSES = (rng.NOISE, rng.DECIDE, rng.FORTUNE, rng.SETUP, rng.STINT, rng.PASS)


def _words(purpose: int = rng.NOISE, seed: int = 11) -> np.ndarray:
    """u32[scenario, lap, car]."""
    key = rng.scenario_key(jnp.uint32(seed), jnp.arange(SCENARIOS))
    lap, car = jnp.arange(LAPS)[None, :, None], jnp.arange(CARS)[None, None, :]
    return np.asarray(rng.bits(key[:, None, None], lap, car, purpose))


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("draw", [rng.uniform, rng.uniform_low, rng.uniform_high])
def test_uniform_draws_fill_the_unit_interval_evenly(purpose: int, draw: object) -> None:
    u = np.asarray(draw(jnp.asarray(_words(purpose)))).ravel()  # type: ignore[operator]
    assert u.min() > 0.0
    assert u.max() < 1.0
    counts = np.histogram(u, bins=256, range=(0.0, 1.0))[0]
    assert stats.chisquare(counts).pvalue > 1e-5


def test_every_bit_is_set_in_half_of_the_words() -> None:
    words = _words()
    share = np.array([((words >> bit) & 1).mean() for bit in range(32)])
    assert np.abs(share - 0.5).max() < 5 * 0.5 / np.sqrt(words.size)


@pytest.mark.parametrize("axis", [0, 1, 2], ids=["scenario", "lap", "car"])
@pytest.mark.parametrize("lag", [1, 2, 3, 5, 8])
def test_neighbors_along_an_axis_are_uncorrelated(axis: int, lag: int) -> None:
    u = np.asarray(rng.uniform(jnp.asarray(_words())))
    n = u.shape[axis]
    ahead, behind = np.take(u, range(lag, n), axis), np.take(u, range(n - lag), axis)
    assert abs(_correlation(ahead, behind)) < 5 / np.sqrt(ahead.size)


def test_purposes_and_seeds_are_independent_draws() -> None:
    drawn = [np.asarray(rng.uniform(jnp.asarray(_words(purpose)))) for purpose in PURPOSES]
    drawn.append(np.asarray(rng.uniform(jnp.asarray(_words(seed=12)))))
    for i, a in enumerate(drawn):
        for b in drawn[i + 1 :]:
            assert abs(_correlation(a, b)) < 5 / np.sqrt(a.size)


def test_the_two_halves_of_a_word_are_independent_draws() -> None:
    words = jnp.asarray(_words())
    low, high = np.asarray(rng.uniform_low(words)), np.asarray(rng.uniform_high(words))
    counts = np.histogram2d(low.ravel(), high.ravel(), bins=16)[0]
    assert stats.chi2_contingency(counts).pvalue > 1e-5


def test_normal_draws_have_the_moments_of_the_normal() -> None:
    x = np.asarray(rng.normal(jnp.asarray(_words()))).ravel()
    assert abs(x.mean()) < 5 / np.sqrt(x.size)
    assert abs(x.std() - 1.0) < 0.005
    assert abs(stats.skew(x)) < 0.02
    # four bytes make tails a little light: kurtosis of Irwin-Hall with n = 4 is -0.3
    assert abs(stats.kurtosis(x) + 0.3) < 0.03
    for quantile in (0.025, 0.16, 0.84, 0.975):
        assert abs(np.quantile(x, quantile) - stats.norm.ppf(quantile)) < 0.05


def test_no_two_scenarios_share_a_key() -> None:
    keys = np.asarray(rng.scenario_key(jnp.uint32(3), jnp.arange(100_000)))
    assert len(np.unique(keys)) > 100_000 - 10  # a random function would collide once
