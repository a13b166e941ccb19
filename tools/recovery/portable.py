"""Backups through the three ports alone, for the cloud: tables as Parquet and objects as they are, in the bucket
``backups``. It needs nothing that only one backend has, so what is tested on one holds for the other.

BigQuery's own daily snapshots are quicker to go back to and reach back as far; a backup of this kind outlives the
dataset and the project, and can be restored into another. Messages are not copied: Pub/Sub keeps them for seven days,
and ``seek`` goes back to a moment.
"""

from __future__ import annotations

import datetime as dt
import io
import time
from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shared.errors import NotFound
from shared.ports import ObjectStore, Warehouse
from shared.tables import TABLES, Table, arrow_schema
from tools.recovery.manifest import BackupManifest, RecoveryError, checked_id, new_id
from tools.recovery.prints import BUCKETS, of_bytes, of_tables

BUCKET = "backups"
PARTS = ("objects", "warehouse")


def backup(warehouse: Warehouse, store: ObjectStore, tables: Iterable[Table] = TABLES.values()) -> BackupManifest:
    """Make a backup; its manifest is written last. Raises WarehouseError, StoreError."""
    began, taken_at = time.monotonic(), dt.datetime.now(dt.UTC)
    identity, tables = new_id(taken_at), list(tables)
    objects = {}
    for bucket in BUCKETS:
        for entry in store.list(bucket):
            data = store.get(bucket, entry.name).data
            store.put(BUCKET, f"{identity}/objects/{bucket}/{entry.name}", data)
            objects[f"{bucket}/{entry.name}"] = of_bytes(data)
    for table in tables:
        for number, rows in enumerate(_pieces(warehouse, table)):
            sink = io.BytesIO()
            pq.write_table(rows, sink, compression="zstd")
            store.put(BUCKET, f"{identity}/tables/{table.name}/{number:04d}.parquet", sink.getvalue())
    manifest = BackupManifest(
        id=identity,
        backend="gcp",
        taken_at=taken_at,
        seconds=round(time.monotonic() - began, 3),
        tables=of_tables(warehouse, tables),
        objects=objects,
    )
    store.put(BUCKET, f"{identity}/manifest.json", manifest.model_dump_json(indent=1).encode(), if_generation=0)
    return manifest


def find(store: ObjectStore, identity: str | None) -> BackupManifest:
    """The backup of this id, else the newest. Raises RecoveryError where there is none."""
    names = [entry.name for entry in store.list(BUCKET) if entry.name.endswith("/manifest.json")]
    if not names:
        raise RecoveryError(f"no backup in the bucket {BUCKET}: python -m tools.backup makes one")
    name = max(names) if identity is None else f"{checked_id(identity)}/manifest.json"
    try:
        return BackupManifest.model_validate_json(store.get(BUCKET, name).data)
    except NotFound:
        raise RecoveryError(f"no backup {identity} in the bucket {BUCKET}") from None


def restore(
    warehouse: Warehouse, store: ObjectStore, manifest: BackupManifest, parts: tuple[str, ...] = PARTS
) -> list[str]:
    """Bring back parts of a backup and answer what differs from it afterwards, a sentence each; empty is well.

    Tables are replaced as a whole; objects are written where they differ, and those made since stay. Raises
    RecoveryError for an unknown part, WarehouseError, StoreError.
    """
    unknown = set(parts) - set(PARTS)
    if unknown:
        raise RecoveryError(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    wrong = []
    if "objects" in parts:
        for name, wanted in manifest.objects.items():
            bucket, _, key = name.partition("/")
            data = store.get(BUCKET, f"{manifest.id}/objects/{name}").data
            if of_bytes(data) != wanted:
                wrong.append(f"object {name}: the backup's copy is damaged")
            elif _differs(store, bucket, key, data):
                store.put(bucket, key, data)
    if "warehouse" in parts:
        for name in manifest.tables:
            _load(warehouse, store, manifest, TABLES[name])
        found = of_tables(warehouse, [TABLES[name] for name in manifest.tables])
        held = manifest.tables.items()
        wrong += [f"table {name}: {found[name]}, not {wanted}" for name, wanted in held if found[name] != wanted]
    return wrong


def _pieces(warehouse: Warehouse, table: Table) -> Iterator[pa.Table]:
    """A table's rows, those of a year at a time where it is partitioned."""
    if table.partition_by is None:
        yield warehouse.query(f"SELECT * FROM {table.name}")  # noqa: S608 - the schema's own names, here and below
        return
    day = f"CAST({table.partition_by} AS DATE)"
    where = f"WHERE {table.partition_by} IS NOT NULL"
    years = warehouse.query(f"SELECT DISTINCT EXTRACT(YEAR FROM {day}) AS year FROM {table.name} {where}")  # noqa: S608
    for year in sorted(years["year"].to_pylist()):
        span = {"first": dt.date(year, 1, 1), "last": dt.date(year, 12, 31)}
        yield warehouse.query(f"SELECT * FROM {table.name} WHERE {day} BETWEEN @first AND @last", span)  # noqa: S608


def _load(warehouse: Warehouse, store: ObjectStore, manifest: BackupManifest, table: Table) -> None:
    names = [entry.name for entry in store.list(BUCKET, f"{manifest.id}/tables/{table.name}/")]
    pieces = [pq.read_table(io.BytesIO(store.get(BUCKET, name).data)) for name in names]
    rows = pa.concat_tables(pieces) if pieces else arrow_schema(table).empty_table()
    # A load of the same id does nothing; this one is to happen whatever happened before.
    job = f"restore-{manifest.id}-{table.name}-{time.time_ns()}"
    if table.partition_by is None:
        warehouse.replace_partition(table.name, None, rows, job)
        return
    day = f"CAST({table.partition_by} AS DATE)"
    where = f"WHERE {table.partition_by} IS NOT NULL"
    here = warehouse.query(f"SELECT DISTINCT {day} AS day FROM {table.name} {where}")["day"].to_pylist()  # noqa: S608
    kept = pc.cast(rows[table.partition_by], pa.date32()).unique().to_pylist()
    days = sorted(set(here) | set(kept))
    if days:
        warehouse.replace_partitions(table.name, days, rows, job)


def _differs(store: ObjectStore, bucket: str, name: str, data: bytes) -> bool:
    try:
        return store.get(bucket, name).data != data
    except NotFound:
        return True
