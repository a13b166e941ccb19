"""The warehouse in BigQuery. One partition is a load job into ``table$YYYYMMDD``; several at once are a load job into a
staging table and one MERGE, which replaces all of them or none.

Staging tables and the ids of appended rows are in a dataset of their own, ``<dataset>_work``. Rows that carry their own
``message_id`` are streamed, and BigQuery leaves out an id it saw within about a minute: whoever reads such a table
counts an id once. Other appended rows are few and kept exactly once, by their ids.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import io
import os
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import Conflict, GoogleAPICallError, NotFound, RetryError
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud import bigquery
from requests.exceptions import RequestException

from shared.adapters.checks import arrow_rows, check_columns, check_partitions, conformed, first_line
from shared.adapters.gcp import sql
from shared.adapters.gcp.jobs import SECONDS, job_name, run_once
from shared.adapters.gcp.streaming import Streamer
from shared.config import Settings
from shared.errors import WarehouseError
from shared.observability import fields, log
from shared.tables import TABLES, Column, Table

EMULATOR = "BIGQUERY_EMULATOR_HOST"
RETRY = bigquery.DEFAULT_RETRY.with_timeout(60.0)
FAILURES = (GoogleAPICallError, RetryError, GoogleAuthError, RequestException, TimeoutError)
APPENDED = Table(
    "appended",
    "Ids of rows that were appended exactly once",
    (
        Column("table_name", "STRING", "the table that has the row", mode="REQUIRED"),
        Column("id", "STRING", "the row's id", mode="REQUIRED"),
    ),
    cluster_by=("table_name", "id"),
)


class BigQueryWarehouse:
    """The tables of a dataset; ``shared.ports.Warehouse`` tells what each method promises."""

    def __init__(
        self, project: str | None, dataset: str, location: str | None = None, tables: Mapping[str, Table] = TABLES
    ) -> None:
        self._project, self._name, self._location = project, dataset, location
        self._tables = dict(tables)
        self._streamer = Streamer(self._stream)

    @functools.cached_property
    def client(self) -> bigquery.Client:
        """Google's client. Raises WarehouseError where there are no credentials."""
        emulator = os.environ.get(EMULATOR)
        try:
            return bigquery.Client(
                project=self._project,
                location=self._location,
                credentials=AnonymousCredentials() if emulator else None,  # type: ignore[no-untyped-call]
                client_options=ClientOptions(api_endpoint=emulator) if emulator else None,  # type: ignore[no-untyped-call]
            )
        except (GoogleAuthError, OSError) as error:
            raise WarehouseError(f"BigQuery cannot be used: {first_line(error)}") from error

    @property
    def dataset(self) -> str:
        """The dataset, with its project."""
        return f"{self.client.project}.{self._name}"

    @property
    def work(self) -> str:
        """The dataset of staging tables, with its project."""
        return f"{self.dataset}_work"

    def ensure(self, tables: Iterable[Table]) -> None:
        """Create datasets and tables that are missing, and add new columns. In the cloud Terraform has made them."""
        with _reporting("creation of tables"):
            for dataset in (self.dataset, self.work):
                self.client.create_dataset(dataset, exists_ok=True, retry=RETRY)
            self._ensure(self.work, APPENDED)
            for table in tables:
                self._ensure(self.dataset, table)
                self._tables[table.name] = table

    def query(self, sql_text: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        """Rows of a SELECT, read over REST."""
        job = self._run(sql_text, params)
        with _reporting(sql_text):
            return job.result(timeout=SECONDS, retry=RETRY).to_arrow(create_bqstorage_client=False)

    def execute(self, sql_text: str, params: Mapping[str, Any] | None = None) -> int:
        """Run one statement as a job of its own."""
        job = self._run(sql_text, params)
        with _reporting(sql_text):
            job.result(timeout=SECONDS, retry=RETRY)
        return int(job.num_dml_affected_rows or 0)

    def replace_partition(self, table: str, partition: dt.date | None, rows: pa.Table, job_id: str) -> int:
        """One load job with WRITE_TRUNCATE into the partition, or into the table; its id follows from ``job_id``."""
        schema = self._schema(table)
        if partition is None and schema.partition_by is not None:
            raise WarehouseError(f"{table} is partitioned by {schema.partition_by}: name the partition to replace")
        if partition is not None and schema.partition_by is None:
            raise WarehouseError(f"{table} is not partitioned: it is replaced as a whole")
        ready = conformed(schema, rows)
        if partition is not None:
            check_partitions(schema, ready, [partition])
        target = f"{self.dataset}.{table}" + (f"${partition:%Y%m%d}" if partition else "")
        with _reporting(f"load of {table}"):
            name = job_name(self.dataset, table, job_id)
            job = run_once(self.client, name, lambda name: self._load(schema, ready, target, name))
        return 0 if job is None else ready.num_rows

    def replace_partitions(self, table: str, partitions: Collection[dt.date], rows: pa.Table, job_id: str) -> int:
        """A load job into a staging table, then one MERGE that empties these partitions and fills them."""
        schema = self._schema(table)
        if schema.partition_by is None:
            raise WarehouseError(f"{table} is not partitioned: it is replaced as a whole")
        ready = conformed(schema, rows)
        check_partitions(schema, ready, partitions)
        if not partitions:
            return 0
        with _reporting(f"load of {table}"):

            def merge(name: str) -> bigquery.QueryJob:
                with self._staged(schema, ready) as staging:
                    text = sql.replacement(f"{self.dataset}.{table}", staging, schema, sorted(set(partitions)))
                    job = self._query(text, None, name)
                    job.result(timeout=SECONDS)  # the staging table goes when it has been read
                    return job

            job = run_once(self.client, job_name(self.dataset, table, job_id), merge)
        return 0 if job is None else ready.num_rows

    def append(self, table: str, rows: Sequence[Mapping[str, Any]], ids: Sequence[str]) -> int:
        """Stream the rows, or insert them with their ids in one transaction; see the module."""
        schema = self._schema(table)
        if len(rows) != len(ids):
            raise WarehouseError(f"{table}: {len(rows)} rows but {len(ids)} ids")
        if not rows:
            return 0
        check_columns(schema, {name for row in rows for name in row})
        if any(column.name == "message_id" for column in schema.columns):
            return self._streamer.append(schema, rows, ids)
        new = dict(zip(ids, rows, strict=True))  # of rows under one id the last
        ready = conformed(schema, arrow_rows(schema, list(new.values())))
        with _reporting(f"append to {table}"):
            return self._insert(schema, ready, list(new))

    def _stream(self, schema: Table, rows: pa.Table, ids: list[str]) -> None:
        values = [sql.as_json(row) for row in rows.to_pylist()]
        with _reporting(f"append to {schema.name}"):
            target = f"{self.dataset}.{schema.name}"
            refused = self.client.insert_rows_json(target, values, row_ids=ids, retry=RETRY)
        if refused:
            raise WarehouseError(f"{schema.name}: {refused[0].get('errors')}")

    def _insert(self, schema: Table, rows: pa.Table, ids: list[str]) -> int:
        staged = rows.append_column(pa.field(sql.ROW_ID, pa.string(), nullable=False), pa.array(ids, pa.string()))
        wide = Table(schema.name, "", (*schema.columns, Column(sql.ROW_ID, "STRING", "id", mode="REQUIRED")))
        with self._staged(wide, staged) as staging:
            text = sql.insertion(f"{self.dataset}.{schema.name}", staging, f"{self.work}.{APPENDED.name}", schema)
            # Two deliveries of the same rows at once have the same job: the second waits for the first, adds nothing.
            name = job_name(self.dataset, schema.name, "append", *sorted(ids))
            job = run_once(self.client, name, lambda name: self._query(text, None, name))
            return 0 if job is None else int(next(iter(job.result()))["added"])

    def _schema(self, table: str) -> Table:
        try:
            return self._tables[table]
        except KeyError:
            raise WarehouseError(f"no table {table!r}; there are {', '.join(sorted(self._tables)) or 'none'}") from None

    def _ensure(self, dataset: str, table: Table) -> None:
        made = bigquery.Table(f"{dataset}.{table.name}", schema=[_field(column) for column in table.columns])
        made.description = table.description
        made.clustering_fields = list(table.cluster_by) or None
        if table.partition_by is not None:
            made.time_partitioning = bigquery.TimePartitioning(field=table.partition_by)
            made.require_partition_filter = True
        try:
            self.client.create_table(made, retry=RETRY)
            return
        except Conflict:
            found = self.client.get_table(made.reference, retry=RETRY)
        have = {field.name for field in found.schema}
        new = [column for column in table.columns if column.name not in have]
        for column in new:
            if column.mode == "REQUIRED":
                raise WarehouseError(f"{table.name}.{column.name} is new and REQUIRED; the table has rows")
        if new:
            found.schema = [*found.schema, *map(_field, new)]
            self.client.update_table(found, ["schema"], retry=RETRY)

    @contextlib.contextmanager
    def _staged(self, schema: Table, rows: pa.Table) -> Iterator[str]:
        """The rows in a table of their own, which BigQuery removes within the hour should nobody else do so."""
        staging = bigquery.Table(
            f"{self.work}.staging_{uuid.uuid4().hex}", schema=[_field(column, staged=True) for column in schema.columns]
        )
        staging.expires = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
        self.client.create_table(staging, retry=RETRY)
        name = f"{staging.dataset_id}.{staging.table_id}"
        try:
            target = f"{staging.project}.{name}"
            self._load(schema, rows, target, f"f1_{staging.table_id}", staged=True).result(timeout=SECONDS)
            yield target
        finally:
            with contextlib.suppress(*FAILURES):
                self.client.delete_table(staging, not_found_ok=True, retry=RETRY)

    def _load(self, schema: Table, rows: pa.Table, target: str, name: str, staged: bool = False) -> bigquery.LoadJob:
        config = bigquery.LoadJobConfig(
            source_format=bigquery.SourceFormat.PARQUET,
            write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
            create_disposition=bigquery.CreateDisposition.CREATE_NEVER,
            schema=[_field(column, staged=staged) for column in schema.columns],
        )
        config.parquet_options = bigquery.ParquetOptions()  # type: ignore[no-untyped-call]
        config.parquet_options.enable_list_inference = True
        if not staged:  # a truncated table takes its layout from the job
            config.clustering_fields = list(schema.cluster_by) or None
            if schema.partition_by is not None:
                config.time_partitioning = bigquery.TimePartitioning(field=schema.partition_by)
        sink = io.BytesIO()
        pq.write_table(rows, sink, compression="zstd")
        sink.seek(0)
        return self.client.load_table_from_file(sink, target, job_id=name, job_config=config)

    def _run(self, text: str, params: Mapping[str, Any] | None) -> bigquery.QueryJob:
        statements = sql.count_statements(text)
        if statements != 1:
            raise WarehouseError(f"{statements} statements where one is expected")
        with _reporting(text):
            job = self._query(text, params, f"f1_{uuid.uuid4().hex}")
            job.result(timeout=SECONDS, retry=RETRY)
        log.debug("queried", extra=fields(bytes=job.total_bytes_processed, sql=" ".join(text.split())[:120]))
        return job

    def _query(self, text: str, params: Mapping[str, Any] | None, name: str) -> bigquery.QueryJob:
        config = bigquery.QueryJobConfig(default_dataset=self.dataset)
        config.query_parameters = [sql.parameter(key, value) for key, value in (params or {}).items()]
        return self.client.query(text, job_config=config, job_id=name, retry=RETRY, job_retry=None)


def open_port(chosen: Settings) -> BigQueryWarehouse:
    """The warehouse of these settings; nothing is asked of BigQuery yet."""
    return BigQueryWarehouse(chosen.project, chosen.dataset, chosen.location)


def _field(column: Column, staged: bool = False) -> bigquery.SchemaField:
    """The column as BigQuery declares it. A Parquet file has no JSON: it is staged as text."""
    kind = "STRING" if staged and column.type == "JSON" else column.type
    return bigquery.SchemaField(column.name, kind, mode=column.mode, description=column.description)


@contextlib.contextmanager
def _reporting(what: str) -> Iterator[None]:
    try:
        yield
    except NotFound as error:
        raise WarehouseError(f"not found: {first_line(error)}; in: {' '.join(what.split())[:300]}") from error
    except FAILURES as error:
        raise WarehouseError(f"{first_line(error)}; in: {' '.join(what.split())[:300]}") from error
