"""Loads raw tables into the warehouse and announces them: parts first, then one manifest object, so that whoever reads
the manifest finds every row it names. The same rows again load nothing and are announced once.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

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
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, rows.schema) as writer:
            writer.write_table(rows.combine_chunks())
        digest.update(sink.getbuffer())
    return digest.hexdigest()


def by_date(table: str, rows: pa.Table) -> list[tuple[dt.date, pa.Table]]:
    """The rows of each partition, oldest first; order within a partition is kept."""
    column = TABLES[table].partition_by
    assert column is not None
    dates = sorted(set(rows[column].unique().to_pylist()))
    return [(day, rows.filter(pc.equal(rows[column], pa.scalar(day)))) for day in dates]


def load(
    warehouse: Warehouse,
    objects: ObjectStore,
    source: Source,
    request: IngestRequest,
    tables: Sequence[tuple[str, pa.Table]],
    races: Iterable[str],
    batch_last: bool,
    label: str,
) -> Loaded:
    """Load these rows and put their manifest. Partitioned tables are replaced day by day, others race by race
    (tables without races as a whole). Raises WarehouseError, StoreError; what was loaded stays and the same
    call goes on from there."""
    digest = content_hash(tables)
    folder = f"batch/{request.batch_id}" if request.batch_id else "race"
    name = f"{folder}/{source}-{label}-{digest[:16]}.json"
    parts = [part for table, rows in tables for part in _load_table(warehouse, objects, source, digest, table, rows)]
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
    sink = io.BytesIO()
    pq.write_table(rows, sink, compression="zstd")
    objects.put(RAW_BUCKET, stored, sink.getvalue())
    if TABLES[table].partition_by is None:
        with lease(objects, f"load-{table}"):  # between reading the other races and writing them nobody else may
            whole = _with_other_races(warehouse, table, rows)
            warehouse.replace_partition(table, None, whole, f"{digest}:{table}")
        return [Part(table=table, rows=rows.num_rows, object=stored)]
    parts = []
    for day, partition in by_date(table, rows):
        warehouse.replace_partition(table, day, partition, f"{digest}:{table}:{day:%Y%m%d}")
        parts.append(Part(table=table, partition=day, rows=partition.num_rows, object=stored))
    return parts


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
