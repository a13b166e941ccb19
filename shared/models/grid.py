"""Laps of one race as matrices, cars by laps: the common form in which recorded laps (training) and the recent laps of
a request (serving) reach the models, so that no model is fitted on one thing and asked with another."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from shared.race.state import RaceState
from shared.race.vocabulary import Compound, TrackStatus

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

REFERENCE_LAP = 90.0
"""Paces are kept as seconds on a lap of this length, so that circuits compare."""
UNKNOWN = -1
DIRTY_AIR, DIRTY_AIR_DECAY = 0.704, 1.41
"""Loss at zero gap, s, and scale, s: an exponential through the measured loss by gap (2018-2024; .53 s below .6 s,
.29 +- .018 at 1.25 s, .12 at 2.5 s, .04 at 4 s)."""


class LapGrid(NamedTuple):
    """Laps of C cars over W consecutive laps, the last column the newest.

    lap i64[W]; lap_time f64[C, W], s, NaN unknown; compound i64[C, W] (``UNKNOWN`` where it is); age f64[C, W], laps on
    the set, this lap included; status i64[C, W]; pit_in, pit_out bool[C, W]; ran bool[C, W]: the car completed the lap;
    line f64[C, W]: time at the line at the end of the lap, s from any common origin, NaN unknown.
    """

    lap: IntArray
    lap_time: FloatArray
    compound: IntArray
    age: FloatArray
    status: IntArray
    pit_in: BoolArray
    pit_out: BoolArray
    ran: BoolArray
    line: FloatArray

    def until(self, lap: int, width: int) -> LapGrid:
        """The last ``width`` laps up to ``lap``, all cars."""
        keep = (self.lap <= lap) & (self.lap > lap - width)
        return self._over(self.lap[keep], (slice(None), keep))

    def take(self, cars: IntArray | BoolArray) -> LapGrid:
        """The given cars alone."""
        return self._over(self.lap, cars)

    def _over(self, lap: IntArray, part: Any) -> LapGrid:
        rest = {name: getattr(self, name)[part] for name in self._fields[1:]}
        return LapGrid(lap=lap, **rest)


def grid_of_state(state: RaceState, width: int = 10) -> LapGrid:
    """Grid of what a request knows: the cars' recent laps; times at the line are found backwards from the gaps."""
    c = len(state.cars)
    laps = np.arange(max(1, state.lap - width + 1), state.lap + 1)
    w = len(laps)
    lap_time, age = np.full((c, w), np.nan), np.full((c, w), np.nan)
    compound = np.full((c, w), UNKNOWN)
    status = np.zeros((c, w), np.int64)
    pit_in, pit_out, ran = (np.zeros((c, w), bool) for _ in range(3))
    for i, car in enumerate(state.cars):
        for record in car.recent_laps:
            j = record.lap - (laps[0] if w else 0)
            if 0 <= j < w:
                lap_time[i, j] = np.nan if record.lap_time is None else record.lap_time
                age[i, j] = np.nan if record.tire_age is None else record.tire_age
                compound[i, j] = UNKNOWN if record.compound is None else record.compound
                status[i, j] = record.track_status
                pit_in[i, j], pit_out[i, j], ran[i, j] = record.pit_in, record.pit_out, True
    gap = np.array([car.gap_to_leader for car in state.cars])
    later = np.cumsum(lap_time[:, ::-1], axis=1)[:, ::-1]  # from the start of lap j to now; NaN past an unknown lap
    line = np.concatenate([gap[:, None] - later[:, 1:], gap[:, None]], axis=1) if w else np.zeros((c, 0))
    return LapGrid(laps, lap_time, compound, age, status, pit_in, pit_out, ran, line)


def gap_ahead(line: FloatArray) -> FloatArray:
    """f64[C, W]: seconds to the car ahead at each line, 99 for the leader, NaN where unknown."""
    out = np.full_like(line, np.nan)
    for j in range(line.shape[1]):
        order = np.argsort(line[:, j], kind="stable")
        t = line[order, j]
        out[order, j] = np.concatenate([[99.0], np.diff(t)]) if len(t) else t
    return out


def usable(grid: LapGrid) -> BoolArray:
    """bool[C, W]: laps that tell of pace: timed, on slicks, no stop in or out, track clear on it and just before."""
    dry = (grid.compound >= 0) & (grid.compound <= Compound.HARD)
    return _undisturbed(grid) & dry


def comparable(grid: LapGrid) -> BoolArray:
    """bool[C, W]: ``usable`` laps, and laps on the wet-weather tire that most of the field runs on that lap: they tell
    of pace as well, as long as only cars on the same tire are compared."""
    running = np.maximum(grid.ran.sum(axis=0), 1)
    out = usable(grid)
    for code in (Compound.INTERMEDIATE, Compound.WET):
        on = (grid.compound == code) & grid.ran
        most = on.sum(axis=0) > _MOST * running
        out = np.where(most[None, :], on & _undisturbed(grid), out)
    return out


def _undisturbed(grid: LapGrid) -> BoolArray:
    slow = grid.status >= TrackStatus.VSC
    before = np.concatenate([slow[:, :1], slow[:, :-1]], axis=1)
    return (
        np.isfinite(grid.lap_time) & (grid.lap_time > 0) & ~slow & ~before
        & ~grid.pit_in & ~grid.pit_out & (grid.lap > 1)[None, :] & grid.ran
    )  # fmt: skip


_MOST = 0.6
"""Share of the running cars that makes a tire that of the field."""


def base_lap(grid: LapGrid) -> float:
    """A quick racing lap of the field, s: the first quintile of the usable laps; NaN without any."""
    times = grid.lap_time[usable(grid)]
    return float(np.quantile(times, 0.2)) if len(times) else float("nan")
