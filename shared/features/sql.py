"""The preprocessing SQL (BigQuery's dialect, in ``functions/preprocess/sql``): where it is, and how DuckDB runs it."""

from __future__ import annotations

import functools
import hashlib

from shared.config import ROOT

SQL_FOLDER = ROOT / "functions" / "preprocess" / "sql"
STEPS = (
    "clean_laps",
    "lap_features",
    "era_laps",
    "stint_features",
    "driver_features",
    "circuit_features",
    "data_quality",
)
"""Tables in the order in which they are made, each by the file of its name from raw tables and those before it."""

SEASON_HISTORY = frozenset({"lap_features", "era_laps"})
"""Tables in whose rows earlier races of the same season enter."""

HISTORY = frozenset({"driver_features", "circuit_features"})
"""Tables in whose rows earlier races of any season enter."""


@functools.cache
def statement(table: str) -> str:
    """The SELECT that yields the rows of a table for the races from ``@first_date`` to ``@last_date``."""
    return (SQL_FOLDER / f"{table}.sql").read_text(encoding="utf-8")


@functools.cache
def version() -> str:
    """SHA-256 over all statements: rows made by other statements are to be made anew."""
    return hashlib.sha256("\n".join(map(statement, STEPS)).encode()).hexdigest()


@functools.cache
def to_duckdb(sql: str) -> str:
    """A BigQuery statement as DuckDB runs it; ``@name`` parameters become ``$name``."""
    import sqlglot

    (translated,) = sqlglot.transpile(sql, read="bigquery", write="duckdb")
    return translated
