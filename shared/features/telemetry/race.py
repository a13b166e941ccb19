"""A race's recorded samples as rows by lap and a table of its corners, from files or from the warehouse alike.

What lap files lack is reconstructed from the samples: a set's age, where the file gives none, by compounds and by
standing still. Nothing here knows of a model.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from shared.features.telemetry.corners import corner_table
from shared.features.telemetry.lap import STANDING, LapSamples, lap_telemetry
from shared.race.calendars import event_of
from shared.race.rules import scheduled_laps
from shared.race.telemetry import LapTelemetry

SAMPLE_COLUMNS = ("driver_id", "lap", *LapSamples._fields, "distance")
LAP_META = ("driver_id", "lap", "lap_time", "compound", "tire_age")
CLEAN_WITHIN = 1.03
"""A lap within 3% of the car's own 20% quantile is clean enough to show a corner."""
LAP_COLUMNS = (
    "race_id", "race_date", "season", "round", "circuit_id", "total_laps", "driver_id", *LapTelemetry._fields,
    "lap_time", "compound", "tire_age",
)  # fmt: skip


class Race(NamedTuple):
    """Which race: as in the calendar."""

    race_id: str
    race_date: dt.date
    season: int
    round: int
    circuit_id: str


def known_race(
    race_id: str, race_date: dt.date, season: int, number: int, circuits: Mapping[str, str | None]
) -> Race | None:
    """Round ``number`` of the season, its circuit by the tables (``circuits``: by race id) or else by the calendar that
    comes with the code; None where neither knows it."""
    event = event_of(season, number)
    circuit_id = circuits.get(race_id) or (event.circuit_id if event else None)
    return None if circuit_id is None else Race(race_id, race_date, season, number, circuit_id)


class TelemetryFrames(NamedTuple):
    """laps: one row a driver and lap with LAP_COLUMNS, by race, driver, lap; ``lap_time``, ``compound`` and
    ``tire_age`` are null where not known. corners: by circuit id, of the newest race there, what ``corner_table`` tells
    and ``race_id``."""

    laps: pd.DataFrame
    corners: dict[str, Any]


def telemetry_frames(
    races: Iterable[tuple[Race, Iterator[pd.DataFrame], pd.DataFrame, pd.DataFrame]],
) -> TelemetryFrames:
    """Frames of races in order of date, each with its samples (frames of whole drivers with SAMPLE_COLUMNS), what is
    known of its laps (LAP_META) and the marks of its corners (number, letter, distance)."""
    parts, corners = [], {}
    for race, drivers, meta, marks in races:
        samples = pd.concat([rows[list(SAMPLE_COLUMNS)] for rows in drivers], ignore_index=True)
        laps = lap_rows(samples)
        if laps.empty:
            continue
        laps = laps.merge(
            meta[list(LAP_META)].drop_duplicates(["driver_id", "lap"]), on=["driver_id", "lap"], how="left"
        )
        laps["tire_age"] = laps["tire_age"].astype(float).fillna(set_ages(laps))
        total = max(scheduled_laps(race.season, race.circuit_id, race.round), int(laps["lap"].max()))
        parts.append(laps.assign(**race._asdict(), total_laps=total)[list(LAP_COLUMNS)])
        table = corner_table(samples, marks, clean_laps(laps))
        if table is not None:
            corners[race.circuit_id] = {**table, "race_id": race.race_id}
    laps = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(LAP_COLUMNS))
    return TelemetryFrames(laps, corners)


def lap_rows(samples: pd.DataFrame) -> pd.DataFrame:
    """One row a driver and lap that its samples tell, with the fields of ``LapTelemetry``."""
    found = []
    for (driver, lap), rows in samples.groupby(["driver_id", "lap"], sort=True):
        told = lap_telemetry(int(lap), LapSamples(*(rows[name].to_numpy(float) for name in LapSamples._fields)))
        if told is not None:
            found.append((str(driver), *told))
    return pd.DataFrame(found, columns=["driver_id", *LapTelemetry._fields])


def clean_laps(laps: pd.DataFrame) -> pd.DataFrame:
    """Laps near the car's own pace, with no standstill, from the second."""
    usual = laps.groupby("driver_id")["seconds"].transform(lambda s: s.quantile(0.2))
    moving = (laps["speed_min"] > STANDING) & (laps["lap"] > 1)
    return laps[moving & (laps["seconds"] > 0.9 * usual) & (laps["seconds"] <= CLEAN_WITHIN * usual)]


def set_ages(laps: pd.DataFrame) -> pd.Series:
    """Laps on the set, this one included, reconstructed: a set is new where the compound changes, and on the lap after
    a standstill that no change of compound explains within a lap."""
    ages = np.full(len(laps), np.nan)
    for _, rows in laps.groupby("driver_id", sort=False):
        names = rows["compound"].astype("string").ffill().fillna("")
        changed = (names != names.shift()).to_numpy()
        changed[0] = True
        stood = (rows["speed_min"].to_numpy() < STANDING) & (rows["lap"].to_numpy() > 1)
        for j in np.flatnonzero(stood):
            if not changed[max(j - 1, 0) : j + 2].any() and j + 1 < len(changed):
                changed[j + 1] = True
        start = np.maximum.accumulate(np.where(changed, np.arange(len(rows)), 0))
        ages[laps.index.get_indexer(rows.index)] = np.arange(len(rows)) - start + 1
    return pd.Series(ages, index=laps.index)
