"""Recorded races as grids, one each, for the fits."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from shared.models.grid import BoolArray, FloatArray, IntArray, LapGrid
from shared.race.vocabulary import Compound, TrackStatus

_COMPOUND = {c.name: int(c) for c in Compound}
_STATUS = {s.name: int(s) for s in TrackStatus}


class RecordedRace(NamedTuple):
    """One race. ``grid`` holds every car that did a lap, over all laps; drivers, teams [C] by row; gap f64[C, W] to the
    leader at the own line; position i64[C, W], 0 where not running; stops i64[C, W] up to and with the lap; last
    i64[C]: last lap each car completed; total_laps: scheduled; laps_run: what the winner did."""

    race_id: str
    season: int
    number: int
    circuit_id: str
    date: Any
    drivers: tuple[str, ...]
    teams: tuple[str, ...]
    total_laps: int
    laps_run: int
    grid: LapGrid
    gap: FloatArray
    position: IntArray
    stops: IntArray
    last: IntArray

    def on_track(self, lap: int) -> BoolArray:
        """bool[C]: cars that completed ``lap``."""
        return self.grid.ran[:, lap - 1]


def recorded_races(laps: Any) -> list[RecordedRace]:
    """Races of a lap frame (columns of ``shared.features.frames.Frames.laps``), in order of date."""
    laps = laps.sort_values(["race_date", "race_id", "driver_id", "lap"])
    races = [_race(str(race_id), rows) for race_id, rows in laps.groupby("race_id", sort=False)]
    return sorted(races, key=lambda race: (race.season, race.number))


def _race(race_id: str, rows: Any) -> RecordedRace:
    drivers = tuple(sorted(rows["driver_id"].unique()))
    c, w = len(drivers), int(rows["lap"].max())
    i = np.searchsorted(np.array(drivers), rows["driver_id"].to_numpy(dtype=str))
    j = rows["lap"].to_numpy(dtype=int) - 1

    def matrix(values: Any, fill: Any, dtype: Any) -> Any:
        out = np.full((c, w), fill, dtype)
        out[i, j] = values
        return out

    ran = matrix(True, False, bool)
    line = matrix(rows["elapsed"].to_numpy(dtype=float), np.nan, float)
    pit_in = matrix(rows["pit_in"].to_numpy(dtype=bool), False, bool)
    leader = np.nanmin(np.where(ran, line, np.inf), axis=0)
    order = np.argsort(np.argsort(np.where(ran & np.isfinite(line), line, np.inf), axis=0, kind="stable"), axis=0)
    teams = dict(zip(rows["driver_id"], rows["team"], strict=True))
    first = rows.iloc[0]
    grid = LapGrid(
        lap=np.arange(1, w + 1),
        lap_time=matrix(rows["lap_time"].to_numpy(dtype=float), np.nan, float),
        compound=matrix(rows["compound"].map(_COMPOUND).fillna(-1).to_numpy(dtype=int), -1, int),
        age=matrix(rows["tire_age"].to_numpy(dtype=float), np.nan, float),
        status=matrix(rows["track_status"].map(_STATUS).fillna(0).to_numpy(dtype=int), 0, int),
        pit_in=pit_in,
        pit_out=matrix(rows["pit_out"].to_numpy(dtype=bool), False, bool),
        ran=ran,
        line=line,
    )
    return RecordedRace(
        race_id=race_id,
        season=int(first["season"]),
        number=int(first["round"]),
        circuit_id=str(first["circuit_id"]),
        date=first["race_date"],
        drivers=drivers,
        teams=tuple(str(teams[d]) for d in drivers),
        total_laps=int(first["total_laps"]),
        laps_run=w,
        grid=grid,
        gap=line - leader,
        position=np.where(ran, order + 1, 0),
        stops=np.cumsum(pit_in, axis=1),
        last=np.where(ran, np.arange(1, w + 1), 0).max(axis=1),
    )


def race_status(race: RecordedRace) -> IntArray:
    """i64[W]: status of each lap as most running cars met it (a car that stops early or late sees another)."""
    status = np.where(race.grid.ran, race.grid.status, -1)
    out = np.zeros(status.shape[1], np.int64)
    for j in range(status.shape[1]):
        seen = status[:, j][status[:, j] >= 0]
        if len(seen):
            out[j] = int(np.median(seen))
    return out
