"""BigQuery's dialect on DuckDB: statements through sqlglot, the types of columns, and SQL that names them."""

from __future__ import annotations

import functools
from typing import NamedTuple

import sqlglot
from sqlglot import exp

from shared.adapters.checks import first_line
from shared.errors import WarehouseError
from shared.tables import Column

TYPES = {
    "STRING": "VARCHAR",
    "INT64": "BIGINT",
    "FLOAT64": "DOUBLE",
    "NUMERIC": "DECIMAL(38, 9)",
    "BOOL": "BOOLEAN",
    "DATE": "DATE",
    "DATETIME": "TIMESTAMP",
    "TIMESTAMP": "TIMESTAMPTZ",
    "TIME": "TIME",
    "JSON": "JSON",
    "BYTES": "BLOB",
}
"""DuckDB's type for each of BigQuery's."""


class Statement(NamedTuple):
    """A statement in DuckDB's dialect, and whether it answers the number of rows it touched."""

    text: str
    counts_rows: bool


@functools.lru_cache(maxsize=512)
def translated(sql: str) -> Statement:
    """The statement for DuckDB; a dataset's name before a table's is dropped. Raises WarehouseError."""
    try:
        statements = [statement for statement in sqlglot.parse(sql, read="bigquery") if statement is not None]
    except sqlglot.errors.SqlglotError as error:
        raise WarehouseError(f"not SQL of BigQuery's dialect: {first_line(error)}") from None
    if len(statements) != 1:
        raise WarehouseError(f"{len(statements)} statements where one is expected")
    statement = statements[0]
    for table in statement.find_all(exp.Table):
        if table.name.upper() != "COLUMNS":
            table.set("db", None)
            table.set("catalog", None)
    for create in statement.find_all(exp.Create):
        create.set("properties", None)
    counts_rows = isinstance(statement, exp.Insert | exp.Update | exp.Delete | exp.Merge)
    return Statement(statement.sql(dialect="duckdb"), counts_rows)


def quoted(name: str) -> str:
    """The name as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def _duckdb_type(column: Column) -> str:
    try:
        kind = TYPES[column.type]
    except KeyError:
        raise WarehouseError(f"column {column.name}: no type {column.type!r}; there are {', '.join(TYPES)}") from None
    return f"{kind}[]" if column.mode == "REPEATED" else kind


def declared(column: Column) -> str:
    """The column as CREATE TABLE takes it."""
    return f"{quoted(column.name)} {_duckdb_type(column)}" + (" NOT NULL" if column.mode == "REQUIRED" else "")


def cast(column: Column) -> str:
    """An expression of the column in its declared type."""
    return f"CAST({quoted(column.name)} AS {_duckdb_type(column)})"
