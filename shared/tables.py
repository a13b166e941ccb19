"""The schema of every table, in one place: names, BigQuery types, meaning, units and where each column comes from.

The embedded warehouse, the cloud's dataset and ``docs/data.md`` are all made from ``TABLES`` (the page from ``FAULTS``
as well); the columns themselves are in ``shared/schema``, a file a layer.
"""

from __future__ import annotations

from shared.schema.faults import FAULTS
from shared.schema.features import FEATURE_TABLES
from shared.schema.raw import RAW_TABLES
from shared.schema.types import Column, Mode, Table, arrow_schema

__all__ = ["FAULTS", "TABLES", "Column", "Mode", "Table", "arrow_schema"]

TABLES: dict[str, Table] = {table.name: table for table in (*RAW_TABLES, *FEATURE_TABLES)}
