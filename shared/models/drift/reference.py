"""What a bundle keeps of the races it was trained on, so that new ones can be set beside them: some kilobytes.

For every feature the edges and counts of its values, and how far windows of races of the reference lie from the rest
of it: races are drawn at random within one season and set against all others, and the share of such draws that lies
further apart is the rate of false alarms. The limits are the 95% (watch) and 99% (retrain) quantiles of those draws, by
the number of races in the window. A model's verdict goes by its furthest feature, whose limit comes from the same
draws, so that many features do not mean many alarms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from shared.models.drift.distance import counts, edges, ks, psi
from shared.models.drift.features import FEATURES, MODELS, Watched
from shared.models.grid import FloatArray

WINDOWS = (1, 2, 4, 8, 12, 16, 22)
"""Races in the windows that are drawn."""
WATCH, RETRAIN = 0.95, 0.99
DRAWS = 1000
LEAST_RACES = 8
_CHOICE = 1.5
"""A season has at least so many times the races of a window, or all windows would be the same."""
_SEED = 20_220_320


def fit_reference(races: Sequence[Watched], draws: int = DRAWS) -> dict[str, Any] | None:
    """{"races", "features": {name: {"edges", "counts", "limits"}}, "models": {name: {"watch", "retrain"}}, "windows"};
    None with too few races to draw windows from."""
    if len(races) < LEAST_RACES:
        return None
    binned: dict[str, FloatArray] = {}
    table: dict[str, Any] = {}
    for name in FEATURES:
        every = np.concatenate([race.values[name] for race in races])
        if len(every) < LEAST_RACES:
            continue
        at = np.round(edges(every), 6)
        binned[name] = np.stack([counts(race.values[name], at) for race in races])
        table[name] = {"edges": at.tolist(), "counts": binned[name].sum(axis=0).astype(int).tolist()}
    sizes, drawn = _windows([race.season for race in races], draws)
    far = {name: _distances(rows, drawn) for name, rows in binned.items()}
    for name, (psi_of, ks_of) in far.items():
        table[name]["limits"] = {
            "psi": [_limit(psi_of[sizes == n], WATCH) for n in np.unique(sizes)],
            "ks": [_limit(ks_of[sizes == n], WATCH) for n in np.unique(sizes)],
        }
    windows = [effective(int(n), len(races) - int(n)) for n in np.unique(sizes)]
    out: dict[str, Any] = {"races": len(races), "windows": windows, "features": table, "models": {}}
    for model, features in MODELS.items():
        known = [name for name in features if name in table]
        if known:
            furthest = np.max([_against_limits(far[name], table[name]["limits"], sizes) for name in known], axis=0)
            out["models"][model] = {
                "watch": [_limit(furthest[sizes == n], WATCH) for n in np.unique(sizes)],
                "retrain": [_limit(furthest[sizes == n], RETRAIN) for n in np.unique(sizes)],
            }
    return out


def effective(window: int, reference: int) -> float:
    """Races that a comparison rests on: both sides vary, and distances go by 1 / window + 1 / reference."""
    return round(1.0 / (1.0 / max(window, 1) + 1.0 / max(reference, 1)), 4)


def limit_at(limits: Sequence[float], windows: Sequence[float], size: float) -> float:
    """The limit for a comparison of effective size ``size``, between those that were drawn."""
    return float(np.interp(1.0 / size, 1.0 / np.array(windows[::-1]), np.array(limits[::-1])))


def _windows(seasons: Sequence[int], draws: int) -> tuple[Any, FloatArray]:
    """(i64[D] races in the window, f64[D, R] 1 where a race is in it): of every size that leaves as many outside."""
    rng = np.random.default_rng(_SEED)
    of_season = [np.flatnonzero(np.array(seasons) == season) for season in sorted(set(seasons))]
    sizes, rows = [], []
    for size in WINDOWS:
        able = [own for own in of_season if len(own) >= size * _CHOICE and len(seasons) >= 2 * size]
        for _ in range(draws if able else 0):
            row = np.zeros(len(seasons))
            row[rng.choice(able[rng.integers(len(able))], size, replace=False)] = 1.0
            sizes.append(size)
            rows.append(row)
    return np.array(sizes), np.array(rows)


def _distances(binned: FloatArray, drawn: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(psi f64[D], ks f64[D]) of every window against the races outside it; 0 where a window has no value."""
    inside = drawn @ binned
    outside = binned.sum(axis=0) - inside
    told = (inside.sum(axis=1) > 0) & (outside.sum(axis=1) > 0)
    return np.where(told, psi(inside, outside), 0.0), np.where(told, ks(inside, outside), 0.0)


def _against_limits(far: tuple[FloatArray, FloatArray], limits: Any, sizes: Any) -> FloatArray:
    """f64[D]: the larger of PSI and KS, each over its own limit."""
    index = np.searchsorted(np.unique(sizes), sizes)
    ratios = [of / np.maximum(np.array(limits[name])[index], 1e-9) for name, of in zip(("psi", "ks"), far, strict=True)]
    furthest: FloatArray = np.maximum(*ratios)
    return furthest


def _limit(values: FloatArray, share: float) -> float:
    return round(float(np.quantile(values, share)), 5)
