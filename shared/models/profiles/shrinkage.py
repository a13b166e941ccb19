"""Many noisy observations of each driver into one estimate each: normalised within a season, shrunk to the average.

Normal-normal empirical Bayes: an observation is a driver's trait plus noise, traits are normal around the average of
their era. The variances are by one-way analysis of variance (Searle, Casella & McCulloch, Variance Components, 1992).
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

LEAST_RACES = 5
"""Races below which a trait is left unknown: the interval would span nearly the whole of 0..1."""
_TAIL = NormalDist().inv_cdf(0.95)
_CLIP = 3.0
"""Standard deviations within the season at which an observation is cut, so that one odd race does not make a driver."""


class Spread(NamedTuple):
    """Variance between drivers and within one (of an observation of weight 1), in squared standard deviations of a
    season's observations."""

    between: float
    within: float


def normalised(observed: pd.DataFrame) -> pd.DataFrame:
    """Observations (ergast_id, race_id, season, round, value, weight) with values in standard deviations of the
    season around its mean, and weights of mean 1."""
    if len(observed) == 0:
        return observed
    grouped = observed.groupby("season")["value"]
    spread = grouped.transform("std").replace(0.0, np.nan)
    value = ((observed["value"] - grouped.transform("mean")) / spread).clip(-_CLIP, _CLIP)
    weight = observed["weight"] / observed["weight"].mean()
    return observed.assign(value=value, weight=weight).dropna(subset=["value"]).reset_index(drop=True)


def sums(observed: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Per group of ``by``: n (observations), weight (sum) and mean (weighted)."""
    moments = observed.assign(total=observed["value"] * observed["weight"]).groupby(by, sort=True)
    out = moments.agg(n=("value", "size"), weight=("weight", "sum"), total=("total", "sum")).reset_index()
    return out.assign(mean=out["total"] / out["weight"]).drop(columns="total")


def spread(observed: pd.DataFrame) -> Spread:
    """Variances by analysis of variance; ``between`` is 0 where drivers do not differ beyond noise, or too few race."""
    groups = sums(observed, ["ergast_id"])
    total = float(groups["weight"].sum())
    if len(observed) <= len(groups) or len(groups) < 3:
        return Spread(0.0, 1.0)
    mean = observed["ergast_id"].map(groups.set_index("ergast_id")["mean"])
    inner = float((observed["weight"] * (observed["value"] - mean) ** 2).sum()) / (len(observed) - len(groups))
    overall = float((groups["weight"] * groups["mean"]).sum()) / total
    outer = float((groups["weight"] * (groups["mean"] - overall) ** 2).sum())
    effective = total - float((groups["weight"] ** 2).sum()) / total
    return Spread(max(0.0, (outer - (len(groups) - 1) * inner) / effective), inner)


def shrunk(mean: Any, weight: Any, found: Spread) -> tuple[Any, Any]:
    """Posterior mean and standard deviation of a trait known by the weighted mean of observations."""
    if found.between <= 0.0:
        return np.zeros_like(np.asarray(mean, float)), np.zeros_like(np.asarray(mean, float))
    trust = found.between / (found.between + found.within / np.asarray(weight, float))
    return trust * np.asarray(mean, float), np.sqrt(found.between * (1.0 - trust))


def estimates(observed: pd.DataFrame) -> dict[str, dict[str, float]]:
    """By Ergast id ``{"value", "low", "high", "n"}``: where among drivers (0..1, 0.5 the average of the era) the trait
    lies, with the 90% interval. Drivers of fewer than ``LEAST_RACES`` races are left out, and all where drivers do not
    differ beyond noise."""
    if len(observed) == 0:
        return {}
    found = spread(observed)
    if found.between <= 0.0:
        return {}
    groups = sums(observed, ["ergast_id"])
    groups = groups[groups["n"] >= LEAST_RACES]
    middle, sd = shrunk(groups["mean"], groups["weight"], found)
    unit = NormalDist(0.0, math.sqrt(found.between))
    return {
        str(name): {
            "value": round(unit.cdf(at), 3),
            "low": round(unit.cdf(at - _TAIL * around), 3),
            "high": round(unit.cdf(at + _TAIL * around), 3),
            "n": int(n),
        }
        for name, n, at, around in zip(groups["ergast_id"], groups["n"], middle, sd, strict=True)
    }
