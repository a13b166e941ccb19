"""Jolpica's pages as rows of the raw tables. A record that cannot be read is set aside and its neighbors are taken;
when most records of a kind cannot, the source has changed its schema and nothing of that kind is taken.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import pandas as pd
import pyarrow as pa
from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from shared.errors import F1Error
from shared.ingest.ergast import race_id, seconds
from shared.ingest.fastf1 import Rejected
from shared.ingest.files import DataFileError, to_table
from shared.ingest.jolpica.client import Page
from shared.ingest.jolpica.resources import Wanted
from shared.race.circuits import first_lap_seconds
from shared.race.rules import scheduled_laps

MOST_REJECTED = 0.5
"""Share of records that cannot be read above which they are not to blame: the schema has changed."""


class SchemaChanged(F1Error):
    """The source's records are no longer what this version reads; the message names the field."""


class Parsed(NamedTuple):
    """Rows of a raw table, in the source's order, and records set aside."""

    rows: pa.Table
    rejected: list[Rejected]


def parse(wanted: Wanted, pages: Iterable[Page], dates: Mapping[str, dt.date]) -> Parsed:
    """Rows of all pages of one resource. ``dates``: race day by race id, from the season's calendar. Raises
    SchemaChanged naming a field, or saying that the records do not add up to the total that the source told."""
    model, records_of = _KINDS[wanted.resource.name]
    rows: list[dict[str, Any]] = []
    rejected: list[Rejected] = []
    total = 0
    for page in pages:
        total = page.total
        try:
            records = list(records_of(page.body))
        except (KeyError, TypeError, AttributeError) as error:
            raise SchemaChanged(f"{wanted.path}: the page is built differently ({error!r})") from None
        for record in records:
            try:
                rows.append(_row(model, record, dates))
            except (ValidationError, ValueError) as error:
                rejected.append(_set_aside(wanted, record, error, dates))
    if len(rows) + len(rejected) != total:
        raise SchemaChanged(f"{wanted.path}: {len(rows) + len(rejected)} records where the source tells of {total}")
    if len(rejected) > MOST_REJECTED * total:
        raise SchemaChanged(f"{wanted.path}: {len(rejected)} of {total} records: {rejected[0].reason}")
    frame = pd.DataFrame(rows)
    if len(frame) and frame.duplicated().any():
        raise SchemaChanged(f"{wanted.path}: a record came twice; the source changed between two pages")
    try:
        return Parsed(to_table(wanted.resource.table, frame, Path(wanted.path)), rejected)
    except DataFileError as error:
        raise SchemaChanged(str(error)) from None


def _row(model: type[BaseModel], record: Mapping[str, Any], dates: Mapping[str, dt.date]) -> dict[str, Any]:
    row = model.model_validate(record).model_dump()
    if "round" in row:
        row["race_id"] = race_id(row["season"], row["round"])
        row["race_date"] = row.get("race_date") or dates.get(row["race_id"])
        if row["race_date"] is None:
            raise ValueError(f"the calendar has no race {row['race_id']}")
    if "code" in row and "driver_id" not in row and "round" in row:
        row["driver_id"] = row.pop("code") or row["ergast_id"]
    return row


def _set_aside(wanted: Wanted, record: Mapping[str, Any], error: Exception, dates: Mapping[str, dt.date]) -> Rejected:
    reason = str(error)
    if isinstance(error, ValidationError):
        reason = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
    race = wanted.race_id
    day = dates.get(race) if race is not None else None
    return Rejected(wanted.resource.table, race, day, reason, json.dumps(record, ensure_ascii=False, sort_keys=True))


def _seconds(text: object) -> object:
    if text in (None, ""):
        return None
    found = seconds(text)
    if found is None:
        raise ValueError(f"{text!r} is no time")
    return found


Seconds = Annotated[float | None, BeforeValidator(_seconds)]


def at(*path: str) -> Any:
    """A required field at that place in the record."""
    return Field(validation_alias=AliasPath(*path))


def maybe(*path: str) -> Any:
    """A field at that place that may be absent."""
    return Field(None, validation_alias=AliasPath(*path))


