"""The feature store: runs the preprocessing SQL in the warehouse for the races that changed.

Each table's days are replaced as a whole, so that a run that stops can be run again. Rows of later races in which a
changed race enters (form of the drivers, record of the circuit, spread of the season) are made again with it, so that
the store does not depend on the order in which races came in.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from shared.errors import PreconditionFailed
from shared.events import Manifest
from shared.features.changes import Made, Recorded, raw_hashes, read_made, write_made
from shared.features.quality import report
from shared.features.races import write_races
from shared.features.scan import ask, bytes_scanned, log_scan
from shared.features.sql import HISTORY, SEASON_HISTORY, STEPS, statement
from shared.ingest.load import MANIFEST_BUCKET
from shared.observability import fields, log, stage
from shared.ports import ObjectStore, Warehouse

TRIES = 10


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


def fingerprint(hashes: Iterable[str]) -> str:
    """SHA-256 over content hashes, in whatever order they came."""
    return hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()


def refresh(
    warehouse: Warehouse,
    objects: ObjectStore,
    races: Mapping[str, Recorded],
    announced: dt.datetime,
    announce: Callable[[dict[str, str]], None],
) -> dict[str, str]:
    """Make the features of those of these races whose raw rows changed since they were last made, and of later races
    in which they enter; call ``announce`` with the changed ones' hashes before they are noted as made, so that a run
    that stops in between announces them again. ``announced`` is when the rows came in. Answers the changed races.

    Raises WarehouseError, StoreError; what was loaded stays, and the same call goes on from there.
    """
    told: dict[str, str] = {}
    for _ in range(TRIES):
        made = read_made(objects)
        hashes = raw_hashes(warehouse, races) if races else {}
        changed = {race: digest for race, digest in hashes.items() if made.hashes.get(race) != digest}
        if not changed:
            return told
        _make(warehouse, objects, {race: races[race].day for race in changed}, _job(changed, made), announced)
        if changed != told:
            announce(changed)
        told = changed
        try:
            write_made(objects, made, changed)
        except PreconditionFailed:
            log.info("other races were made meanwhile; making these again", extra=fields(races=len(changed)))
            continue
        return told
    raise PreconditionFailed(f"{TRIES} times in a row others made races meanwhile")


def _job(changed: Mapping[str, str], made: Made) -> str:
    """Id of the load jobs: the same on redelivery, another once anything was made in between."""
    return f"{fingerprint(changed.values())}:{made.generation}"


def _make(
    warehouse: Warehouse, objects: ObjectStore, changed: dict[str, dt.date], job: str, announced: dt.datetime
) -> None:
    with stage("preprocess", races=len(changed)) as counted:
        counted.update(build(warehouse, sorted(set(changed.values())), job, announced))
    with stage("preprocess races/"):
        write_races(warehouse, objects, changed)
    report(warehouse, changed)


def build(warehouse: Warehouse, days: Sequence[dt.date], job: str, announced: dt.datetime) -> dict[str, int]:
    """Run every step for the races of these days, and of later days where earlier races enter; rows by table.
    ``job`` makes the load jobs' ids: the same job again loads nothing twice. Raises WarehouseError."""
    written = {}
    later = _later(warehouse, min(days), set(days))
    for table in STEPS:
        wanted = sorted({*days, *_affected(table, days, later)})
        params: dict[str, Any] = {"first_date": wanted[0], "last_date": wanted[-1]}
        if "@announced" in statement(table):
            params["announced"] = int(announced.timestamp())
        with stage(f"preprocess {table}", days=len(wanted)) as counted:
            log_scan(table, bytes_scanned(warehouse, statement(table), params))
            rows = ask(warehouse, statement(table), params)
            rows = rows.filter(pc.is_in(rows["race_date"], value_set=pa.array(wanted, pa.date32())))
            warehouse.replace_partitions(table, wanted, rows, f"{job}:{table}")
            counted["rows"] = written[table] = rows.num_rows
    return written


def _later(warehouse: Warehouse, first: dt.date, days: set[dt.date]) -> list[dt.date]:
    """Days of races in the store after ``first`` that are not among ``days``."""
    found = set()
    for table in ("clean_laps", "era_laps"):
        rows = ask(warehouse, f"SELECT DISTINCT race_date FROM {table} WHERE race_date > @first", {"first": first})  # noqa: S608
        found |= set(rows["race_date"].to_pylist())
    return sorted(found - days)


def _affected(table: str, days: Sequence[dt.date], later: Iterable[dt.date]) -> Iterable[dt.date]:
    if table in HISTORY:
        return later
    if table in SEASON_HISTORY:
        seasons = {day.year for day in days}
        return [day for day in later if day.year in seasons]
    return ()
