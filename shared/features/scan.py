"""What a statement reads: no partitioned table without a filter on its partitions, and how many bytes that comes to.

BigQuery bills the bytes of the columns that a query names in the partitions that its filter leaves. Here a statement
without such a filter is refused before it runs, and the bytes are estimated and logged; the estimate is the same on
every warehouse, so that a test on the embedded one guards the cloud's bill.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.errors import WarehouseError
from shared.observability import fields, log
from shared.ports import Warehouse
from shared.tables import TABLES, Table

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlglot import exp

WIDTHS = {"INT64": 8, "FLOAT64": 8, "BOOL": 1, "DATE": 8, "TIMESTAMP": 8, "STRING": 12, "JSON": 500, "BYTES": 500}
"""Bytes of a value as BigQuery counts them (its documentation, "data type sizes"): text is 2 and its UTF-8 length, here
taken as ten; of JSON and BYTES a guess."""


class UnprunedQuery(WarehouseError):
    """A statement reads a partitioned table without a filter on its partition column."""


class Scan(NamedTuple):
    """A reading of a table: the columns named, and the condition on its partitions ("" if it has none)."""

    table: str
    columns: frozenset[str]
    condition: str

    @property
    def row_bytes(self) -> int:
        """Bytes that a row of these columns counts."""
        return sum(WIDTHS[column.type] for column in TABLES[self.table].columns if column.name in self.columns)


def ask(warehouse: Warehouse, sql: str, params: Mapping[str, Any] | None = None) -> pa.Table:
    """Rows of a SELECT that names its partitions. Raises UnprunedQuery before it runs; WarehouseError."""
    scans(sql)
    return warehouse.query(sql, params)


def bytes_scanned(warehouse: Warehouse, sql: str, params: Mapping[str, Any] | None = None) -> int:
    """Estimate of the bytes that a statement reads, from the rows in its partitions: one query that BigQuery answers
    from metadata. Raises UnprunedQuery, WarehouseError."""
    readings = scans(sql)
    if not readings:
        return 0
    counts = ", ".join(
        f"(SELECT COUNT(*) FROM {reading.table}{f' WHERE {reading.condition}' if reading.condition else ''}) AS n{i}"  # noqa: S608
        for i, reading in enumerate(readings)
    )
    used = {name: value for name, value in (params or {}).items() if f"@{name}" in counts}
    (row,) = warehouse.query(f"SELECT {counts}", used or None).to_pylist()
    return sum(reading.row_bytes * row[f"n{i}"] for i, reading in enumerate(readings))


def log_scan(name: str, scanned: int) -> None:
    """Log an estimate, as a field that a metric can be made of."""
    log.info("bytes to scan", extra=fields(metric="bytes_scanned", statement=name, bytes=scanned))


@functools.lru_cache(maxsize=256)
def scans(sql: str) -> tuple[Scan, ...]:
    """Every reading of a table of ``shared.tables`` in a statement. Raises UnprunedQuery naming table and column."""
    import sqlglot
    from sqlglot import exp

    statement = sqlglot.parse_one(sql, read="bigquery")
    named = {cte.alias_or_name for cte in statement.find_all(exp.CTE)}
    mentioned = {column.name for column in statement.find_all(exp.Column)}
    found = []
    for reference in statement.find_all(exp.Table):
        table = TABLES.get(reference.name)
        if table is None or reference.name in named:
            continue
        scope = reference.find_ancestor(exp.Select, exp.Delete, exp.Update)
        condition = _partition_condition(scope, reference.alias_or_name, table)
        if table.partition_by is not None and not condition:
            raise UnprunedQuery(f"{table.name} is read without a filter on {table.partition_by}, its partitions")
        own = {column.name for column in table.columns}
        every = isinstance(scope, exp.Select) and any(each.is_star for each in scope.expressions)
        found.append(Scan(table.name, frozenset(own if every else own & mentioned), condition))
    return tuple(found)


def _partition_condition(scope: exp.Expression | None, alias: str, table: Table) -> str:
    """The conditions of the scope's WHERE that compare the partition column with what is known before the query runs,
    as SQL for that table alone."""
    from sqlglot import exp

    where = scope.args.get("where") if scope is not None else None
    if where is None or table.partition_by is None:
        return ""
    conditions = []
    for part in where.this.flatten() if isinstance(where.this, exp.And) else [where.this]:
        columns = list(part.find_all(exp.Column))
        ours = [column for column in columns if column.name == table.partition_by and column.table in ("", alias)]
        compares = isinstance(part, exp.Between | exp.EQ | exp.GT | exp.GTE | exp.LT | exp.LTE | exp.In)
        if compares and ours and len(ours) == len(columns) and not part.find(exp.Select):
            plain = part.copy()
            for column in plain.find_all(exp.Column):
                column.set("table", None)
            conditions.append(plain.sql(dialect="bigquery"))
    return " AND ".join(conditions)
