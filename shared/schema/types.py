"""What a table and a column are, a compact notation for columns, and the Arrow schema that follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

Mode = Literal["NULLABLE", "REQUIRED", "REPEATED"]


@dataclass(frozen=True)
class Column:
    """A column: its BigQuery type (``STRING``, ``INT64``, ``FLOAT64``, ``BOOL``, ``DATE``, ``TIMESTAMP``, ``JSON``,
    ``BYTES``) and what it means, with unit and source."""

    name: str
    type: str
    description: str
    unit: str = ""
    mode: Mode = "NULLABLE"
    source: str = ""


@dataclass(frozen=True)
class Table:
    """A table; ``partition_by`` names its DATE (or TIMESTAMP, by day) column, ``cluster_by`` those it is sorted by."""

    name: str
    description: str
    columns: tuple[Column, ...]
    partition_by: str | None = None
    cluster_by: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError."""
        return {column.name: column for column in self.columns}[name]


def columns(text: str, source: str = "") -> tuple[Column, ...]:
    """Columns from lines of ``name TYPE[!] [unit] | description``: ``!`` means REQUIRED, the unit may be absent,
    ``| source`` may follow and else is ``source``."""
    found = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        head, description, *own = (part.strip() for part in line.split("|"))
        name, kind, *unit = head.split(" ", 2)
        mode: Mode = "REQUIRED" if kind.endswith("!") else "NULLABLE"
        found.append(Column(name, kind.rstrip("!"), description, " ".join(unit), mode, own[0] if own else source))
    return tuple(found)


def arrow_schema(table: Table) -> pa.Schema:
    """The table's columns as Arrow fields, in order."""
    import pyarrow as pa

    types = {
        "STRING": pa.string(),
        "JSON": pa.string(),
        "BYTES": pa.binary(),
        "INT64": pa.int64(),
        "FLOAT64": pa.float64(),
        "BOOL": pa.bool_(),
        "DATE": pa.date32(),
        "TIMESTAMP": pa.timestamp("us", tz="UTC"),
    }

    def kind(column: Column) -> pa.DataType:
        return pa.list_(types[column.type]) if column.mode == "REPEATED" else types[column.type]

    return pa.schema([pa.field(c.name, kind(c), nullable=c.mode != "REQUIRED") for c in table.columns])
