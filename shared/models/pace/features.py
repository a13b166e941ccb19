"""What is known at a lap of how fast each car will be from there to the flag: the same for recorded races and for a
request, at most ten laps back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from shared.models.grid import FloatArray, IntArray, LapGrid
from shared.models.pace.window import TireCorrection, WindowPace, window_pace
from shared.models.trees import evaluate
from shared.race.vocabulary import TrackStatus

OWN_FEATURES = ("rating", "place", "time_lost", "recent", "rating_unseen")
FADING = ("rating", "rating_unseen", "time_lost", "recent")
"""Features whose weight changes as the rating ages."""
FEATURES = (*OWN_FEATURES, *(f"{name}_x_fading" for name in FADING))
TREE_FEATURES = (
    "rating", "place", "time_lost", "recent", "pace_10", "laps_10", "pace_5", "laps_5", "pace_3", "laps_3", "noise",
    "gap_ahead", "gap_behind", "compound", "age", "age_over_life", "excess_stops", "mate_pace", "mate_time_lost",
    "field_spread", "slow_laps", "share", "cars", "gap", "order", "rating_age",
)  # fmt: skip
_PIT_LOSS = 22.0  # s on the reference lap, to compare cars that have stopped with cars that have not
_SEEN = 3.0  # clean laps at which the rating and what is seen weigh the same


class PaceMoment(NamedTuple):
    """The field at the end of a lap, C cars: lap, total_laps; rating f64[C] s, and rating_age: winters between the last
    race it knows and this one; gap f64[C] s to the leader; stops, compound i64[C]; age f64[C] laps; life f64[5] usual
    stints, laps; teams; recent: the last ten laps as a grid; scale: reference lap over the circuit's base lap; tires:
    what to take off the laps."""

    lap: int
    total_laps: int
    rating: FloatArray
    rating_age: int
    gap: FloatArray
    stops: IntArray
    compound: IntArray
    age: FloatArray
    life: FloatArray
    teams: Sequence[str | None]
    recent: LapGrid
    scale: float
    tires: TireCorrection


class PaceRows(NamedTuple):
    """Features by car: linear f64[C, 9] in the order of ``FEATURES``, trees f64[C, 26] of ``TREE_FEATURES``."""

    linear: FloatArray
    trees: FloatArray


def recent_pace(recent: LapGrid, lap: int, tires: TireCorrection) -> tuple[WindowPace, ...]:
    """Pace over the last ten, five and three laps up to ``lap``."""
    return tuple(window_pace(recent.until(lap, width), tires) for width in (10, 5, 3))


def rows(m: PaceMoment, windows: tuple[WindowPace, ...] | None = None) -> PaceRows:
    """Features of every car of a moment. No NaN: what is unknown is 0, its count of laps tells so. ``windows``: its
    ``recent_pace``, where that is at hand."""
    c = len(m.gap)
    windows = recent_pace(m.recent, m.lap, m.tires) if windows is None else windows
    order = np.argsort(np.argsort(m.gap, kind="stable"), kind="stable").astype(np.float64)
    linear = linear_features(m.rating, m.rating_age, order + 1.0, m.gap, m.stops, m.lap, m.scale, windows[0])
    lost = linear[:, FEATURES.index("time_lost")]
    step = np.diff(np.sort(m.gap))
    rank = order.astype(int)
    ahead = np.concatenate([[30.0], np.minimum(step, 30.0)])[rank]
    behind = np.concatenate([np.minimum(step, 30.0), [30.0]])[rank]
    recent = [np.clip(np.nan_to_num(w.pace), -2.0, 3.0) for w in windows]
    slow = (np.median(m.recent.status, axis=0) >= TrackStatus.VSC).sum() if m.recent.status.size else 0
    table = {
        "rating": linear[:, 0],
        "place": linear[:, 1],
        "time_lost": lost,
        "recent": linear[:, 3],
        **{f"pace_{n}": pace for n, pace in zip((10, 5, 3), recent, strict=True)},
        **{f"laps_{n}": w.n for n, w in zip((10, 5, 3), windows, strict=True)},
        "noise": windows[0].noise,
        "gap_ahead": ahead,
        "gap_behind": behind,
        "compound": m.compound,
        "age": m.age,
        "age_over_life": m.age / m.life[np.clip(m.compound, 0, 4)],
        "excess_stops": m.stops - m.stops.mean(),
        "mate_pace": _of_mates(recent[0], m.teams),
        "mate_time_lost": _of_mates(lost, m.teams),
        "field_spread": float(np.median(m.gap)) / max(m.lap, 1),
        "slow_laps": slow,
        "share": m.lap / m.total_laps,
        "cars": c,
        "gap": np.minimum(m.gap, 120.0),
        "order": order,
        "rating_age": m.rating_age,
    }
    trees = np.column_stack([np.broadcast_to(np.asarray(table[name], float), (c,)) for name in TREE_FEATURES])
    return PaceRows(linear, trees)


def linear_features(
    rating: FloatArray,
    rating_age: int,
    place: FloatArray,
    gap: FloatArray,
    stops: Any,
    lap: int,
    scale: float,
    recent: WindowPace,
) -> FloatArray:
    """f64[C, 9] in the order of ``FEATURES``. ``gap`` s, ``scale``: reference lap over the circuit's base lap."""
    c = len(place)
    lost = (gap * scale - _PIT_LOSS * (stops - np.median(stops))) / max(lap, 1)
    weight = recent.n / (recent.n + _SEEN)
    rating = rating - np.median(rating)
    own = np.column_stack(
        [
            rating,
            (place - (c + 1) / 2) / c,
            np.clip(lost - np.median(lost), -2.0, 3.0),
            np.clip(np.nan_to_num(recent.pace), -2.0, 3.0) * weight,
            rating * (1.0 - weight),
        ]
    )
    return with_fading(own, rating_age)


def with_fading(own: FloatArray, rating_age: int) -> FloatArray:
    """f64[C, 9] ``FEATURES`` of f64[C, 5] ``OWN_FEATURES``: what a rating says fades with its age, and what the race's
    own laps say counts the more."""
    fading = [OWN_FEATURES.index(name) for name in FADING]
    return np.column_stack([own, rating_age / (rating_age + 1.0) * own[:, fading]])


def _of_mates(values: FloatArray, teams: Sequence[str | None]) -> FloatArray:
    """f64[C]: mean of the other cars of the same team, 0 without one."""
    names = np.array([team or f"?{i}" for i, team in enumerate(teams)])
    others = (names[:, None] == names[None, :]) & ~np.eye(len(names), dtype=bool)
    n = others.sum(axis=1)
    return np.where(n > 0, others @ values / np.maximum(n, 1), 0.0)


def estimate(
    table: Mapping[str, Any], x: PaceRows, share: float, trees: Callable[[FloatArray], FloatArray] | None = None
) -> tuple[FloatArray, float]:
    """(pace f64[C] to the flag, s on the reference lap; its standard error) at a share of the distance: the mean of
    the linear estimate and of the trees, where there are trees. ``table`` as ``pace_fit.fit_estimate`` makes it;
    ``trees``: its trees, f64[N, 1], by other means."""
    knots, weights = np.asarray(table["knots"]), np.asarray(table["weights"])
    at = np.array([np.interp(share, knots, weights[:, k]) for k in range(weights.shape[1])])
    mean = x.linear @ at
    if table.get("trees") is not None:
        grown = evaluate(table["trees"], x.trees) if trees is None else trees(x.trees)[:, 0]
        mean = (mean + grown) / 2.0
    return mean, float(np.interp(share, knots, np.asarray(table["sd"])))
