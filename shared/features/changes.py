"""Which races changed: a hash of each race's raw rows against that of the rows its features were made from.

The hashes of what was made are one object, written by compare-and-set: who finds that somebody else wrote it meanwhile
makes its races again, with the other's rows in sight. So two events at once leave one result, in whatever order.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from shared.errors import NotFound
from shared.features.races import RACES_BUCKET
from shared.features.scan import ask
from shared.features.sql import version
from shared.ports import ObjectStore, Warehouse
from shared.tables import TABLES

MADE = "made.json"
"""Object in the bucket ``races``: hash by race of the raw rows that its features were made from."""

SOURCES = (
    "raw_races", "raw_events", "raw_results", "raw_laps", "raw_weather", "raw_pit_stops", "raw_pit_stop_times",
    "raw_laps_ergast",
)  # fmt: skip
"""Raw tables that the statements read."""


class Recorded(NamedTuple):
    """A race in the warehouse: its day, whether lap by lap from the timing service, and whether its result is there."""

    day: dt.date
    timed: bool
    result: bool


def recorded_races(warehouse: Warehouse, races: Iterable[str]) -> dict[str, Recorded]:
    """Of these races those with laps in the warehouse."""
    wanted = set(races)
    if not wanted:
        return {}
    span = span_of(wanted)
    found = {
        table: ask(
            warehouse,
            f"SELECT DISTINCT race_id, race_date FROM {table}"  # noqa: S608 - one of three names
            " WHERE race_date BETWEEN @first_date AND @last_date",
            span,
        ).to_pylist()
        for table in ("raw_laps", "raw_laps_ergast", "raw_results")
    }
    known = {row["race_id"] for row in found["raw_results"]}
    timed = {row["race_id"] for row in found["raw_laps"]}
    return {
        row["race_id"]: Recorded(row["race_date"], row["race_id"] in timed, row["race_id"] in known)
        for row in found["raw_laps_ergast"] + found["raw_laps"]
        if row["race_id"] in wanted
    }


def newest_result(warehouse: Warehouse, since: dt.date) -> dt.date | None:
    """Day of the newest race in the feature store whose result is there as well, if it is of ``since`` or later."""
    newest = ask(
        warehouse,
        "SELECT MAX(race_date) AS newest FROM raw_results"
        " WHERE race_date IN (SELECT race_date FROM clean_laps WHERE race_date >= @since)",
        {"since": since},
    )
    found: dt.date | None = newest["newest"][0].as_py()
    return found


def span_of(races: Iterable[str]) -> dict[str, dt.date]:
    """Parameters for the seasons of these races, from the first's first day to the last's last."""
    seasons = [int(race[:4]) for race in races]
    return {"first_date": dt.date(min(seasons), 1, 1), "last_date": dt.date(max(seasons), 12, 31)}


def raw_hashes(warehouse: Warehouse, races: Mapping[str, Recorded]) -> dict[str, str]:
    """SHA-256 by race over its rows in SOURCES, in whatever order they are stored, and over the statements."""
    digests = {race: hashlib.sha256(version().encode()) for race in races}
    span = {"first_date": min(r.day for r in races.values()), "last_date": max(r.day for r in races.values())}
    for table in SOURCES:
        names = ", ".join(column.name for column in TABLES[table].columns)
        rows = ask(
            warehouse,
            f"SELECT {names} FROM {table}"  # noqa: S608 - the schema's own names
            " WHERE race_date BETWEEN @first_date AND @last_date",
            span,
        )
        for race, group in _by_race(rows):
            if race in digests:
                digests[race].update(table.encode() + _bytes(group))
    return {race: digest.hexdigest() for race, digest in digests.items()}


def _by_race(rows: pa.Table) -> list[tuple[str, pa.Table]]:
    ordered = rows.sort_by([("race_id", "ascending")] + [(name, "ascending") for name in _keys(rows)])
    counts = pc.value_counts(ordered["race_id"]).to_pylist() if rows.num_rows else []
    groups, start = [], 0
    for count in counts:  # in order of appearance, which is the sorted order
        groups.append((count["values"], ordered.slice(start, count["counts"])))
        start += count["counts"]
    return groups


def _keys(rows: pa.Table) -> list[str]:
    """Columns to sort a race's rows by: enough that equal keys mean rows that differ in nothing that matters."""
    first = ("driver", "driver_id", "ergast_id", "lap_number", "lap", "stop", "place", "time", "lap_time")
    return [name for name in first if name in rows.column_names]


def _bytes(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(pa.Table.from_batches(rows.combine_chunks().to_batches(), rows.schema))
    return sink.getvalue()


class Made(NamedTuple):
    """Hash by race of the rows that features were made from, and the generation of the object that says so."""

    hashes: dict[str, str]
    generation: int


def read_made(objects: ObjectStore) -> Made:
    """What was made so far."""
    try:
        stored = objects.get(RACES_BUCKET, MADE)
    except NotFound:
        return Made({}, 0)
    return Made(json.loads(stored.data), stored.generation)


def write_made(objects: ObjectStore, before: Made, hashes: Mapping[str, str]) -> None:
    """Note what was made. Raises PreconditionFailed where somebody else did meanwhile."""
    merged = json.dumps(before.hashes | dict(hashes), indent=0, sort_keys=True).encode()
    objects.put(RACES_BUCKET, MADE, merged, if_generation=before.generation)
