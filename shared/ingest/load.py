"""Loads raw tables into the warehouse and announces them: parts first, then one manifest object, so that whoever reads
the manifest finds every row it names. The same rows again load nothing and are announced once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shared.errors import PreconditionFailed
from shared.events import IngestRequest, Manifest, Part, Source
from shared.ingest.fastf1 import Rejected
from shared.ingest.lease import lease
from shared.observability import fields, log
from shared.ports import ObjectStore, Warehouse
from shared.tables import TABLES

RAW_BUCKET = "raw"
MANIFEST_BUCKET = "manifests"


class Loaded(NamedTuple):
    """What a load did: the manifest, the name of its object, and whether it was announced before."""

    manifest: Manifest
    name: str
    known: bool


def content_hash(tables: Iterable[tuple[str, pa.Table]]) -> str:
    """SHA-256 over named tables' schema and values, whatever their chunks."""
    digest = hashlib.sha256()
    for name, rows in tables:
        digest.update(name.encode())
        with pa.PythonFile(_Hashing(digest), mode="w") as sink, pa.ipc.new_stream(sink, rows.schema) as writer:
            writer.write_table(rows.combine_chunks())
    return digest.hexdigest()


class _Hashing(io.RawIOBase):
    """A file that is hashed, not kept: what is written to it need not be held in memory."""

    def __init__(self, digest: hashlib._Hash) -> None:
        self._digest = digest

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._digest.update(data)
        return memoryview(data).nbytes


def load(
    warehouse: Warehouse,
    objects: ObjectStore,
    source: Source,
    request: IngestRequest,
    tables: Sequence[tuple[str, pa.Table]],
    races: Iterable[str],
    batch_last: bool,
    label: str,
    stored: Mapping[str, Sequence[str]] | None = None,
) -> Loaded:
    """Load these rows and put their manifest. Partitioned tables are replaced day by day, others race by race
    (tables without races as a whole). ``stored``: by table, Parquet objects of the bucket ``raw`` whose rows are loaded
    together, once. Raises WarehouseError, StoreError; what was loaded stays and the same call goes on from there."""
    digest = content_hash(tables)
    if stored:
        digest = _with_stored(objects, digest, stored)
    folder = f"batch/{request.batch_id}" if request.batch_id else "race"
    name = f"{folder}/{source}-{label}-{digest[:16]}.json"
    parts = [part for table, rows in tables for part in _load_table(warehouse, objects, source, digest, table, rows)]
    for table, names in (stored or {}).items():
        parts += _load_stored(warehouse, objects, digest, table, names)
    manifest = Manifest(
        source=source,
        races=tuple(sorted(races)),
        parts=tuple(parts),
        content_hash=digest,
        synthetic=request.synthetic,
        batch_id=request.batch_id,
        batch_sources=request.sources if request.batch_id else (),
        batch_last=batch_last and request.batch_id is not None,
    )
    try:
        objects.put(MANIFEST_BUCKET, name, manifest.model_dump_json().encode(), if_generation=0)
    except PreconditionFailed:
        log.info("nothing new: these rows were announced before", extra=fields(manifest=name))
        return Loaded(manifest, name, known=True)
    log.info("rows announced", extra=fields(manifest=name, rows=sum(part.rows for part in parts)))
    return Loaded(manifest, name, known=False)


def _load_table(
    warehouse: Warehouse, objects: ObjectStore, source: Source, digest: str, table: str, rows: pa.Table
) -> list[Part]:
    stored = f"{source}/{table}/{digest[:16]}.parquet"
    put_parquet(objects, stored, rows)
    if TABLES[table].partition_by is None:
        with lease(objects, f"load-{table}"):  # between reading the other races and writing them nobody else may
            whole = _with_other_races(warehouse, table, rows)
            warehouse.replace_partition(table, None, whole, f"{digest}:{table}")
        return [Part(table=table, rows=rows.num_rows, object=stored)]
    days = _rows_by_day(table, rows)
    if days:
        warehouse.replace_partitions(table, list(days), rows, f"{digest}:{table}")
    return [Part(table=table, partition=day, rows=n, object=stored) for day, n in days.items()]


def put_parquet(objects: ObjectStore, name: str, rows: pa.Table) -> None:
    """Keep rows in the bucket ``raw``. Raises StoreError."""
    sink = io.BytesIO()
    pq.write_table(rows, sink, compression="zstd")
    objects.put(RAW_BUCKET, name, sink.getvalue())


def _with_stored(objects: ObjectStore, digest: str, stored: Mapping[str, Sequence[str]]) -> str:
    whole = hashlib.sha256(digest.encode())
    for table, names in sorted(stored.items()):
        whole.update(table.encode())
        for name in names:
            whole.update(hashlib.sha256(objects.get(RAW_BUCKET, name).data).digest())
    return whole.hexdigest()


def _load_stored(
    warehouse: Warehouse, objects: ObjectStore, digest: str, table: str, names: Sequence[str]
) -> list[Part]:
    """One load of all parts: the memory it takes is that of the rows together, not of their making."""
    read = [pq.read_table(pa.BufferReader(objects.get(RAW_BUCKET, name).data)) for name in names]
    if not read:
        return []
    whole = pa.concat_tables(read)
    warehouse.replace_partitions(table, list(_rows_by_day(table, whole)), whole, f"{digest}:{table}")
    return [
        Part(table=table, partition=day, rows=n, object=name)
        for name, rows in zip(names, read, strict=True)
        for day, n in _rows_by_day(table, rows).items()
    ]


def _rows_by_day(table: str, rows: pa.Table) -> dict[dt.date, int]:
    column = TABLES[table].partition_by
    assert column is not None
    counts = rows[column].value_counts().to_pylist()
    return {each["values"]: each["counts"] for each in sorted(counts, key=lambda each: str(each["values"]))}


def _with_other_races(warehouse: Warehouse, table: str, rows: pa.Table) -> pa.Table:
    """These rows, and those in the warehouse of races (of a race's sessions) that they say nothing of."""
    if "race_id" not in rows.column_names:
        return rows
    kept = warehouse.query(f"SELECT * FROM {table}").select(rows.column_names).cast(rows.schema)  # noqa: S608
    replaced = pc.is_in(_event(kept), value_set=_event(rows).combine_chunks())
    return pa.concat_tables([rows, kept.filter(pc.invert(replaced))])


def _event(rows: pa.Table) -> pa.ChunkedArray:
    """By row, the race, or the session of it."""
    if "session" not in rows.column_names:
        return rows["race_id"]
    return pc.binary_join_element_wise(rows["race_id"], rows["session"], "/")


def quarantine(warehouse: Warehouse, source: Source, rejected: Sequence[Rejected], now: dt.datetime) -> int:
    """Store records set aside, each once; how many were new."""
    rows = [{"received_at": now, "source": source, **record._asdict()} for record in rejected]
    ids = [hashlib.sha256(json.dumps([source, *map(str, record)]).encode()).hexdigest() for record in rejected]
    return warehouse.append("quarantine", rows, ids)
