"""What is known at a lap of the pace that a car will keep up on the tires it is on, as features: the same code for
recorded races and for a request.

A row is a car. Times are seconds on the reference lap; most features are differences from the car's own recent pace,
and the model forecasts the difference from it as well. What the whole field gained or lost lately is separated from
what the car itself did (effects of cars and of laps over the window, by alternating means).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from shared.models.grid import (
    DIRTY_AIR,
    DIRTY_AIR_DECAY,
    REFERENCE_LAP,
    BoolArray,
    FloatArray,
    LapGrid,
    base_lap,
    gap_ahead,
    usable,
)
from shared.race.vocabulary import TrackStatus

WINDOW = 10
RECENT = 3
"""Laps whose mean is the recent pace, taken from the last ``RECENT_WITHIN`` laps of the set."""
RECENT_WITHIN = 5
SLOW, QUICK = 1.07, 0.93
"""A lap out of these bounds of the field's median on the same lap tells of something else than pace."""
NAMES = (
    "last", "before_last", "mean_5", "mean_10", "quick", "spread", "slope", "laps_known",
    "own_last", "own_before", "own_3", "own_slope", "own_spread",
    "field_last", "field_3", "field_slope", "field_slope_5", "field_spread",
    "pace", "pace_ahead", "pace_second_ahead", "pace_behind", "held",
    "gap_ahead", "gap_ahead_before", "gap_second", "gap_behind", "dirty_now", "dirty_recent", "track_ahead",
    "track_ahead_lapped",
    "laps_down", "place", "age", "compound", "age_of_field", "fresh_share", "stopped_lately", "laps_left",
    "share_done",
    "base", "neutral_lately", "yellow_now", "wet_lately",
)  # fmt: skip


class Context(NamedTuple):
    """What is known beside the laps: the lap at whose end the question is asked, and the scheduled distance."""

    lap: int
    total_laps: int


class Recent(NamedTuple):
    """x f64[C, F]; pace f64[C]: recent pace, s on the reference lap, NaN for a car that cannot be told; scale: real
    seconds to one on the reference lap; stint_mean f64[C]: mean over the clean laps of the set within the window."""

    x: FloatArray
    pace: FloatArray
    scale: float
    stint_mean: FloatArray


def same_set(grid: LapGrid) -> BoolArray:
    """bool[C, W]: laps on the set that the car ends the window on."""
    changed = grid.pit_out.copy()
    changed[:, 1:] |= (grid.compound[:, 1:] != grid.compound[:, :-1]) | grid.pit_in[:, :-1]
    changed[:, 1:] |= grid.age[:, 1:] <= grid.age[:, :-1]
    later = np.cumsum(changed[:, ::-1], axis=1)[:, ::-1]  # changes at this lap or after it
    after = np.concatenate([later[:, 1:], np.zeros((len(later), 1), later.dtype)], axis=1)
    mine: BoolArray = after == 0
    return mine


def clean(grid: LapGrid) -> BoolArray:
    """bool[C, W]: laps in green running: ``usable``, no yellow, within bounds of the field's median of the lap."""
    told = usable(grid) & (grid.status == TrackStatus.GREEN)
    y = np.where(told, grid.lap_time, np.nan)
    middle = _column_median(y)
    with np.errstate(invalid="ignore"):
        return told & (y < SLOW * middle) & (y > QUICK * middle)


def _column_median(y: FloatArray) -> FloatArray:
    out = np.full(y.shape[1], np.nan)
    known = np.isfinite(y).any(axis=0)
    if known.any():
        out[known] = np.nanmedian(y[:, known], axis=0)
    return out


