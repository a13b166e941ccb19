"""A FastF1 session as rows of the raw tables: laps, results, weather, race control, corners."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa

from shared.ingest.ergast import race_id
from shared.ingest.fastf1 import (
    CONTROL_COLUMNS,
    LAP_COLUMNS,
    WEATHER_COLUMNS,
    Rejected,
    set_aside,
    unlisted_race,
)
from shared.ingest.files import empty, to_table

RACE = "R"
RACE_LIKE = ("R", "S", "SS")
_RESULT_COLUMNS = {
    "Abbreviation": "driver",
    "DriverNumber": "driver_number",
    "TeamName": "team",
    "Position": "position",
    "ClassifiedPosition": "classified_position",
    "GridPosition": "grid",
    "Q1": "q1",
    "Q2": "q2",
    "Q3": "q3",
    "Time": "time",
    "Status": "status",
    "Points": "points",
    "Laps": "laps",
}


class Key(NamedTuple):
    """Which session: ``race_date`` is the day of the event's race, whatever the session."""

    season: int
    round: int
    session: str
    race_date: dt.date
    event_name: str

    @property
    def race_id(self) -> str:
        """The race's key."""
        return race_id(self.season, self.round)

    @property
    def name(self) -> str:
        """ "2023_01_R", for objects and messages."""
        return f"{self.race_id}_{self.session}"

    def columns(self) -> dict[str, Any]:
        """What every row of the session carries."""
        return {
            "race_id": self.race_id,
            "race_date": self.race_date,
            "season": self.season,
            "round": self.round,
            "event_name": self.event_name,
            "session": self.session,
        }


class SessionRows(NamedTuple):
    """Rows by raw table, and records set aside."""

    tables: list[tuple[str, pa.Table]]
    rejected: list[Rejected]


def session_rows(session: Any, key: Key) -> SessionRows:
    """Rows of a session that FastF1 loaded. Raises DataFileError for a column of a type that no table takes."""
    laps, rejected = _laps(session.laps, key)
    where = Path(key.name)
    results = _timed(pd.DataFrame(session.results).rename(columns=_RESULT_COLUMNS)).assign(**key.columns())
    results = results[results["driver"].astype(str).str.len() > 0]
    tables = [("raw_session_results", to_table("raw_session_results", results, where))]
    if key.session != RACE:
        return SessionRows([*tables, ("raw_session_laps", to_table("raw_session_laps", laps, where))], rejected)
    event = unlisted_race(key.season, key.round, key.event_name, key.race_date)
    weather = _timed(pd.DataFrame(session.weather_data).rename(columns=WEATHER_COLUMNS)).assign(**key.columns())
    control = pd.DataFrame(session.race_control_messages).rename(columns=CONTROL_COLUMNS).assign(**key.columns())
    if "message_time" in control:
        control["message_time"] = pd.to_datetime(control["message_time"], utc=True)
    events = empty("raw_events") if event is None else to_table("raw_events", pd.DataFrame([event]), where)
    return SessionRows(
        [
            *tables,
            ("raw_events", events),
            ("raw_laps", to_table("raw_laps", laps, where)),
            ("raw_weather", to_table("raw_weather", weather[weather["time"].notna()], where)),
            ("raw_race_control", to_table("raw_race_control", control[control["message_time"].notna()], where)),
        ],
        rejected,
    )


def corner_rows(corners: pd.DataFrame, key: Key) -> pa.Table:
    """Rows of ``raw_corners`` from FastF1's circuit information."""
    names = {"Number": "number", "Letter": "letter", "X": "x", "Y": "y", "Angle": "angle", "Distance": "distance"}
    frame = corners.rename(columns=names).assign(**key.columns())
    frame["letter"] = frame["letter"].where(frame["letter"] != "", None)
    return to_table("raw_corners", frame, Path(key.name))


def _laps(laps: Any, key: Key) -> tuple[pd.DataFrame, list[Rejected]]:
    """Rows of laps, typed, repaired where the session itself tells: lap 1 of a race begins when the session does."""
    frame = _timed(pd.DataFrame(laps))
    columns = {source: name for source, name in LAP_COLUMNS.items() if source in frame.columns}
    made = frame.rename(columns=columns).assign(**key.columns())
    made["compound_name"] = None
    repairs = pd.Series("", index=made.index)
    if key.session in RACE_LIKE:
        first = made["time"] - frame["LapStartTime"]
        filled = (made["lap_number"] == 1) & made["lap_time"].isna() & (first > 0) & ~frame["FastF1Generated"]
        made.loc[filled, "lap_time"] = first[filled].round(3)
        repairs = repairs.mask(filled, "lap_time")
    repairs = repairs.mask(frame["FastF1Generated"].astype(bool), "row")
    made["repairs"] = repairs.where(repairs != "", None)
    made["compound"] = made["compound"].replace({"nan": None, "None": None})
    good, rejected = set_aside(made[[*LAP_COLUMNS.values(), *_MORE]])
    return good, [each._replace(race_id=key.race_id, race_date=key.race_date) for each in rejected]


_MORE = ("race_id", "race_date", "session", "repairs")


def _timed(frame: pd.DataFrame) -> pd.DataFrame:
    """With every duration in seconds."""
    made = frame.copy()
    for name in made.select_dtypes("timedelta").columns:
        made[name] = made[name].dt.total_seconds()
    return made
