"""Whether a trait is one: does the first half of a season foretell the second, beside calling every driver average?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from shared.models.profiles.shrinkage import shrunk, spread, sums

_LEAST_IN_HALF = 3
_RESAMPLES = 1000


def halves(observed: pd.DataFrame) -> pd.DataFrame:
    """A row a driver and season with three races in each half: ``told`` (first half, shrunk by the variances of all
    other seasons) and ``came`` (mean of the second half)."""
    middle = observed.groupby("season")["round"].transform("median")
    own = sums(observed.assign(late=observed["round"] > middle), ["ergast_id", "season", "late"])
    own = own[own["n"] >= _LEAST_IN_HALF]
    pairs = own[~own["late"]].merge(own[own["late"]], on=["ergast_id", "season"], suffixes=("", "_late"))
    told = pd.Series(0.0, index=pairs.index)
    for season, rows in pairs.groupby("season"):
        others = spread(observed[observed["season"] != season])
        told.loc[rows.index] = shrunk(rows["mean"], rows["weight"], others)[0]
    return pairs.assign(told=told, came=pairs["mean_late"])[["ergast_id", "season", "told", "came"]]


def stability(observed: pd.DataFrame, seed: int = 0) -> dict[str, Any] | None:
    """Root mean squared errors of the second half (standard deviations of a race's observations), beside the average
    driver for everyone, and the correlation of the halves; 90% intervals by resampling drivers. None under ten pairs.
    """
    pairs = halves(observed) if len(observed) else pd.DataFrame()
    if len(pairs) < 10:
        return None
    told, came = pairs["told"].to_numpy(float), pairs["came"].to_numpy(float)
    codes, drivers = pd.factorize(pairs["ergast_id"])
    chance = np.full(len(drivers), 1.0 / len(drivers))
    picks = np.random.default_rng(seed).multinomial(len(drivers), chance, size=_RESAMPLES)[:, codes]
    drawn = _scores(told, came, picks.astype(float))
    error, base, correlation = (float(at) for at in _scores(told, came, np.ones((1, len(pairs))))[0])
    better = np.quantile(drawn[:, 1] - drawn[:, 0], [0.05, 0.95])
    related = np.quantile(drawn[:, 2], [0.05, 0.95])
    return {
        "n": len(pairs),
        "rmse": round(error, 4),
        "baseline_rmse": round(base, 4),
        "better_by": [round(float(at), 4) for at in (base - error, *better)],
        "correlation": [round(float(at), 3) for at in (correlation, *related)],
    }


def _scores(told: Any, came: Any, weights: Any) -> Any:
    """f64[R, 3]: root mean squared error of the forecast, that of zero, and the correlation, a row a weighting [R, n].

    A weighting that leaves no spread to correlate counts as none.
    """
    share = weights / weights.sum(axis=1, keepdims=True)
    error, base = share @ (came - told) ** 2, share @ came**2
    a, b = share @ told, share @ came
    size = np.sqrt(np.maximum((share @ told**2 - a**2) * (share @ came**2 - b**2), 0.0))
    both = share @ (told * came) - a * b
    correlation = np.divide(both, size, out=np.zeros_like(both), where=size > 1e-12)
    return np.column_stack([np.sqrt(error), np.sqrt(base), correlation])
