"""Recorded laps as examples for the tire degradation model, and what counts as truth when it is scored.

A moment is a car at the end of a lap in green running: three clean laps (``tire_features.clean``) among the last five
of its set, no safety car of either kind on the lap. Its truth at a horizon of h laps is the mean time of the clean laps
among the next h, for cars that stay on the set for all h (no stop, no retirement, no flag before) and run at least
``CLEAN_SHARE`` of them clean; neutralized and yellow laps are left out of the mean. Moments are scored in dry races.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from shared.models.grid import BoolArray, FloatArray, IntArray
from shared.models.recorded import RecordedRace
from shared.models.tires.features import NAMES, WINDOW, Context, clean, recent_features
from shared.models.tires.forecast import HORIZONS
from shared.race.vocabulary import Compound

CLEAN_SHARE = 0.9  # the baselines then come closest to what was first measured on these races: .378, .411, .450 s
_WET_RACE = 0.01  # share of laps on wet tires from which a race is not dry
_FIRST_LAP = 4


class Examples(NamedTuple):
    """N moments of cars. x f64[N, F]; recent f64[N]: recent pace, s on the reference lap; stint_mean f64[N], the same
    unit; scale f64[N]: real seconds to one on the reference lap; y f64[N, H]: truth in real seconds, NaN where there is
    none; season, race (index), lap, compound i64[N]; dry bool[N]: the race saw no wet tires."""

    x: FloatArray
    recent: FloatArray
    stint_mean: FloatArray
    scale: FloatArray
    y: FloatArray
    season: IntArray
    race: IntArray
    lap: IntArray
    compound: IntArray
    dry: BoolArray

    def where(self, keep: BoolArray) -> Examples:
        """The examples kept."""
        kept: tuple[Any, ...] = tuple(part[keep] for part in self)
        return Examples(*kept)


def sets(race: RecordedRace) -> IntArray:
    """i64[C, W]: number of the set each lap was run on."""
    grid = race.grid
    new = grid.pit_out.copy()
    new[:, 1:] |= (grid.compound[:, 1:] != grid.compound[:, :-1]) | grid.pit_in[:, :-1]
    new[:, 1:] |= grid.age[:, 1:] <= grid.age[:, :-1]
    return np.cumsum(new, axis=1)


def outcome(race: RecordedRace, told: BoolArray, number: IntArray, cars: IntArray, lap: int) -> FloatArray:
    """f64[len(cars), H]: mean pace over the next laps, s, NaN where the stint ended or too few laps were clean.

    ``told``: ``clean`` of the whole race; ``number``: ``sets`` of it.
    """
    grid = race.grid
    out = np.full((len(cars), len(HORIZONS)), np.nan)
    for k, h in enumerate(HORIZONS):
        if lap + h > grid.lap_time.shape[1]:
            continue
        span = slice(lap, lap + h)
        stays = (number[cars, span] == number[cars, lap - 1][:, None]).all(axis=1)
        stays &= grid.ran[cars, span].all(axis=1) & ~grid.pit_in[cars, span].any(axis=1)
        n = told[cars, span].sum(axis=1)
        total = np.where(told[cars, span], np.nan_to_num(grid.lap_time[cars, span]), 0.0).sum(axis=1)
        out[:, k] = np.where(stays & (n >= CLEAN_SHARE * h), total / np.maximum(n, 1), np.nan)
    return out


def examples(races: Sequence[RecordedRace], every: int) -> Examples:
    """Moments of every ``every``-th lap of the races, the first lap alternating."""
    parts = [found for k, race in enumerate(races) for found in _of_race(race, k, every)]
    if not parts:
        nothing, none = np.zeros(0), np.zeros(0, np.int64)
        return Examples(np.zeros((0, len(NAMES))), nothing, nothing, nothing, np.zeros((0, len(HORIZONS))),
                        none, none, none, none, np.zeros(0, bool))  # fmt: skip
    joined: tuple[Any, ...] = tuple(np.concatenate(part) for part in zip(*parts, strict=True))
    return Examples(*joined)


def _of_race(race: RecordedRace, index: int, every: int) -> list[Examples]:
    grid, out = race.grid, []
    told, number = clean(grid), sets(race)
    dry = bool((grid.compound > Compound.HARD).mean() < _WET_RACE)
    for lap in range(_FIRST_LAP + index % every, min(grid.lap_time.shape[1], race.total_laps) - HORIZONS[0] + 1, every):
        cars = np.flatnonzero(race.on_track(lap) & np.isfinite(race.gap[:, lap - 1]))
        y = outcome(race, told, number, cars, lap)
        if len(cars) < 4 or not np.isfinite(y).any():
            continue
        recent = recent_features(grid.until(lap, WINDOW).take(cars), Context(lap, race.total_laps))
        keep = np.isfinite(recent.pace) & np.isfinite(y).any(axis=1)
        n = int(keep.sum())
        out.append(
            Examples(
                recent.x[keep], recent.pace[keep], recent.stint_mean[keep], np.full(n, recent.scale), y[keep],
                np.full(n, race.season), np.full(n, index), np.full(n, lap), grid.compound[cars[keep], lap - 1],
                np.full(n, dry),
            )
        )  # fmt: skip
    return out
