"""What every backend refuses, in the same words: rows that do not fit a table, names that no bucket or object can have,
messages that no topic takes. An adapter adds what only its backend can know.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shared.errors import BusError, StoreError, WarehouseError

if TYPE_CHECKING:
    import pyarrow as pa

    from shared.tables import Table

MAX_MESSAGE_BYTES = 10_000_000
"""Pub/Sub's own limit."""

_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
TOPIC = re.compile(r"[A-Za-z][A-Za-z0-9._~+%-]{2,254}")


def check_bucket(bucket: str) -> None:
    """Raises StoreError for a name that no bucket can have."""
    if not _BUCKET.fullmatch(bucket):
        raise StoreError(f"no bucket can be called {bucket!r}: 3 to 63 of a-z, 0-9, '-', '_', '.'")


def check_object(name: str) -> None:
    """Raises StoreError for a name that no object can have; 255 bytes between slashes are what file systems take."""
    parts = name.split("/")
    if _FORBIDDEN.search(name):
        raise StoreError(f"no object can be called {name!r}: control characters")
    if not name or any(part in ("", ".", "..") for part in parts):
        raise StoreError(f"no object can be called {name!r}: empty, '.' or '..' between slashes")
    if len(name.encode()) > 1024 or any(len(part.encode()) > 255 for part in parts):
        raise StoreError(f"no object can be called {name[:60]!r}…: over 1024 bytes, or over 255 between slashes")


def check_message(topic: str, data: bytes, attributes: Mapping[str, str] | None) -> None:
    """Raises BusError for a message that no topic takes."""
    if not isinstance(data, bytes):
        raise BusError(f"a message on {topic} is bytes, not {type(data).__name__}")
    if len(data) > MAX_MESSAGE_BYTES:
        raise BusError(f"a message on {topic} holds {len(data):,} bytes; {MAX_MESSAGE_BYTES:,} are allowed")
    if not data and not attributes:
        raise BusError(f"a message on {topic} holds neither data nor attributes")
    for key, value in (attributes or {}).items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise BusError(f"attribute {key!r} of a message on {topic} is not text")


def check_columns(schema: Table, given: Iterable[str]) -> None:
    """Raises WarehouseError for a column that the table lacks, or a REQUIRED one that is not given."""
    given = set(given)
    known = {column.name for column in schema.columns}
    unknown = sorted(given - known)
    if unknown:
        raise WarehouseError(f"{schema.name} has no column {', '.join(unknown)}")
    missing = [column.name for column in schema.columns if column.mode == "REQUIRED" and column.name not in given]
    if missing:
        raise WarehouseError(f"{schema.name}: the REQUIRED column {', '.join(missing)} is missing")


def arrow_rows(schema: Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as an Arrow table. Raises WarehouseError naming a column whose values do not go together."""
    import pyarrow as pa

    columns = {}
    for column in schema.columns:
        if any(column.name in row for row in rows):
            try:
                columns[column.name] = pa.array([row.get(column.name) for row in rows])
            except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
                raise WarehouseError(f"{schema.name}: column {column.name}: {first_line(error)}") from None
    return pa.table(columns)


def conformed(schema: Table, rows: pa.Table) -> pa.Table:
    """The rows with all of the table's columns, in order, in its types; NULL where a column is not given.

    Raises WarehouseError naming a column that is unknown, missing, of another type, or NULL though REQUIRED.
    """
    import pyarrow as pa

    from shared.tables import arrow_schema

    check_columns(schema, rows.column_names)
    wanted = arrow_schema(schema)
    columns = []
    for column, field in zip(schema.columns, wanted, strict=True):
        if column.name not in rows.column_names:
            columns.append(pa.nulls(rows.num_rows, field.type))
            continue
        try:
            # Finer clocks than microseconds are cut, as BigQuery's; numbers and text must fit as they are.
            values = rows[column.name].cast(field.type, safe=not pa.types.is_timestamp(field.type))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
            problem = f"column {column.name} cannot be read as {column.type}: {first_line(error)}"
            raise WarehouseError(f"{schema.name}: {problem}") from None
        if column.mode == "REQUIRED" and values.null_count:
            raise WarehouseError(
                f"{schema.name}: column {column.name} is REQUIRED and NULL in {values.null_count} rows"
            )
        columns.append(values)
    return pa.Table.from_arrays(columns, schema=wanted)


def check_partitions(schema: Table, rows: pa.Table, partitions: Collection[dt.date]) -> None:
    """Raises WarehouseError where a row is of another day than these."""
    import pyarrow as pa
    import pyarrow.compute as pc

    days = rows[schema.partition_by].cast(pa.date32(), safe=False)
    inside = pc.is_in(days, value_set=pa.array(sorted(partitions), pa.date32()))
    strays = rows.num_rows - (pc.sum(inside).as_py() or 0)
    if strays:
        days_named = [day.isoformat() for day in sorted(partitions)]
        shown = ", ".join(days_named[:5]) + (", ..." if len(days_named) > 5 else "")
        raise WarehouseError(f"{schema.name}.{schema.partition_by}: {strays} rows are not of {shown or 'any day'}")


def first_line(error: Exception) -> str:
    """The first line of an error's message, or its type where it has none."""
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
