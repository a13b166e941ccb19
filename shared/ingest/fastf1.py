"""FastF1's recorded files (laps by season, weather and race control by race) as rows of the raw tables."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from shared.ingest.files import DataFileError, concat, empty, read_parquet, to_table
from shared.race.calendars import circuit_of_event, event_of
from shared.race.circuits import first_lap_seconds
from shared.race.rules import scheduled_laps

LAP_COLUMNS = {
    "Year": "season",
    "RoundNumber": "round",
    "EventName": "event_name",
    "Driver": "driver",
    "DriverNumber": "driver_number",
    "Team": "team",
    "LapNumber": "lap_number",
    "LapTime": "lap_time",
    "Stint": "stint",
    "Compound": "compound",
    "CompoundName": "compound_name",
    "TyreLife": "tyre_life",
    "FreshTyre": "fresh_tyre",
    "TrackStatus": "track_status",
    "Position": "position",
    "IsAccurate": "is_accurate",
    "PitInTime": "pit_in_time",
    "PitOutTime": "pit_out_time",
    "Time": "time",
}
WEATHER_COLUMNS = {
    "Time": "time",
    "AirTemp": "air_temp",
    "Humidity": "humidity",
    "Pressure": "pressure",
    "Rainfall": "rainfall",
    "TrackTemp": "track_temp",
    "WindDirection": "wind_direction",
    "WindSpeed": "wind_speed",
    "Season": "season",
    "RoundNumber": "round",
}
CONTROL_COLUMNS = {
    "Time": "message_time",
    "Category": "category",
    "Message": "message",
    "Status": "status",
    "Flag": "flag",
    "Scope": "scope",
    "Sector": "sector",
    "RacingNumber": "racing_number",
    "Lap": "lap",
    "Season": "season",
    "RoundNumber": "round",
}
_BOOLEANS = {"True": True, "False": False, "true": True, "false": False, True: True, False: False}


def lap_files(folder: Path) -> list[Path]:
    """The season files of laps, oldest first."""
    return sorted((folder / "laps").glob("[0-9][0-9][0-9][0-9].parquet"))


def read_laps(path: Path, races: pa.Table, until: dt.date | None = None) -> tuple[pa.Table, pa.Table]:
    """Rows of ``raw_laps`` from one season's file, and rows of ``raw_races`` for events of it that ``races`` lacks but a
    calendar knows. Races after ``until``, or whose date nobody knows, are left out. Raises DataFileError naming file and column."""
    frame = read_parquet(path, LAP_COLUMNS).rename(columns=LAP_COLUMNS)
    for column in ("season", "round", "lap_number", "driver", "event_name"):
        if frame[column].isna().any():
            raise DataFileError(f"{path}: column {_source_name(column)} is empty in {frame[column].isna().sum()} rows")
    frame["fresh_tyre"] = frame["fresh_tyre"].map(_BOOLEANS)
    frame["driver_number"] = frame["driver_number"].astype("string")
    known = races.to_pandas().set_index(["season", "round"])
    added = []
    for (season, number), name in frame.groupby(["season", "round"])["event_name"].first().items():
        if (season, number) not in known.index:
            added.append(_unlisted_race(int(season), int(number), str(name)))
    more = pd.DataFrame([race for race in added if race is not None and (until is None or race["race_date"] <= until)])
    keys = races.to_pandas()[["race_id", "race_date", "season", "round"]]
    if len(more):
        keys = pd.concat([keys, more[["race_id", "race_date", "season", "round"]]])
    frame = frame.merge(keys, on=["season", "round"], how="inner")
    return to_table("raw_laps", frame, path), to_table("raw_races", more, path) if len(more) else empty("raw_races")


def _source_name(column: str) -> str:
    return next(source for source, name in LAP_COLUMNS.items() if name == column)


def _unlisted_race(season: int, number: int, name: str) -> dict[str, Any] | None:
    event = event_of(season, number, name) or event_of(season, number)
    if event is None:
        return None
    circuit_id = circuit_of_event(name, season) or event.circuit_id
    return {
        "race_id": f"{season}_{number:02d}",
        "race_date": event.date,
        "season": season,
        "round": number,
        "name": name,
        "circuit_id": circuit_id,
        "scheduled_laps": scheduled_laps(season, circuit_id, number),
        "first_lap_seconds": first_lap_seconds(circuit_id),
    }


def read_weather(folder: Path, races: pa.Table) -> pa.Table:
    """Rows of ``raw_weather`` for the races given. Raises DataFileError."""
    return _by_race(folder / "weather", "raw_weather", WEATHER_COLUMNS, races)


def read_race_control(folder: Path, races: pa.Table) -> pa.Table:
    """Rows of ``raw_race_control`` for the races given. Raises DataFileError."""
    return _by_race(folder / "race_control", "raw_race_control", CONTROL_COLUMNS, races)


def _by_race(folder: Path, name: str, names: dict[str, str], races: pa.Table) -> pa.Table:
    parts = []
    dates = dict(zip(races["race_id"].to_pylist(), races["race_date"].to_pylist(), strict=True))
    for path in sorted(folder.glob("[0-9][0-9][0-9][0-9]_[0-9][0-9].parquet")):
        if path.stem not in dates:
            continue
        frame = read_parquet(path, names).rename(columns=names)
        frame["race_id"], frame["race_date"] = path.stem, dates[path.stem]
        frame["season"], frame["round"] = (int(part) for part in path.stem.split("_"))
        if "message_time" in frame:
            frame["message_time"] = pd.to_datetime(frame["message_time"], utc=True)
        if "rainfall" in frame:
            frame["rainfall"] = frame["rainfall"].map(_BOOLEANS)
        parts.append(to_table(name, frame, path))
    return concat(name, parts)