class _Record(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _OfRace(_Record):
    """Every record of a race carries the race beside it."""

    season: int = at("race", "season")
    round: int = at("race", "round")
    race_date: dt.date | None = maybe("race", "date")


class _Race(_OfRace):
    race_date: dt.date = at("race", "date")
    name: str = at("race", "raceName")
    circuit_id: str = at("race", "Circuit", "circuitId")

    def model_dump(self, **how: Any) -> dict[str, Any]:
        """With what the rules know of the distance and the first lap."""
        return super().model_dump(**how) | {
            "scheduled_laps": scheduled_laps(self.season, self.circuit_id, self.round),
            "first_lap_seconds": first_lap_seconds(self.circuit_id),
        }


class _Classified(_OfRace):
    ergast_id: str = at("row", "Driver", "driverId")
    constructor_id: str = at("row", "Constructor", "constructorId")
    grid: int = at("row", "grid")
    position_order: int = at("row", "position")
    points: float = at("row", "points")
    laps: int = at("row", "laps")
    status: str = at("row", "status")


class _Result(_Classified):
    code: str | None = maybe("row", "Driver", "code")
    number: int | None = maybe("row", "number")
    position_text: str = at("row", "positionText")
    milliseconds: int | None = maybe("row", "Time", "millis")
    fastest_lap: int | None = maybe("row", "FastestLap", "lap")
    fastest_lap_rank: int | None = maybe("row", "FastestLap", "rank")
    fastest_lap_time: Seconds = maybe("row", "FastestLap", "Time", "time")

    def model_dump(self, **how: Any) -> dict[str, Any]:
        """With the place of those that were classified."""
        place = int(self.position_text) if self.position_text.isdigit() else None
        return super().model_dump(**how) | {"position": place}


class _Qualified(_OfRace):
    ergast_id: str = at("row", "Driver", "driverId")
    constructor_id: str = at("row", "Constructor", "constructorId")
    number: int | None = maybe("row", "number")
    position: int = at("row", "position")
    q1: Seconds = maybe("row", "Q1")
    q2: Seconds = maybe("row", "Q2")
    q3: Seconds = maybe("row", "Q3")


class _Lap(_OfRace):
    ergast_id: str = at("row", "driverId")
    lap: int = at("lap")
    position: int | None = maybe("row", "position")
    lap_time: Seconds = at("row", "time")


class _PitStop(_OfRace):
    ergast_id: str = at("row", "driverId")
    stop: int = at("row", "stop")
    lap: int = at("row", "lap")
    time_of_day: str | None = maybe("row", "time")
    duration: Seconds = maybe("row", "duration")


class _Standing(_OfRace):
    position: int | None = maybe("row", "position")
    position_text: str | None = maybe("row", "positionText")
    points: float = at("row", "points")
    wins: int = at("row", "wins")


class _DriverStanding(_Standing):
    ergast_id: str = at("row", "Driver", "driverId")


class _ConstructorStanding(_Standing):
    constructor_id: str = at("row", "Constructor", "constructorId")


class _Circuit(_Record):
    circuit_id: str = at("circuitId")
    name: str = at("circuitName")
    locality: str | None = maybe("Location", "locality")
    country: str | None = maybe("Location", "country")
    latitude: float | None = maybe("Location", "lat")
    longitude: float | None = maybe("Location", "long")


class _Driver(_Record):
    ergast_id: str = at("driverId")
    code: str | None = maybe("code")
    number: int | None = maybe("permanentNumber")
    forename: str | None = maybe("givenName")
    surname: str | None = maybe("familyName")
    date_of_birth: dt.date | None = maybe("dateOfBirth")
    nationality: str | None = maybe("nationality")


class _Constructor(_Record):
    constructor_id: str = at("constructorId")
    name: str = at("name")
    nationality: str | None = maybe("nationality")


class _Status(_Record):
    status_id: int = at("statusId")
    status: str = at("status")


def _races(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for race in body["RaceTable"]["Races"]:
        yield {"race": race}


def _in_races(key: str) -> Callable[[Mapping[str, Any]], Iterator[dict[str, Any]]]:
    def records(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for race in body["RaceTable"]["Races"]:
            about = {name: value for name, value in race.items() if name != key}
            for row in race[key]:
                yield {"race": about, "row": row}

    return records


def _timings(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for race in body["RaceTable"]["Races"]:
        about = {name: value for name, value in race.items() if name != "Laps"}
        for lap in race["Laps"]:
            for row in lap["Timings"]:
                yield {"race": about, "lap": lap["number"], "row": row}


def _standings(key: str) -> Callable[[Mapping[str, Any]], Iterator[dict[str, Any]]]:
    def records(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        for standing in body["StandingsTable"]["StandingsLists"]:
            about = {"season": standing["season"], "round": standing["round"]}
            for row in standing[key]:
                yield {"race": about, "row": row}

    return records


def _listed(table: str, key: str) -> Callable[[Mapping[str, Any]], Iterator[dict[str, Any]]]:
    def records(body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        yield from body[table][key]

    return records


_KINDS: dict[str, tuple[type[BaseModel], Callable[[Mapping[str, Any]], Iterator[dict[str, Any]]]]] = {
    "races": (_Race, _races),
    "results": (_Result, _in_races("Results")),
    "qualifying": (_Qualified, _in_races("QualifyingResults")),
    "sprint": (_Classified, _in_races("SprintResults")),
    "laps": (_Lap, _timings),
    "pitstops": (_PitStop, _in_races("PitStops")),
    "driverstandings": (_DriverStanding, _standings("DriverStandings")),
    "constructorstandings": (_ConstructorStanding, _standings("ConstructorStandings")),
    "circuits": (_Circuit, _listed("CircuitTable", "Circuits")),
    "drivers": (_Driver, _listed("DriverTable", "Drivers")),
    "constructors": (_Constructor, _listed("ConstructorTable", "Constructors")),
    "status": (_Status, _listed("StatusTable", "Status")),
}
"""By resource: what a record must hold, and where in a page the records are."""
