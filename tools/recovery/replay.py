"""Raw tables from the bucket ``raw`` alone, as the manifests announce them, and the events that make the rest again.

It serves a warehouse for which there is no backup, and what was ingested after the backup that a warehouse was restored
from. Streamed tables (live samples, the audit) have no file to come from.
"""

from __future__ import annotations

import datetime as dt
import io
import time

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shared.events import Manifest
from shared.ingest.load import MANIFEST_BUCKET, RAW_BUCKET
from shared.ports import ObjectStore, Warehouse
from shared.tables import TABLES

MARKS = (("races", "done/"), ("models", "trained/"))
"""Objects that say that something was done already, by bucket and beginning of the name."""


def replay(warehouse: Warehouse, store: ObjectStore, since: dt.datetime) -> list[str]:
    """Load the rows of every manifest written since ``since``, oldest first, and announce it again; answers the names.

    Marks made since then are removed, so that what follows from the events is done again. Raises WarehouseError,
    StoreError.
    """
    moment = int(since.timestamp() * 1_000_000)  # generations are microseconds, here as in Cloud Storage
    for bucket, prefix in MARKS:
        for entry in store.list(bucket, prefix):
            if entry.generation >= moment:
                store.delete(bucket, entry.name)
    newer = [entry for entry in store.list(MANIFEST_BUCKET) if entry.generation >= moment]
    newer.sort(key=lambda entry: entry.generation)
    found = [(entry.name, store.get(MANIFEST_BUCKET, entry.name).data) for entry in newer]
    for name, data in found:
        _load(warehouse, store, name, Manifest.model_validate_json(data))
    for name, data in found:
        store.put(MANIFEST_BUCKET, name, data)
    return [name for name, _ in found]


def _load(warehouse: Warehouse, store: ObjectStore, name: str, manifest: Manifest) -> None:
    objects: dict[str, dict[str, None]] = {}
    for part in manifest.parts:
        if part.object is not None:
            objects.setdefault(part.table, {})[part.object] = None
    for table, names in objects.items():
        rows = pa.concat_tables([pq.read_table(io.BytesIO(store.get(RAW_BUCKET, each).data)) for each in names])
        job = f"replay-{name}-{table}-{time.time_ns()}"
        day = TABLES[table].partition_by
        if day is None:
            warehouse.replace_partition(table, None, _beside_other_races(warehouse, table, rows), job)
        elif rows.num_rows:
            warehouse.replace_partitions(table, sorted(set(rows[day].to_pylist())), rows, job)


def _beside_other_races(warehouse: Warehouse, table: str, rows: pa.Table) -> pa.Table:
    """These rows, and those in the warehouse of races that they say nothing of."""
    if "race_id" not in rows.column_names:
        return rows
    here = warehouse.query(f"SELECT * FROM {table}").select(rows.column_names).cast(rows.schema)  # noqa: S608
    said = pc.is_in(here["race_id"], value_set=rows["race_id"].combine_chunks())
    return pa.concat_tables([rows, here.filter(pc.invert(said))])
