"""Writes ``docs/data.md``, every table and column with type, unit, meaning, source and known faults, from
``shared/tables.py``; ``--check`` says whether the page is current.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping

from shared.config import ROOT
from shared.schema.features import FEATURE_TABLES
from shared.schema.raw import RAW_TABLES
from shared.tables import FAULTS, Column, Table

PAGE = ROOT / "docs" / "data.md"

Faults = Mapping[tuple[str, str], tuple[str, ...]]

_HEAD = """# Data

Made from `shared/tables.py` by `python -m tools.data_page`; `make lint` checks that it is current. Types are
BigQuery's; `!` marks a column that is never null. A race is named by season and round, "2023_01". Times of day are UTC.

Raw tables hold what the sources said. `clean_laps` repairs and marks, and drops nothing but a row recorded twice; the
feature tables hold for each row only what could be known at its lap, or on the morning of its race (`as_of`).
"""


def page(layers: Iterable[tuple[str, Iterable[Table]]], faults: Faults) -> str:
    """The page: a list of the tables, then each with its columns. Raises ValueError for a fault of no known column."""
    listed = [(title, list(tables)) for title, tables in layers]
    known = {(table.name, name) for _, tables in listed for table in tables for name in ("", *_names(table))}
    strays = sorted(set(faults) - known)
    if strays:
        raise ValueError(f"shared/schema/faults.py: no such table and column: {strays}")
    parts = [_HEAD]
    for title, tables in listed:
        rows = [f"| [`{t.name}`](#{t.name}) | {t.description} | {len(t.columns)} |" for t in tables]
        parts.append("\n".join([f"## {title}", "", "| table | holds | columns |", "|---|---|---|", *rows, ""]))
        parts += [_table(table, faults) for table in tables]
    return "\n".join(parts)


def _names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def _table(table: Table, faults: Faults) -> str:
    lines = [f"### {table.name}", "", f"{table.description}.", "", _layout(table), ""]
    own = faults.get((table.name, ""), ())
    lines += [f"* Known fault: {fault}" for fault in own] + ([""] if own else [])
    lines += ["| column | type | unit | meaning | source | known faults |", "|---|---|---|---|---|---|"]
    lines += [_column(column, faults.get((table.name, column.name), ())) for column in table.columns]
    return "\n".join([*lines, ""])


def _layout(table: Table) -> str:
    partition = f"Partitioned by `{table.partition_by}` (day)" if table.partition_by else "Not partitioned"
    cluster = f", clustered by {', '.join(f'`{name}`' for name in table.cluster_by)}" if table.cluster_by else ""
    return f"{partition}{cluster}."


def _column(column: Column, faults: Iterable[str]) -> str:
    kind = {"REQUIRED": f"{column.type}!", "REPEATED": f"{column.type}[]"}.get(column.mode, column.type)
    cells = (f"`{column.name}`", kind, column.unit, column.description, column.source, " ".join(faults))
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def main(arguments: list[str] | None = None) -> int:
    """Command line; 1 when the page is to be checked and is not current."""
    parser = argparse.ArgumentParser(prog="python -m tools.data_page", description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; say whether the page is current")
    options = parser.parse_args(arguments)
    text = page((("Raw tables", RAW_TABLES), ("Clean tables and features", FEATURE_TABLES)), FAULTS)
    if not options.check:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        print(f"{PAGE.relative_to(ROOT)} is not current: run `python -m tools.data_page`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
