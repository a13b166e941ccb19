"""The warehouse on DuckDB: one file (or memory), owned by one process, running BigQuery's dialect through sqlglot.

Threads of the process share it: each statement runs on a cursor of its own, writers take turns. Queries and appended
rows are worked on by a few threads, however many ask. Loads are jobs with ids, as in BigQuery: an id that succeeded
once does nothing the next time.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import threading
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from shared.adapters.checks import arrow_rows, check_columns, first_line
from shared.adapters.combining import Combiner
from shared.adapters.embedded.dialect import cast, declared, quoted, translated
from shared.config import Settings
from shared.errors import WarehouseError
from shared.tables import TABLES, Column, Table

APPEND_SPACING = 0.03
"""Seconds between commits of rows appended while they stream in: a commit costs some 10 ms however few it holds."""
QUERIES = 4
"""Queries at a time; others wait."""


class _Append(NamedTuple):
    """One call of ``append``."""

    schema: Table
    rows: Sequence[Mapping[str, Any]]
    ids: Sequence[str]


class DuckDBWarehouse:
    """The warehouse in the file ``path``, or in memory; ``shared.ports.Warehouse`` tells what each method promises."""

    def __init__(
        self, path: Path | None = None, tables: Mapping[str, Table] | None = None, memory: str = "8GB"
    ) -> None:
        self._tables: dict[str, Table] = {}
        self._writing = threading.RLock()
        # DuckDB's and Arrow's allocators each keep memory for every thread that ever used them, over a megabyte a
        # thread: a hundred threads that deliver a stream made 180 MB of it, and more with each that had its first turn.
        self._appender = ThreadPoolExecutor(1, "append")
        self._queries = ThreadPoolExecutor(QUERIES, "query")
        self._appending: Combiner[_Append, int] = Combiner(
            lambda appends: self._appender.submit(self._append, appends).result(), most=2000, spacing=APPEND_SPACING
        )
        config: dict[str, str | bool | int | float | list[str]] = {
            "autoinstall_known_extensions": "false",  # nothing is fetched from anywhere
            "threads": str(os.cpu_count() or 1),
            "memory_limit": memory,
            "preserve_insertion_order": "true",
        }
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._db = duckdb.connect(str(path) if path is not None else ":memory:", config=config)
            self._db.execute("SET GLOBAL TimeZone = 'UTC'")
            self._db.execute("CREATE TABLE IF NOT EXISTS _jobs (id VARCHAR PRIMARY KEY, rows BIGINT)")
            self._db.execute("CREATE TABLE IF NOT EXISTS _appended (tbl VARCHAR, id VARCHAR, PRIMARY KEY (tbl, id))")
        except (duckdb.Error, OSError) as error:
            raise WarehouseError(_opening(path, error)) from error
        self.ensure((TABLES if tables is None else tables).values())

    def ensure(self, tables: Iterable[Table]) -> None:
        """Create what is missing; a new column is added to a table that has rows only when it may be NULL."""
        with self._reporting("creation of tables"), self._write() as cursor:
            for table in tables:
                self._tables[table.name] = table
                have = {row[0] for row in cursor.execute(_COLUMNS_OF, [table.name]).fetchall()}
                if not have:
                    columns = ", ".join(declared(column) for column in table.columns)
                    cursor.execute(f"CREATE TABLE {quoted(table.name)} ({columns})")
                for column in table.columns:
                    if have and column.name not in have:
                        if column.mode == "REQUIRED":
                            raise WarehouseError(f"{table.name}.{column.name} is new and REQUIRED; the table has rows")
                        cursor.execute(f"ALTER TABLE {quoted(table.name)} ADD COLUMN {declared(column)}")

    def query(self, sql: str, params: Mapping[str, Any] | None = None) -> pa.Table:
        """Rows of a SELECT, on a cursor of its own."""
        return self._queries.submit(self._query, sql, params).result()

    def _query(self, sql: str, params: Mapping[str, Any] | None) -> pa.Table:
        with self._reporting(sql), self._db.cursor() as cursor, warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Arrow output on a DB-API result")
            return cursor.execute(translated(sql).text, dict(params) if params else None).to_arrow_table()

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> int:
        """Run one statement in a transaction of its own."""
        with self._reporting(sql), self._write() as cursor:
            statement = translated(sql)
            rows = cursor.execute(statement.text, dict(params) if params else None).fetchall()
            return int(rows[0][0]) if statement.counts_rows and rows else 0

    def replace_partition(self, table: str, partition: dt.date | None, rows: pa.Table, job_id: str) -> int:
        """Delete and insert in one transaction that also notes the job."""
        schema = self._schema(table)
        if partition is not None:
            return self.replace_partitions(table, [partition], rows, job_id)
        if schema.partition_by is not None:
            raise WarehouseError(f"{table} is partitioned by {schema.partition_by}: name the partition to replace")
        return self._replace(schema, None, rows, job_id)

    def replace_partitions(self, table: str, partitions: Collection[dt.date], rows: pa.Table, job_id: str) -> int:
        """Delete and insert all of them in one transaction that also notes the job."""
        schema = self._schema(table)
        if schema.partition_by is None:
            raise WarehouseError(f"{table} is not partitioned: it is replaced as a whole")
        return self._replace(schema, sorted(set(partitions)), rows, job_id)

    def _replace(self, schema: Table, partitions: list[dt.date] | None, rows: pa.Table, job_id: str) -> int:
        check_columns(schema, rows.column_names)
        day = f"CAST({quoted(schema.partition_by or '')} AS DATE)"
        with self._reporting(f"load of {schema.name}"), self._write() as cursor:
            if cursor.execute("SELECT 1 FROM _jobs WHERE id = ?", [job_id]).fetchall():
                return 0
            if partitions is None:
                cursor.execute(f"DELETE FROM {quoted(schema.name)}")
            else:
                cursor.execute(f"DELETE FROM {quoted(schema.name)} WHERE {day} IN (SELECT unnest(?))", [partitions])
            self._insert(cursor, schema, rows)
            if partitions is not None:
                self._check_partitions(cursor, schema, rows, partitions)
            cursor.execute("INSERT INTO _jobs VALUES (?, ?)", [job_id, rows.num_rows])
        return rows.num_rows

    def append(self, table: str, rows: Sequence[Mapping[str, Any]], ids: Sequence[str]) -> int:
        """Insert the rows whose ids are new, and note the ids, in one transaction; callers of the same moment share
        it."""
        schema = self._schema(table)
        if len(rows) != len(ids):
            raise WarehouseError(f"{table}: {len(rows)} rows but {len(ids)} ids")
        if not rows:
            return 0
        check_columns(schema, {name for row in rows for name in row})
        return self._appending.submit(_Append(schema, rows, ids))

    def _append(self, appends: Sequence[_Append]) -> list[int | Exception]:
        """Rows added by each. Where one cannot be taken each is tried alone, so that it harms no other."""
        try:
            try:
                return self._append_all(appends, _NOTE)
            except duckdb.ConstraintException:
                return self._append_all(appends, _NOTE_NEW)
        except WarehouseError as error:
            if len(appends) == 1:
                return [error]
            return [self._append([append])[0] for append in appends]

    def _append_all(self, appends: Sequence[_Append], note: str) -> list[int | Exception]:
        """In one transaction, the ids noted by the statement ``note``. Raises WarehouseError, and ConstraintException
        where it is _NOTE and an id was noted before."""
        but = duckdb.ConstraintException if note is _NOTE else ()
        with self._reporting(f"append to {appends[0].schema.name}", but), self._write() as cursor:
            counts: dict[int, int | Exception] = {}
            for name in {append.schema.name for append in appends}:
                own = [n for n, append in enumerate(appends) if append.schema.name == name]
                counts |= dict(zip(own, self._append_to(cursor, [appends[n] for n in own], note), strict=True))
            return [counts[n] for n in range(len(appends))]

    def _append_to(self, cursor: Any, appends: Sequence[_Append], note: str) -> list[int]:
        """Into one table, within a transaction."""
        schema = appends[0].schema
        ids = list(dict.fromkeys(identity for append in appends for identity in append.ids))
        wanted = {row[0] for row in cursor.execute(note, [schema.name, ids]).fetchall()}
        new: dict[str, Mapping[str, Any]] = {}
        counts = []
        for append in appends:
            before = len(new)
            # Of rows of one call that bear the same id the last one counts, of several calls' the first.
            new |= {i: row for i, row in zip(append.ids, append.rows, strict=True) if i in wanted}
            wanted -= set(append.ids)
            counts.append(len(new) - before)
        if new:
            self._insert(cursor, schema, arrow_rows(schema, list(new.values())))
        return counts

    def copy_to(self, path: Path) -> None:
        """Copy all tables, with the jobs that were done, as of this moment into a new file. Others may go on reading.
        Raises WarehouseError."""
        with self._reporting(f"copy to {path}"), self._writing, self._db.cursor() as cursor:
            (source,) = cursor.execute("SELECT current_database()").fetchone() or ("memory",)
            cursor.execute(f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS _copy")
            try:
                cursor.execute(f"COPY FROM DATABASE {quoted(source)} TO _copy")
            finally:
                cursor.execute("DETACH _copy")

    def close(self) -> None:
        """Write what is pending to the file and let it go."""
        with self._writing:
            self._db.close()
        self._appender.shutdown(wait=False)
        self._queries.shutdown(wait=False)

    def _schema(self, table: str) -> Table:
        try:
            return self._tables[table]
        except KeyError:
            raise WarehouseError(f"no table {table!r}; there are {', '.join(sorted(self._tables)) or 'none'}") from None

    @contextlib.contextmanager
    def _write(self) -> Iterator[Any]:
        """A cursor in a transaction; writers take turns, so that none meets another's conflict."""
        with self._writing, self._db.cursor() as cursor:
            cursor.execute("BEGIN TRANSACTION")
            try:
                yield cursor
            except BaseException:
                cursor.execute("ROLLBACK")
                raise
            cursor.execute("COMMIT")

    @contextlib.contextmanager
    def _reporting(self, sql: str, but: type[duckdb.Error] | tuple[()] = ()) -> Iterator[None]:
        """DuckDB's errors as WarehouseError, ``but`` this kind."""
        try:
            yield
        except but:
            raise
        except duckdb.Error as error:
            raise WarehouseError(f"{first_line(error)}; in: {' '.join(sql.split())[:300]}") from error

    def _insert(self, cursor: Any, schema: Table, rows: pa.Table) -> None:
        """Insert by name, each column cast to its declared type. Raises WarehouseError naming the column at fault."""
        present = [column for column in schema.columns if column.name in rows.column_names]
        cursor.register("_incoming", rows)
        try:
            names = ", ".join(quoted(column.name) for column in present)
            values = ", ".join(cast(column) for column in present)
            cursor.execute(f"INSERT INTO {quoted(schema.name)} ({names}) SELECT {values} FROM _incoming")
        except duckdb.Error as error:
            raise WarehouseError(f"{schema.name}: {self._blame(schema, present, rows)}{first_line(error)}") from error
        finally:
            with contextlib.suppress(duckdb.Error):
                cursor.unregister("_incoming")

    def _blame(self, schema: Table, present: Sequence[Column], rows: pa.Table) -> str:
        """The first column whose values cannot be taken, found one by one after a load failed; or nothing."""
        with self._db.cursor() as cursor:
            cursor.register("_incoming", rows)
            for column in present:
                try:
                    missing = f"count(*) FILTER (WHERE {quoted(column.name)} IS NULL)"
                    counts = f"SELECT {missing}, count({cast(column)}) FROM _incoming"
                    rows_null = cursor.execute(counts).fetchall()[0][0]
                except duckdb.Error:
                    return f"column {column.name} cannot be read as {column.type}: "
                if column.mode == "REQUIRED" and rows_null:
                    return f"column {column.name} is REQUIRED and NULL in {rows_null} rows: "
        return ""

    def _check_partitions(self, cursor: Any, schema: Table, rows: pa.Table, partitions: list[dt.date]) -> None:
        cursor.register("_incoming", rows)
        day = f"CAST({quoted(schema.partition_by or '')} AS DATE)"
        count = f"SELECT count(*) FROM _incoming WHERE ({day} IN (SELECT unnest(?))) IS NOT TRUE"
        strays = cursor.execute(count, [partitions]).fetchall()[0][0]
        cursor.unregister("_incoming")
        if strays:
            days = ", ".join(each.isoformat() for each in partitions[:5]) + (", ..." if len(partitions) > 5 else "")
            raise WarehouseError(f"{schema.name}.{schema.partition_by}: {strays} rows are not of {days or 'any day'}")


def open_port(chosen: Settings) -> DuckDBWarehouse:
    """The warehouse of these settings. Raises WarehouseError where another process holds it."""
    return DuckDBWarehouse(chosen.state_dir / "warehouse.duckdb")


_NOTE = "INSERT INTO _appended SELECT ?, unnest(?) RETURNING id"
"""Notes ids that are new, as nearly all are. The index finds those noted before; a join would read the whole table."""
_NOTE_NEW = "INSERT INTO _appended SELECT ?, unnest(?) ON CONFLICT DO NOTHING RETURNING id"
"""Notes those that are new. DuckDB 2.0.0 loses 5 to 10 kB with each ON CONFLICT, so it is kept for redeliveries."""
_COLUMNS_OF = "SELECT column_name FROM information_schema.columns WHERE table_name = ?"


def _opening(path: Path | None, error: Exception) -> str:
    if "lock" in str(error).lower():
        return f"the warehouse {path} is open in another process: one process at a time may hold it"
    return f"the warehouse {path or 'in memory'} cannot be opened: {first_line(error)}"
