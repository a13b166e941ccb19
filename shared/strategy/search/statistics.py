"""Statistics of paired scenarios: intervals, who is best, and how far that rests on the models' parameters."""

from __future__ import annotations

from math import erf, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Z90 = 1.6448536269514722
"""Normal quantile of a two-sided 90% interval."""

Z95 = 1.959963984540054
"""The same of a 95% interval: how sure a search must be of a plan to leave it."""

N_POSTERIOR = 4096

Values = npt.NDArray[np.float64]


class Difference(NamedTuple):
    """Mean paired difference and its 90% interval (normal, from the paired scenarios), in units of the objective."""

    value: float
    low: float
    high: float

    @property
    def separable(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0.0 or self.high < 0.0

    def settled(self, hardly_anything: float) -> bool:
        """Whether more scenarios are not worth their time: the 95% interval leaves out zero, or everything but what is
        ``hardly_anything`` either way."""
        margin = (self.high - self.low) / 2.0 * Z95 / Z90
        return abs(self.value) > margin or abs(self.value) + margin < hardly_anything


def paired_difference(values: Values, reference: Values) -> Difference:
    """``values`` less ``reference`` over the same scenarios f64[S]."""
    difference = values - reference
    mean = float(difference.mean())
    margin = Z90 * standard_error(difference)
    return Difference(mean, mean - margin, mean + margin)


def standard_error(values: Values) -> float:
    """Standard error of the mean over scenarios; 0 for a single scenario."""
    return float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


def probability_best(blocks: list[Values], seed: int) -> list[npt.NDArray[np.float64]]:
    """How probable it is that each plan has the best expected value, as far as the scenarios tell.

    blocks: each f64[K_b, S_b], paired values of some plans, row 0 always the same reference plan. Returns
    f64[K_b] for each block, the reference's in row 0 of every one; all plans together, the reference once, sum
    to 1. Normal approximation: the mean differences from the reference are drawn N_POSTERIOR times from
    their normal distribution (covariances from the paired scenarios within a block, blocks independent), and
    the share of draws in which a plan is largest is counted; plans that tie share the draw.
    """
    rng = np.random.default_rng(seed)
    drawn = [np.zeros((N_POSTERIOR, 1))]
    for block in blocks:
        difference = block[1:] - block[:1]
        k, s = difference.shape
        if k == 0:
            continue
        covariance = np.atleast_2d(np.cov(difference)) / s
        # the symmetric root holds for the rank-deficient covariances of plans that are the same in every scenario
        eigenvalues, vectors = np.linalg.eigh(covariance)
        root = vectors * np.sqrt(np.clip(eigenvalues, 0.0, None))
        drawn.append(difference.mean(axis=1) + rng.standard_normal((N_POSTERIOR, k)) @ root.T)
    together = np.concatenate(drawn, axis=1)
    best = together >= together.max(axis=1, keepdims=True) - 1e-9
    shares = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
    answer, start = [], 1
    for block in blocks:
        k = len(block) - 1
        answer.append(np.concatenate([shares[:1], shares[start : start + k]]))
        start += k
    return answer


def share_of_draws(differences: Values) -> float:
    """Share of draws under which the call is at least as good as its rival.

    differences: f64[n, D], the call's value less the rival's, paired, n scenarios for each of D draws. A draw's mean
    rests on n scenarios only, so its chance noise is taken out first: the spread between draws is split into noise and
    a real part, each draw's mean is shrunk accordingly (empirical Bayes, normal), and it counts with the
    probability that it is not negative. Without a real spread this is the probability that the call is better at all.
    """
    n, draws = differences.shape
    means = differences.mean(axis=0)
    mean = float(means.mean())
    noise = float(differences.var(axis=0, ddof=1).mean()) / n if n > 1 else float(means.var(ddof=1))
    between = max(0.0, float(means.var(ddof=1)) - noise)
    if between == 0.0:
        return _probability_positive(mean, sqrt(noise / draws))
    weight = between / (between + noise)
    centres = mean + weight * (means - mean)
    spread = sqrt(weight * noise + (1.0 - weight) ** 2 * (between + noise) / draws)
    return float(np.mean([_probability_positive(float(centre), spread) for centre in centres]))


def _probability_positive(mean: float, deviation: float) -> float:
    if deviation <= 0.0:
        return 1.0 if mean >= 0.0 else 0.0
    return 0.5 * (1.0 + erf(mean / (deviation * sqrt(2.0))))
