"""FastF1's recorded files (laps by season, weather and race control by race) as rows of the raw tables."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

from shared.ingest.ergast import race_id
from shared.ingest.files import concat, empty, read_parquet, to_table
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


class Rejected(NamedTuple):
    """A record that cannot be taken: the table it was meant for, the race where known, why not, the record as JSON."""

    source_table: str
    race_id: str | None
    race_date: dt.date | None
    reason: str
    record: str


class LapRows(NamedTuple):
    """Rows of ``raw_laps``, rows of ``raw_events`` for races that Ergast's tables lack, and records set aside."""

    laps: pa.Table
    events: pa.Table
    rejected: list[Rejected]


def read_laps(path: Path, races: pa.Table, until: dt.date | None = None) -> LapRows:
    """One season's file of laps. Events that ``races`` lacks get their date and circuit from a calendar known here.
    Races after ``until`` are left out; records without a usable key or time, and races whose date nobody knows, are
    set aside. Raises DataFileError naming the file, and the column, that cannot be used."""
    frame = read_parquet(path, LAP_COLUMNS).rename(columns=LAP_COLUMNS)
    keys = races.to_pandas()[["race_id", "race_date", "season", "round"]]
    frame, rejected = set_aside(frame)
    listed = set(zip(keys["season"], keys["round"], strict=True))
    events = frame.groupby(["season", "round"], as_index=False)["event_name"].first()
    added = [
        unlisted_race(int(season), int(number), str(name))
        for season, number, name in zip(events["season"], events["round"], events["event_name"], strict=True)
        if (season, number) not in listed and not (until is not None and season > until.year)
    ]
    more = pd.DataFrame([race for race in added if race is not None])
    if len(more):
        keys = pd.concat([keys, more[["race_id", "race_date", "season", "round"]]])
    known = frame.merge(keys, on=["season", "round"], how="left")
    dateless = known["race_id"].isna() & (until is None or known["season"] <= until.year)
    # A race of the running season after ``until`` is not listed either: that is no fault of its records.
    if until is not None and len(keys):
        dateless &= known["season"] > keys["season"].max()
    rejected += _rejected(known[dateless][[*LAP_COLUMNS.values()]], "no calendar knows the date of this race")
    known = known[known["race_id"].notna()]
    if until is not None:
        known = known[pd.to_datetime(known["race_date"]) <= pd.Timestamp(until)]
    unlisted = more[more["race_date"].map(lambda day: until is None or day <= until)] if len(more) else more
    return LapRows(
        to_table("raw_laps", known, path),
        to_table("raw_events", unlisted, path) if len(unlisted) else empty("raw_events"),
        rejected,
    )


_KEYS = ("season", "round", "lap_number")
_NUMBERS = (*_KEYS, "lap_time", "stint", "tyre_life", "position", "pit_in_time", "pit_out_time", "time")
MOST_LAPS = 200


def set_aside(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Rejected]]:
    """Rows of laps with a usable key and time, typed; the others with the reason."""
    reason = pd.Series([None] * len(frame), index=frame.index, dtype=object)
    typed = frame.copy()
    for column in _NUMBERS:
        typed[column] = pd.to_numeric(frame[column], errors="coerce")
        wrong = typed[column].isna() & frame[column].notna()
        reason[wrong & reason.isna()] = f"{_source_name(column)} is not a number"
    for column in (*_KEYS, "driver", "time"):
        reason[typed[column].isna() & reason.isna()] = f"{_source_name(column)} is empty"
    for column in (*_KEYS, "stint", "position"):
        reason[reason.isna() & (typed[column].fillna(0) % 1 != 0)] = f"{_source_name(column)} is not a whole number"
    out = ~typed["lap_number"].between(1, MOST_LAPS)
    reason[reason.isna() & out] = f"LapNumber is not within 1 to {MOST_LAPS}"
    typed["fresh_tyre"] = frame["fresh_tyre"].map(_BOOLEANS)
    typed["driver_number"] = frame["driver_number"].astype("string")
    bad = reason.notna()
    return typed[~bad], [
        Rejected("raw_laps", _race_of(typed.loc[at]), None, str(why), row.to_json(default_handler=str))
        for why, (at, row) in zip(reason[bad], frame[bad].iterrows(), strict=True)
    ]


def _race_of(row: pd.Series) -> str | None:
    """Key of the race that a row of laps is of, where its season and round can be read."""
    season, number = row["season"], row["round"]
    usable = pd.notna(season) and pd.notna(number) and season % 1 == 0 and number % 1 == 0
    return race_id(int(season), int(number)) if usable else None


def _rejected(rows: pd.DataFrame, reason: str) -> list[Rejected]:
    return [
        Rejected("raw_laps", _race_of(row), None, reason, row.to_json(default_handler=str))
        for _, row in rows.iterrows()
    ]


def _source_name(column: str) -> str:
    return next(source for source, name in LAP_COLUMNS.items() if name == column)


def unlisted_race(season: int, number: int, name: str, day: dt.date | None = None) -> dict[str, Any] | None:
    """A row of ``raw_events``; None where neither the circuit nor (without ``day``) the date is known."""
    event = event_of(season, number, name) or event_of(season, number)
    circuit_id = circuit_of_event(name, season) or (event.circuit_id if event else None)
    if circuit_id is None or (event is None and day is None):
        return None
    return {
        "race_id": race_id(season, number),
        "race_date": day or (event.date if event else None),
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
