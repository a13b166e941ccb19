"""How far two sets of values lie apart: the population stability index and the Kolmogorov-Smirnov distance, of counts.

Both are taken of binned counts, since a bundle keeps no more of its reference than that. PSI over ten equal shares of
the reference is the credit industry's (Siddiqi, Credit Risk Scorecards, 2006), whose limits of .1 and .25 suit large
samples of independent values. Laps of one race are not independent, so that limits here are measured (``reference``).
"""

from __future__ import annotations

import numpy as np

from shared.models.grid import FloatArray

BINS = 10
"""Equal shares of the reference that PSI compares."""
FINE = 5
"""Bins of the KS distance to one of PSI: fifty in all, which tell a distance of .02 at the coarsest."""
_LEAST = 0.5
"""Added to every bin of PSI, so that an empty one does not make it infinite."""


def edges(values: FloatArray) -> FloatArray:
    """f64[BINS * FINE - 1]: quantiles of the reference between which values are counted."""
    return np.quantile(values, np.arange(1, BINS * FINE) / (BINS * FINE))


def counts(values: FloatArray, at: FloatArray) -> FloatArray:
    """f64[BINS * FINE]: how many values lie between the edges. Ties go up, so that a reference with few different
    values has empty bins in both."""
    return np.bincount(np.searchsorted(at, values, side="right"), minlength=len(at) + 1).astype(float)


def psi(now: FloatArray, reference: FloatArray) -> FloatArray:
    """f64[...]: sum over the ten coarse bins of (p - q) ln(p / q); the arguments are fine counts f64[..., BINS * FINE]
    of which either may lead with other axes."""
    p, q = (_shares(each.reshape(*each.shape[:-1], BINS, FINE).sum(axis=-1)) for each in (now, reference))
    distance: FloatArray = ((p - q) * np.log(p / q)).sum(axis=-1)
    return distance


def ks(now: FloatArray, reference: FloatArray) -> FloatArray:
    """f64[...]: the largest difference of the cumulative shares at the edges."""
    p, q = (np.cumsum(each, axis=-1) / np.maximum(each.sum(axis=-1, keepdims=True), 1.0) for each in (now, reference))
    distance: FloatArray = np.abs(p - q).max(axis=-1)
    return distance


def _shares(coarse: FloatArray) -> FloatArray:
    smooth = coarse + _LEAST
    shares: FloatArray = smooth / smooth.sum(axis=-1, keepdims=True)
    return shares
