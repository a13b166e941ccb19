"""Distances of counts: what they are of equal, shifted and unlike samples, whatever the scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.models.drift.distance import BINS, FINE, counts, edges, ks, psi


def test_a_sample_is_no_distance_from_itself_and_a_larger_one_of_the_same_is_near() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=20_000)
    at = edges(values)
    whole, part = counts(values, at), counts(values[:5000], at)
    assert psi(whole, whole) == pytest.approx(0.0, abs=1e-12)
    assert ks(whole, whole) == 0.0
    assert psi(part, whole) < 0.01
    assert ks(part, whole) < 0.03


def test_ks_of_a_shift_is_what_theory_gives() -> None:
    """Of N(0, 1) and N(1, 1) the largest difference is 2 Phi(1/2) - 1 = .3829."""
    rng = np.random.default_rng(1)
    reference, shifted = rng.normal(size=200_000), rng.normal(1.0, size=200_000)
    at = edges(reference)
    assert ks(counts(shifted, at), counts(reference, at)) == pytest.approx(0.3829, abs=0.012)


def test_psi_of_known_shares_is_the_sum_of_the_formula() -> None:
    p, q = np.full(BINS, 1000.0), np.full(BINS, 1000.0)
    p[0], p[1] = 2000.0, 0.0
    fine_p, fine_q = (np.repeat(each / FINE, FINE) for each in (p, q))
    share_p, share_q = (p + 0.5) / (p + 0.5).sum(), (q + 0.5) / (q + 0.5).sum()
    assert psi(fine_p, fine_q) == pytest.approx(float(((share_p - share_q) * np.log(share_p / share_q)).sum()))


@given(st.lists(st.floats(-1e6, 1e6), min_size=20, max_size=200))
def test_distances_do_not_depend_on_the_unit_and_are_never_negative(values: list[float]) -> None:
    x = np.round(np.array(values), 3)
    half = len(x) // 2
    one, two = edges(x), edges(np.round(x * 8.0, 9))
    a, b = counts(x[:half], one), counts(x[half:], one)
    assert psi(a, b) >= 0.0
    assert 0.0 <= ks(a, b) <= 1.0
    assert counts(x * 8.0, two).sum() == len(x)
    assert ks(counts(x[:half] * 8.0, two), counts(x[half:] * 8.0, two)) == pytest.approx(float(ks(a, b)))
