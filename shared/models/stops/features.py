"""What is known at a lap of when each car will stop next, as features: the same for recorded races and for a request.

A row is a car and a lap to come: how likely is the car to stop at the end of that lap if it has not before and the
track stays green? Everything but the lap's own distance is frozen at the lap of the question.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from shared.models.grid import BoolArray, FloatArray, IntArray, LapGrid
from shared.models.pace.window import TireCorrection, adjusted

NAMES = (
    "laps_ahead", "age_then", "laps_left_then", "age_over_life", "reach", "age_now", "compound", "stops",
    "excess_stops", "owed", "share_with_more_stops", "share_stopped_lately", "place", "gap_ahead", "gap_behind", "fade",
    "life", "life_hard", "laps_since_others", "total_laps", "usual_stops", "distance_done", "mate_ahead_on_stops",
    "ahead_stopped", "behind_stopped", "compounds_used",
)  # fmt: skip


class Moment(NamedTuple):
    """The field at the end of a lap, C cars: lap, total_laps; compound, stops, used (bit mask) i64[C]; age, gap f64[C];
    owed, in_pit bool[C]; teams; recent: the last laps as a grid; life f64[5] usual stints in laps; usual_stops: mean
    stops of a car at this circuit; base s: a quick lap."""

    lap: int
    total_laps: int
    compound: IntArray
    stops: IntArray
    used: IntArray
    age: FloatArray
    gap: FloatArray
    owed: BoolArray
    in_pit: BoolArray
    teams: tuple[str, ...]
    recent: LapGrid
    life: FloatArray
    usual_stops: float
    base: float


def _fade(moment: Moment, tires: TireCorrection) -> FloatArray:
    """f64[C]: pace lost lately, s: the last three laps against those before, less what the field lost."""
    c = len(moment.gap)
    if moment.recent.lap_time.shape[1] < 5 or not np.isfinite(moment.base):
        return np.zeros(c)
    y = adjusted(moment.recent, tires, moment.base)
    with np.errstate(invalid="ignore"):
        y = y - np.nanmedian(np.where(np.isfinite(y).any(axis=0), y, 0.0), axis=0)
        late, early = y[:, -3:], y[:, :-3]
        n_late, n_early = np.isfinite(late).sum(axis=1), np.isfinite(early).sum(axis=1)
        loss = np.nansum(late, axis=1) / np.maximum(n_late, 1) - np.nansum(early, axis=1) / np.maximum(n_early, 1)
    return np.where((n_late > 0) & (n_early > 0), np.clip(loss, -2, 3), 0.0)


def rows(moment: Moment, tires: TireCorrection, laps: IntArray) -> FloatArray:
    """f64[C, H, F] for the in-laps ``laps`` [H] to come."""
    m, c = moment, len(moment.gap)
    order = np.argsort(m.gap, kind="stable")
    place = np.argsort(order)
    step = np.diff(m.gap[order])
    ahead, behind = np.full(c, 99.0), np.full(c, 99.0)
    ahead[order[1:]], behind[order[:-1]] = step, step
    ahead_stops, behind_stops = np.zeros(c), np.zeros(c)
    ahead_stops[order[1:]] = m.stops[order[:-1]] - m.stops[order[1:]]
    behind_stops[order[:-1]] = m.stops[order[1:]] - m.stops[order[:-1]]
    lately = m.recent.pit_in[:, -3:].any(axis=1).mean() if m.recent.pit_in.shape[1] else 0.0
    more = (m.stops[None, :] > m.stops[:, None]).mean(axis=1)
    since = np.array([np.mean(m.age[m.stops > s]) if (m.stops > s).any() else -1.0 for s in m.stops])
    mate = np.array([
        max((m.stops[j] - m.stops[i] for j in range(c) if j != i and m.teams[i] and m.teams[j] == m.teams[i]),
            default=0)
        for i in range(c)
    ], float)  # fmt: skip
    compounds = sum(((m.used >> k) & 1) for k in range(3))
    life = m.life[np.clip(m.compound, 0, 4)]
    fixed = [
        m.age, m.compound, m.stops, m.stops - m.stops.mean(), m.owed, more, np.full(c, lately), place / c,
        np.minimum(ahead, 30), np.minimum(behind, 30), _fade(m, tires), life, np.full(c, m.life[2]), since,
        np.full(c, m.total_laps), np.full(c, m.usual_stops), np.full(c, m.lap / m.total_laps), mate, ahead_stops,
        behind_stops, compounds,
    ]  # fmt: skip
    h = laps - m.lap
    age = m.age[:, None] + h[None, :]
    left = np.broadcast_to((m.total_laps - laps).astype(float), age.shape)
    moving = [np.broadcast_to(h.astype(float), age.shape), age, left, age / life[:, None], (age + left) / life[:, None]]
    still = np.repeat(np.column_stack(fixed)[:, None, :], len(laps), axis=1)
    return np.concatenate([np.stack(moving, axis=-1), still], axis=-1)