def _effects(y: FloatArray, rounds: int = 8) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(car f64[C], lap f64[W], rest f64[C, W]) of y; cars and laps without values have 0."""
    known = np.isfinite(y)
    filled = np.where(known, y, 0.0)
    n_car, n_lap = np.maximum(known.sum(axis=1), 1), np.maximum(known.sum(axis=0), 1)
    car = filled.sum(axis=1) / n_car
    lap = np.zeros(y.shape[1])
    for _ in range(rounds):
        lap = (filled - car[:, None] * known).sum(axis=0) / n_lap
        car = (filled - lap * known).sum(axis=1) / n_car
    return car, lap, np.where(known, y - car[:, None] - lap, np.nan)


def _mean(y: FloatArray, otherwise: float | FloatArray = 0.0) -> FloatArray:
    """f64[C]: mean over known values of each row."""
    known = np.isfinite(y)
    n = known.sum(axis=1)
    return np.where(n > 0, np.where(known, y, 0.0).sum(axis=1) / np.maximum(n, 1), otherwise)


def _spread(y: FloatArray) -> FloatArray:
    """f64[C]: standard deviation of the known values of each row, .4 s where there are under three."""
    known = np.isfinite(y)
    n = known.sum(axis=1)
    square = np.where(known, (y - _mean(y)[:, None]) ** 2, 0.0).sum(axis=1)
    return np.where(n >= 3, np.sqrt(square / np.maximum(n - 1, 1)), 0.4)


def _slope(y: FloatArray) -> FloatArray:
    """f64[C]: least-squares slope a lap over the known values of each row, pulled to 0 as by ten laps' spread."""
    known = np.isfinite(y)
    t = np.where(known, np.arange(y.shape[1], dtype=float)[None, :], np.nan)
    t = np.where(known, t - _mean(t)[:, None], 0.0)
    return np.where(known, t * (y - _mean(y)[:, None]), 0.0).sum(axis=1) / ((t**2).sum(axis=1) + 10.0)


def _last(y: FloatArray, n: int) -> FloatArray:
    """f64[C, W]: all but the last ``n`` known values of each row masked."""
    known = np.isfinite(y)
    rank = np.cumsum(known[:, ::-1], axis=1)[:, ::-1]
    return np.where(known & (rank <= n), y, np.nan)


def recent_features(grid: LapGrid, context: Context) -> Recent:
    """Features of every car of ``grid`` at its last lap; laps before the last ``WINDOW`` are not looked at."""
    grid = grid.until(context.lap, WINDOW)
    c, w = grid.lap_time.shape
    if w < WINDOW:
        grid, w = _padded(grid), WINDOW
    told = clean(grid)
    base = base_lap(grid)
    if c == 0 or not told.any() or not np.isfinite(base):
        return Recent(np.zeros((c, len(NAMES))), np.full(c, np.nan), float("nan"), np.full(c, np.nan))
    mine = same_set(grid)
    y = np.where(told & mine, grid.lap_time / base * REFERENCE_LAP, np.nan)
    near = np.isfinite(y[:, -RECENT_WITHIN:]).sum(axis=1) >= RECENT
    running = grid.status[:, -1] < TrackStatus.VSC
    pace = np.where(near & running & ~grid.pit_in[:, -1], _mean(_last(y, RECENT), np.nan), np.nan)
    middle = float(np.nanmedian(np.where(np.isfinite(pace), pace, _mean(y, np.nan)))) if np.isfinite(y).any() else 90.0
    level = np.where(np.isfinite(pace), pace, _mean(y, middle))
    car, lap, rest = _effects(np.where(np.abs(y - level[:, None]) < 3.0, y, np.nan))
    seen = np.isfinite(rest).sum(axis=0) >= 3
    field = np.where(seen, lap, np.nan)[None, :]
    ahead = gap_ahead(grid.line)
    d = y - level[:, None]
    own_3 = _mean(_last(rest, RECENT))
    now = car + float(_mean(_last(field, RECENT))[0])  # level of a car had it done its own mean of late
    x = np.column_stack([
        _newest(d, 1), _newest(d, 2), _mean(_last(d, 5)), _mean(d), _quick(d), _spread(d), _slope(d),
        np.isfinite(d).sum(axis=1),
        _newest(rest, 1), _newest(rest, 2), own_3, _slope(rest), _spread(rest),
        *_field(field, c), np.full(c, _mean(_spread(_last(rest, 5))[None, :])[0]),
        *_rivals(np.where(np.isfinite(d).any(axis=1), now, middle), grid, ahead, base),
        *_traffic(grid, ahead, base),
        *_situation(grid, context, base),
    ])  # fmt: skip
    # four decimals: what rounding errors of a sum leave must not decide on which side of a threshold a car falls
    return Recent(np.round(x, 4), pace, base / REFERENCE_LAP, _mean(y, np.nan))


