"""What a state holds, as hashes that a backup notes and a restore is compared with.

A table's print is made by the warehouse itself, in SQL that BigQuery and DuckDB both run; it does not depend on the
order of rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from shared.ports import ObjectStore, Warehouse
from shared.tables import TABLES, Column, Table

BUCKETS = ("models", "races", "raw", "manifests", "live")
"""Every bucket with state. ``models`` comes first: what ``current.json`` names was there before it, and is copied after
it."""


class TablePrint(BaseModel):
    """Rows of a table, and the sums of four parts of each row's MD5: equal for the same rows in any order."""

    model_config = ConfigDict(frozen=True)
    rows: int
    sums: tuple[int, int, int, int]


class ObjectPrint(BaseModel):
    """An object's SHA-256 and size in bytes."""

    model_config = ConfigDict(frozen=True)
    sha256: str
    size: int


def of_bytes(data: bytes) -> ObjectPrint:
    """The print of an object's bytes."""
    return ObjectPrint(sha256=hashlib.sha256(data).hexdigest(), size=len(data))


def of_table(warehouse: Warehouse, table: Table, leaving_out: str = "FALSE", decimals: int | None = None) -> TablePrint:
    """The print of a table as it is now, but for the rows for which ``leaving_out`` holds. ``decimals``: to so many
    decimals, for rows that were computed anew, since sums in parallel differ in the last digits. Raises WarehouseError.
    """
    parts = ", ".join(f"SUM(CAST(CONCAT('0x', SUBSTR(h, {1 + 8 * i}, 8)) AS INT64)) AS part_{i}" for i in range(4))
    # Tables with partitions refuse a query that names none.
    named = f" AND t.{table.partition_by} IS NOT NULL" if table.partition_by else ""
    where = f"WHERE NOT ({leaving_out}){named}"
    row_ = "t" if decimals is None else f"STRUCT({', '.join(_rounded(column, decimals) for column in table.columns)})"
    inner = f"SELECT TO_HEX(MD5(TO_JSON_STRING({row_}))) AS h FROM {table.name} AS t {where}"  # noqa: S608 - own names
    (row,) = warehouse.query(f"SELECT COUNT(*) AS n, {parts} FROM ({inner}) AS hashed").to_pylist()  # noqa: S608
    a, b, c, d = (int(row[f"part_{i}"] or 0) for i in range(4))
    return TablePrint(rows=row["n"], sums=(a, b, c, d))


def _rounded(column: Column, decimals: int) -> str:
    # Adding 0.0 makes a negative zero a plain one.
    value = f"ROUND(t.{column.name}, {decimals}) + 0.0" if column.type == "FLOAT64" else f"t.{column.name}"
    return f"{value} AS {column.name}"


def of_tables(warehouse: Warehouse, tables: Iterable[Table] = TABLES.values()) -> dict[str, TablePrint]:
    """Prints by table's name."""
    return {table.name: of_table(warehouse, table) for table in tables}


def of_objects(store: ObjectStore, buckets: Iterable[str] = BUCKETS) -> dict[str, ObjectPrint]:
    """Prints by ``bucket/name``."""
    return {
        f"{bucket}/{entry.name}": of_bytes(store.get(bucket, entry.name).data)
        for bucket in buckets
        for entry in store.list(bucket)
    }
