"""The schema of every table, in one place: names, BigQuery types, meaning, units and where each column comes from.

The embedded warehouse, the cloud's dataset and the documentation are all made from ``TABLES``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Mode = Literal["NULLABLE", "REQUIRED", "REPEATED"]


@dataclass(frozen=True)
class Column:
    """A column: its BigQuery type (``STRING``, ``INT64``, ``FLOAT64``, ``BOOL``, ``DATE``, ``TIMESTAMP``, ``JSON``, ``BYTES``)
    and what it means, with unit and source."""

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


TABLES: dict[str, Table] = {}