def _padded(grid: LapGrid) -> LapGrid:
    """The grid with laps nobody knows in front, up to the width of the window."""
    c, w = grid.lap_time.shape
    k = WINDOW - w
    first = int(grid.lap[0]) if w else 1

    def put(values: float, matrix: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.concatenate([np.full((c, k), values, matrix.dtype), matrix], axis=1)

    return LapGrid(
        np.concatenate([np.arange(first - k, first), grid.lap]), put(np.nan, grid.lap_time), put(-1, grid.compound),
        put(np.nan, grid.age), put(0, grid.status), put(False, grid.pit_in), put(False, grid.pit_out),
        put(False, grid.ran), put(np.nan, grid.line),
    )  # fmt: skip


def _newest(y: FloatArray, k: int) -> FloatArray:
    """f64[C]: the k-th newest known value of each row, 0 where there is none."""
    return np.nan_to_num(_mean(np.where(np.isfinite(_last(y, k - 1)) if k > 1 else False, np.nan, _last(y, k))))


def _quick(d: FloatArray) -> FloatArray:
    """f64[C]: the second quickest of the known values, the quickest if there are two, 0 without."""
    ordered = np.sort(np.where(np.isfinite(d), d, np.inf), axis=1)
    first, second = ordered[:, 0], ordered[:, 1]
    return np.where(np.isfinite(second), second, np.where(np.isfinite(first), first, 0.0))


def _field(field: FloatArray, c: int) -> list[FloatArray]:
    late = _mean(_last(field, RECENT))[0]
    values = (_newest(field, 1)[0] - late, late - _mean(field)[0], _slope(field)[0], _slope(field[:, -5:])[0])
    return [np.full(c, v) for v in values]


def _rivals(now: FloatArray, grid: LapGrid, ahead: FloatArray, base: float) -> list[FloatArray]:
    """Pace against the field's median, and that of the cars around against the own."""
    line = grid.line[:, -1]
    order = np.argsort(line, kind="stable")
    c = len(now)
    near = np.zeros((3, c))
    for row, shift in ((0, 1), (1, 2)):
        near[row, order[shift:]] = now[order[:-shift]] - now[order[shift:]]
    near[2, order[:-1]] = now[order[1:]] - now[order[:-1]]
    held = near[0] * (np.nan_to_num(ahead[:, -1], nan=99.0) < 3.0)
    return [np.clip(v, -3.0, 3.0) for v in (now - np.median(now), near[0], near[1], near[2], held)]


def _traffic(grid: LapGrid, ahead: FloatArray, base: float) -> list[FloatArray]:
    line = np.nan_to_num(grid.line[:, -1], nan=1e6)
    c = len(line)
    order = np.argsort(line, kind="stable")
    second, behind = np.full(c, 99.0), np.full(c, 99.0)
    second[order[2:]] = line[order[2:]] - line[order[:-2]]
    behind[order[:-1]] = np.diff(line[order])
    gaps = np.nan_to_num(ahead, nan=30.0)
    dirt = DIRTY_AIR * np.exp(-gaps / DIRTY_AIR_DECAY)
    # cars on the same piece of track, whatever lap they are on
    phase = np.mod(line - line.min(), base)
    apart = np.mod(phase[:, None] - phase[None, :], base)
    np.fill_diagonal(apart, base)
    nearest = apart.argmin(axis=1)
    down = np.floor((line - line.min()) / base)
    return [
        np.clip(gaps[:, -1], 0, 30), np.clip(gaps[:, -3:].mean(axis=1), 0, 30), np.clip(second, 0, 40),
        np.clip(behind, 0, 30),
        dirt[:, -1], dirt[:, -4:-1].mean(axis=1), np.clip(apart.min(axis=1), 0, 30), down[nearest] - down,
        down,
    ]  # fmt: skip


def _situation(grid: LapGrid, context: Context, base: float) -> list[FloatArray]:
    c = len(grid.compound)
    line = np.nan_to_num(grid.line[:, -1], nan=1e6)
    age = np.clip(np.nan_to_num(grid.age[:, -1], nan=10.0), 1, 60)
    code = np.clip(grid.compound[:, -1], 0, 4)
    slow = grid.status >= TrackStatus.VSC
    since = np.where(slow.any(axis=1), WINDOW - 1 - np.where(slow, np.arange(WINDOW), 0).max(axis=1), WINDOW)
    wet = (grid.compound >= 3).any(axis=1)

    def whole(value: float) -> FloatArray:
        return np.full(c, float(value))

    return [
        np.argsort(np.argsort(line, kind="stable")) / max(c, 1), age, code.astype(float),
        whole(np.median(age)),
        whole((age < 6).mean()), whole(grid.pit_in[:, -3:].any(axis=1).mean()), whole(context.total_laps - context.lap),
        whole(context.lap / max(context.total_laps, 1)), whole(base), since.astype(float),
        (grid.status[:, -1] == TrackStatus.YELLOW).astype(float), wet.astype(float),
    ]  # fmt: skip
