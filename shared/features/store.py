"""The feature store: runs the preprocessing SQL in the warehouse for some races, and writes the recorded races that the
reading routes serve. Each table's day is replaced as a whole, so that a run that stops can be run again.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from shared.errors import NotFound, PreconditionFailed
from shared.events import Manifest
from shared.features.sql import STEPS, statement
from shared.ingest.load import MANIFEST_BUCKET
from shared.observability import stage
from shared.ports import ObjectStore, Warehouse

RACES_BUCKET = "races"
INDEX = "index.json"


def batch_of(objects: ObjectStore, manifest: Manifest) -> list[Manifest] | None:
    """All manifests of a backfill once the last of every source is there, else None; a manifest of no batch alone."""
    if manifest.batch_id is None:
        return [manifest]
    found = [
        Manifest.model_validate_json(objects.get(MANIFEST_BUCKET, entry.name).data)
        for entry in objects.list(MANIFEST_BUCKET, f"batch/{manifest.batch_id}/")
    ]
    finished = {each.source for each in found if each.batch_last}
    return found if finished >= set(manifest.batch_sources) else None


def fingerprint(manifests: Iterable[Manifest]) -> str:
    """SHA-256 over the content hashes that features come from, in whatever order they came."""
    return hashlib.sha256("\n".join(sorted(each.content_hash for each in manifests)).encode()).hexdigest()


def recorded_races(warehouse: Warehouse, races: Iterable[str]) -> dict[str, tuple[dt.date, bool]]:
    """Of these races those with laps in the warehouse: their date, and whether their result is there as well."""
    wanted = sorted(set(races))
    if not wanted:
        return {}
    first, last = (dt.date(int(race[:4]), month, day) for race, month, day in ((wanted[0], 1, 1), (wanted[-1], 12, 31)))
    laps = warehouse.query(
        "SELECT DISTINCT race_id, race_date FROM raw_laps WHERE race_date BETWEEN @first_date AND @last_date",
        {"first_date": first, "last_date": last},
    )
    results = warehouse.query(
        "SELECT DISTINCT race_id FROM raw_results WHERE race_date BETWEEN @first_date AND @last_date",
        {"first_date": first, "last_date": last},
    )
    known = set(results["race_id"].to_pylist())
    return {
        row["race_id"]: (row["race_date"], row["race_id"] in known)
        for row in laps.to_pylist()
        if row["race_id"] in set(wanted)
    }


def build(warehouse: Warehouse, dates: Sequence[dt.date], job: str) -> dict[str, int]:
    """Run every step for the races of these days and replace their partitions; rows by table. ``job`` makes the load
    jobs' ids: the same job again loads nothing twice. Raises WarehouseError; what was loaded stays."""
    written = {}
    days = sorted(set(dates))
    for table in STEPS:
        with stage(f"preprocess {table}") as counted:
            rows = warehouse.query(statement(table), {"first_date": min(days), "last_date": max(days)})
            rows = rows.filter(pc.is_in(rows["race_date"], value_set=pa.array(days, pa.date32())))
            warehouse.replace_partitions(table, days, rows, f"{job}:{table}")
            counted["rows"] = written[table] = rows.num_rows
    return written


_LAP_FIELDS = """
    SELECT race_id, driver_id, lap, ROUND(lap_time, 3) AS lap_time, position, ROUND(gap_to_leader, 3) AS gap_to_leader,
      compound AS tire_compound, tire_age, stint, track_status, pit_in, pit_out
    FROM clean_laps
    WHERE race_date BETWEEN @first_date AND @last_date AND completed
    ORDER BY race_id, lap, position, driver_id
"""
_RACES = """
    SELECT clean_laps.race_id, season, round, circuit_id, race_date, MAX(total_laps) AS total_laps,
      STRING_AGG(DISTINCT driver_id, ',') AS drivers
    FROM clean_laps
    WHERE race_date BETWEEN @first_date AND @last_date
    GROUP BY race_id, season, round, circuit_id, race_date
"""
_NAMES = """
    SELECT race_id, name FROM raw_events WHERE race_date BETWEEN @first_date AND @last_date
    UNION ALL SELECT race_id, name FROM raw_races WHERE race_date BETWEEN @first_date AND @last_date
"""


def write_races(warehouse: Warehouse, objects: ObjectStore, races: dict[str, dt.date]) -> None:
    """Write ``<race_id>/laps.json`` of these races and merge them into ``index.json``, as the reading routes serve
    them. Raises StoreError, WarehouseError."""
    span = {"first_date": min(races.values()), "last_date": max(races.values())}
    names = {row["race_id"]: row["name"] for row in warehouse.query(_NAMES, span).to_pylist()}
    entries = {
        row["race_id"]: {
            "race_id": row["race_id"],
            "season": row["season"],
            "round": row["round"],
            "name": names.get(row["race_id"]),
            "circuit_id": row["circuit_id"],
            "date": row["race_date"].isoformat(),
            "total_laps": row["total_laps"],
            "drivers": sorted(row["drivers"].split(",")),
        }
        for row in warehouse.query(_RACES, span).to_pylist()
        if row["race_id"] in races
    }
    laps = warehouse.query(_LAP_FIELDS, span).to_pylist()
    for race_id, group in itertools.groupby(laps, lambda row: row.pop("race_id")):
        if race_id in races:
            objects.put(RACES_BUCKET, f"{race_id}/laps.json", _json({"race_id": race_id, "laps": list(group)}))
    _merge_index(objects, entries)


def _merge_index(objects: ObjectStore, entries: dict[str, dict[str, Any]]) -> None:
    for _ in range(20):
        try:
            stored = objects.get(RACES_BUCKET, INDEX)
            known, generation = {row["race_id"]: row for row in json.loads(stored.data)}, stored.generation
        except NotFound:
            known, generation = {}, 0
        merged = known | entries
        if merged == known:
            return
        try:
            objects.put(RACES_BUCKET, INDEX, _json([merged[key] for key in sorted(merged)]), if_generation=generation)
        except PreconditionFailed:
            continue
        return
    raise PreconditionFailed(f"{RACES_BUCKET}/{INDEX}: others kept writing it")


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
