"""Ergast's CSV tables as rows of the raw tables."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pyarrow as pa

from shared.ingest.files import empty, read_csv, to_table
from shared.race.circuits import CIRCUITS, first_lap_seconds
from shared.race.rules import scheduled_laps

ERGAST_TABLES = (
    "raw_races",
    "raw_results",
    "raw_qualifying",
    "raw_pit_stops",
    "raw_sprint_results",
    "raw_driver_standings",
    "raw_constructor_standings",
    "raw_drivers",
    "raw_circuits",
    "raw_constructors",
    "raw_status",
)


def race_id(season: int, number: int) -> str:
    """Key of a race: season and round, "2023_01"."""
    return f"{season}_{number:02d}"


def seconds(text: object) -> float | None:
    """Seconds of "1:27.452" or "26.898"; None for what is neither."""
    if not isinstance(text, str) or not text:
        return None
    total = 0.0
    for part in text.split(":"):
        try:
            total = total * 60 + float(part)
        except ValueError:
            return None
    return total


def read_ergast(folder: Path, until: dt.date | None = None) -> dict[str, pa.Table]:
    """Raw tables from the folder ``ergast`` of the data folder; files that are absent give empty
    tables. Rows dated after ``until`` are left out.
    Raises DataFileError naming file and column."""
    source = folder / "ergast"
    tables = {name: empty(name) for name in ERGAST_TABLES}
    circuits = _optional(
        source, "circuits", ("circuitId", "circuitRef", "name", "location", "country", "lat", "lng", "alt")
    )
    drivers = _optional(source, "drivers", ("driverId", "driverRef", "code", "forename", "surname", "nationality"))
    constructors = _optional(source, "constructors", ("constructorId", "constructorRef", "name", "nationality"))
    status = _optional(source, "status", ("statusId", "status"))
    races = _races(source, circuits, until)
    tables["raw_races"] = to_table("raw_races", races, source / "races.csv")
    tables["raw_drivers"] = to_table(
        "raw_drivers",
        drivers.rename(columns={"driverRef": "ergast_id", "dob": "date_of_birth"}),
        source / "drivers.csv",
    )
    tables["raw_circuits"] = to_table("raw_circuits", _circuits(circuits), source / "circuits.csv")
    tables["raw_constructors"] = to_table(
        "raw_constructors",
        constructors.rename(columns={"constructorRef": "constructor_id"}).drop_duplicates("constructor_id")
        if len(constructors)
        else pd.DataFrame(columns=["constructor_id"]),
        source / "constructors.csv",
    )
    tables["raw_status"] = to_table(
        "raw_status", status.rename(columns={"statusId": "status_id"}), source / "status.csv"
    )
    keys = _Keys(races, drivers, constructors, status)
    for name, file, needed, names in _BY_RACE:
        if (source / f"{file}.csv").exists():
            frame = keys.attach(read_csv(source / f"{file}.csv", needed), source / f"{file}.csv").rename(columns=names)
            for column in _TIMES & set(frame.columns):
                frame[column] = frame[column].map(seconds)
            tables[name] = to_table(name, frame, source / f"{file}.csv")
    return tables


_TIMES = {"q1", "q2", "q3", "fastest_lap_time"}
_RESULT = ("raceId", "driverId", "constructorId", "grid", "positionOrder", "points", "laps", "statusId")
_BY_RACE: tuple[tuple[str, str, tuple[str, ...], dict[str, str]], ...] = (
    (
        "raw_results",
        "results",
        (*_RESULT, "positionText", "number", "milliseconds"),
        {
            "positionOrder": "position_order",
            "positionText": "position_text",
            "fastestLap": "fastest_lap",
            "rank": "fastest_lap_rank",
            "fastestLapTime": "fastest_lap_time",
        },
    ),
    ("raw_sprint_results", "sprint_results", _RESULT, {"positionOrder": "position_order"}),
    ("raw_qualifying", "qualifying", ("raceId", "driverId", "constructorId", "position", "q1", "q2", "q3"), {}),
    (
        "raw_pit_stops",
        "pit_stops",
        ("raceId", "driverId", "stop", "lap", "milliseconds"),
        {"time": "time_of_day"},
    ),
    (
        "raw_driver_standings",
        "driver_standings",
        ("raceId", "driverId", "points", "position", "wins"),
        {"positionText": "position_text"},
    ),
    (
        "raw_constructor_standings",
        "constructor_standings",
        ("raceId", "constructorId", "points", "position", "wins"),
        {"positionText": "position_text"},
    ),
)


class _Keys:
    """Ergast's numbers turned into names: of races, drivers, constructors and ways to finish."""

    def __init__(
        self, races: pd.DataFrame, drivers: pd.DataFrame, constructors: pd.DataFrame, status: pd.DataFrame
    ) -> None:
        self.races = (
            races.set_index("raceId")[["race_id", "race_date", "season", "round"]] if "raceId" in races else None
        )
        self.driver = dict(zip(drivers["driverId"], drivers["driverRef"], strict=True))
        self.code = dict(zip(drivers["driverId"], drivers["code"], strict=True))
        self.constructor = dict(zip(constructors["constructorId"], constructors["constructorRef"], strict=True))
        self.status = dict(zip(status["statusId"], status["status"], strict=True))

    def attach(self, frame: pd.DataFrame, path: Path) -> pd.DataFrame:
        """Rows of races that are known (and not too late), with names beside the numbers."""
        if self.races is None:
            return frame.iloc[:0].rename(columns={"time": "_time"})
        frame = frame.join(self.races, on="raceId", how="inner")
        if "driverId" in frame:
            frame["ergast_id"] = frame["driverId"].map(self.driver).fillna("driver_" + frame["driverId"].astype(str))
            frame["driver_id"] = frame["driverId"].map(self.code).fillna(frame["ergast_id"])
        if "constructorId" in frame:
            frame["constructor_id"] = frame["constructorId"].map(self.constructor)
        if "statusId" in frame:
            frame["status"] = frame["statusId"].map(self.status)
        if "stop" in frame:
            frame["duration"] = frame["milliseconds"] / 1000
        return frame


