"""Measures of a forecast of places. One race moment at a time or pooled; every function is pure and vectorised.

Forecasts are matrices P f64[C, C]: probability that car c ends in place k + 1. Truth is place i64[C], from 1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PODIUM = 3
POINTS_PLACES = 10
BINS = 10


def one_hot(place: Ints) -> Floats:
    """f64[C, C]: the forecast that names these places with certainty."""
    return np.eye(len(place))[np.asarray(place) - 1]


def crps(p: Floats, place: Ints) -> Floats:
    """f64[C]: continuous ranked probability score of each car's place, in places: the sum over places of the squared
    difference of cumulative probabilities. Of a forecast that names one place it is the absolute error."""
    forecast = np.cumsum(p, axis=1)
    came = np.cumsum(one_hot(place), axis=1)
    return np.square(forecast - came)[:, :-1].sum(axis=1)


def rps(p: Floats, place: Ints) -> float:
    """Ranked probability score: CRPS divided by places less one, the mean over cars; 0 is perfect. A field of one car
    has nothing to forecast: 0."""
    return float(crps(p, place).mean() / (len(place) - 1)) if len(place) > 1 else 0.0


def expected_place(p: Floats) -> Floats:
    """f64[C]: mean place."""
    return p @ np.arange(1.0, p.shape[1] + 1)


def spearman(p: Floats, place: Ints) -> float:
    """Spearman's rank correlation of expected place and place; ties share their rank. NaN under two cars."""
    return _correlation(_ranks(expected_place(p)), np.asarray(place, dtype=float))


def _ranks(x: Floats) -> Floats:
    _, inverse, counts = np.unique(np.round(x, 9), return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    ranks: Floats = middle[inverse]
    return ranks


def _correlation(x: Floats, y: Floats) -> float:
    if len(x) < 2 or x.std() == 0 or y.std() == 0:
        return float("nan")
    return float(np.corrcoef(x, y)[0, 1])


def winner_named(p: Floats, place: Ints) -> bool:
    """Whether the car given the best chance of winning won; the first of several equal ones counts."""
    return bool(place[int(p[:, 0].argmax())] == 1)


def podium_named(p: Floats, place: Ints) -> float:
    """Share of the three cars given the best chance of the podium that were on it."""
    named = np.argsort(-p[:, :PODIUM].sum(axis=1), kind="stable")[:PODIUM]
    return float((place[named] <= PODIUM).mean())


def event_probabilities(p: Floats) -> Floats:
    """f64[3, C]: win, podium and points (top ten) probability of each car."""
    return np.clip(np.stack([p[:, 0], p[:, :PODIUM].sum(axis=1), p[:, :POINTS_PLACES].sum(axis=1)]), 0.0, 1.0)


def events(place: Ints) -> npt.NDArray[np.bool_]:
    """bool[3, C]: win, podium, points."""
    return np.stack([place == 1, place <= PODIUM, place <= POINTS_PLACES])


def brier(p: Floats, came: npt.NDArray[np.bool_]) -> float:
    """Mean squared difference of probability and what came."""
    return float(np.square(np.asarray(p) - np.asarray(came)).mean())


def reliability(p: Floats, came: npt.NDArray[np.bool_], bins: int = BINS) -> tuple[Ints, Floats, Floats]:
    """By bin of equal width over 0..1: number of forecasts, their mean, the share that came (NaN in an empty bin)."""
    p, came = np.ravel(p), np.ravel(came).astype(float)
    index = np.minimum((p * bins).astype(int), bins - 1)
    n = np.bincount(index, minlength=bins)
    with np.errstate(invalid="ignore"):
        return n, np.bincount(index, p, bins) / n, np.bincount(index, came, bins) / n


def calibration_error(p: Floats, came: npt.NDArray[np.bool_], bins: int = BINS) -> float:
    """Expected calibration error: the bins' differences of mean forecast and share, by size."""
    n, mean, share = reliability(p, came, bins)
    full = n > 0
    return float((n[full] * np.abs(mean[full] - share[full])).sum() / n.sum())


def perfect_calibration_error(
    forecasts: list[Floats], repeats: int = 200, seed: int = 1, bins: int = BINS
) -> tuple[float, float]:
    """Calibration error that these very forecasts would have if they were right: mean and 95th percentile.

    In each repeat every car's place is drawn from its own row, so that win, podium and top ten of one car hang
    together; that two cars cannot share a place is not imposed.
    """
    rng = np.random.default_rng(seed)
    p = np.concatenate([event_probabilities(f) for f in forecasts], axis=1)
    u = rng.random((repeats, p.shape[1]))
    # the cumulative probabilities at places 1, 3 and 10 are the three probabilities themselves
    errors = [calibration_error(p, u[r] < p, bins) for r in range(repeats)]
    return float(np.mean(errors)), float(np.quantile(errors, 0.95))


def paired_bootstrap(
    model: Floats,
    baseline: Floats,
    groups: npt.NDArray[np.object_],
    repeats: int = 2000,
    seed: int = 1,
    level: float = 0.9,
) -> tuple[float, float, float]:
    """Skill of ``model`` over ``baseline`` (1 - ratio of mean scores): value, and the interval from drawing whole
    groups (races) with replacement, the same draws for both."""
    names, index = np.unique(groups, return_inverse=True)
    a = np.bincount(index, model, len(names))
    b = np.bincount(index, baseline, len(names))
    drawn = np.random.default_rng(seed).integers(0, len(names), (repeats, len(names)))
    skill = 1 - a[drawn].sum(axis=1) / b[drawn].sum(axis=1)
    low, high = np.quantile(skill, [(1 - level) / 2, (1 + level) / 2])
    return float(1 - a.sum() / b.sum()), float(low), float(high)


def paired_mean(
    difference: Floats,
    groups: npt.NDArray[np.object_],
    repeats: int = 2000,
    seed: int = 1,
    level: float = 0.9,
) -> dict[str, float]:
    """Mean of paired differences: value, and low and high end of the interval from drawing whole groups (races) with
    replacement. Differences that are not finite are left out."""
    finite = np.isfinite(difference)
    names, index = np.unique(groups[finite], return_inverse=True)
    if not len(names):
        return {"value": float("nan"), "low": float("nan"), "high": float("nan")}
    total, count = np.bincount(index, difference[finite], len(names)), np.bincount(index, minlength=len(names))
    drawn = np.random.default_rng(seed).integers(0, len(names), (repeats, len(names)))
    means = total[drawn].sum(axis=1) / count[drawn].sum(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return {"value": float(total.sum() / count.sum()), "low": float(low), "high": float(high)}
