"""The statements that the BigQuery adapter writes itself, and values on their way into one or into a streamed row."""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import re
from collections.abc import Mapping, Sequence
from typing import Any

from google.cloud import bigquery

from shared.errors import WarehouseError
from shared.tables import Table

ROW_ID = "appended_row_id"
"""Column of a staging table that holds the ids of rows to append."""

_QUOTED = re.compile(
    r"""[rRbB]{0,2}(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""
    r"""|`[^`]*`|--[^\n]*|\#[^\n]*|/\*.*?\*/""",
    re.DOTALL,
)
_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "BOOL"),
    (int, "INT64"),
    (float, "FLOAT64"),
    (str, "STRING"),
    (bytes, "BYTES"),
    (dt.datetime, "TIMESTAMP"),
    (dt.date, "DATE"),
    (decimal.Decimal, "NUMERIC"),
)
"""BigQuery's type of a Python value; bool before int and datetime before date, whose subclasses they are."""


def count_statements(text: str) -> int:
    """Statements in a text, as semicolons outside of quotes and comments divide it."""
    bare = _QUOTED.sub(lambda found: " " if found.group().startswith(("-", "#", "/")) else "x", text)
    return sum(1 for statement in bare.split(";") if statement.strip())


def parameter(name: str, value: Any) -> bigquery.ScalarQueryParameter | bigquery.ArrayQueryParameter:
    """A query parameter. Raises WarehouseError for a value of no type that BigQuery has."""
    if isinstance(value, list | tuple | set | frozenset):
        items = list(value)
        known = [item for item in items if item is not None]
        return bigquery.ArrayQueryParameter(name, _type(name, known[0]) if known else "STRING", items)
    return bigquery.ScalarQueryParameter(name, "STRING" if value is None else _type(name, value), value)


def as_json(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as the streaming API takes it."""
    return {name: _json(value) for name, value in row.items() if value is not None}


def replacement(target: str, staging: str, schema: Table, days: Sequence[dt.date]) -> str:
    """One MERGE that removes the rows of these days and puts those of the staging table in their place. The days are
    literals, so that BigQuery reads no other partition."""
    chosen = ", ".join(f"DATE '{day.isoformat()}'" for day in days)
    day = f"t.`{schema.partition_by}`"
    if schema.column(schema.partition_by or "").type == "TIMESTAMP":
        day = f"DATE({day})"
    names = ", ".join(f"`{column.name}`" for column in schema.columns)
    return (
        f"MERGE INTO `{target}` AS t USING `{staging}` AS s ON FALSE "
        f"WHEN NOT MATCHED BY SOURCE AND {day} IN ({chosen}) THEN DELETE "
        f"WHEN NOT MATCHED BY TARGET THEN INSERT ({names}) VALUES ({_values(schema, 's.')})"
    )


def insertion(target: str, staging: str, appended: str, schema: Table) -> str:
    """A script that adds the staged rows whose ids are new and notes the ids, both or neither; answers ``added``."""
    names = ", ".join(f"`{column.name}`" for column in schema.columns)
    new = f"FROM `{staging}` WHERE `{ROW_ID}` NOT IN (SELECT id FROM `{appended}` WHERE table_name = '{schema.name}')"
    return (
        "DECLARE added INT64; BEGIN TRANSACTION; "
        f"SET added = (SELECT COUNT(*) {new}); "
        f"INSERT INTO `{target}` ({names}) SELECT {_values(schema, '')} {new}; "
        f"INSERT INTO `{appended}` (table_name, id) SELECT '{schema.name}', `{ROW_ID}` {new}; "
        "COMMIT TRANSACTION; SELECT added AS added"
    )


def _values(schema: Table, prefix: str) -> str:
    return ", ".join(
        f"PARSE_JSON({prefix}`{column.name}`)" if column.type == "JSON" else f"{prefix}`{column.name}`"
        for column in schema.columns
    )


def _type(name: str, value: Any) -> str:
    for kind, declared in _TYPES:
        if isinstance(value, kind):
            return declared
    raise WarehouseError(f"parameter @{name}: BigQuery has no type for {type(value).__name__}")


def _json(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and value != value:
        return "NaN"
    if isinstance(value, list):
        return [_json(item) for item in value]
    return value