def _optional(source: Path, name: str, needed: tuple[str, ...]) -> pd.DataFrame:
    path = source / f"{name}.csv"
    return read_csv(path, needed) if path.exists() else pd.DataFrame(columns=list(needed))


def _circuits(circuits: pd.DataFrame) -> pd.DataFrame:
    own = pd.DataFrame([c for c in CIRCUITS.values() if c.circuit_id not in set(circuits["circuitRef"])])
    renamed = circuits.rename(
        columns={
            "circuitRef": "circuit_id",
            "location": "locality",
            "lat": "latitude",
            "lng": "longitude",
            "alt": "altitude",
        }
    )
    return pd.concat([renamed, own], ignore_index=True) if len(own) else renamed


def _races(source: Path, circuits: pd.DataFrame, until: dt.date | None) -> pd.DataFrame:
    stored = _optional(source, "races", ("raceId", "year", "round", "circuitId", "name", "date"))
    refs = dict(zip(circuits["circuitId"], circuits["circuitRef"], strict=True))
    races = pd.DataFrame(
        {
            "raceId": stored["raceId"],
            "season": stored["year"].astype(int),
            "round": stored["round"].astype(int),
            "name": stored["name"],
            "circuit_id": stored["circuitId"].map(refs),
            "race_date": pd.to_datetime(stored["date"]),
        }
    )
    if until is not None:
        races = races[races["race_date"] <= pd.Timestamp(until)]
    races = races.sort_values(["season", "round"], ignore_index=True)
    races["race_id"] = [race_id(s, r) for s, r in zip(races["season"], races["round"], strict=True)]
    races["scheduled_laps"] = [
        scheduled_laps(s, c, r) for s, c, r in zip(races["season"], races["circuit_id"], races["round"], strict=True)
    ]
    races["first_lap_seconds"] = races["circuit_id"].map(first_lap_seconds)
    return races
