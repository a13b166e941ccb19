"""Writes what Terraform takes from the code: tables of ``shared.tables`` and schemas of the topics' messages.

``python -m tools.cloud.terraform_data`` writes ``terraform/generated``; ``--check`` says whether it is current.
``--calendar SEASON`` prints the season's races, read from the warehouse, as the variable ``calendar``.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared import events
from shared.config import ROOT, settings
from shared.errors import F1Error
from shared.schema.raw import RAW_TABLES
from shared.tables import TABLES, Column, Table
from tools.command import run_main

FOLDER = ROOT / "terraform" / "generated"

BIGQUERY_TYPES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN"}
"""BigQuery's answers name types so; a schema in other names would differ from it at every plan."""

CHECKED_MESSAGES: tuple[type[events.Message], ...] = (
    events.IngestRequest, events.FeaturesReady, events.ModelPromoted, events.ModelRefused, events.ModelDrift,
)  # fmt: skip
"""Messages that Pub/Sub refuses where they are malformed. Telemetry is left out, since a sample that cannot be read
belongs in the quarantine, and recommendations, since the table they are written to is their schema."""


def layer(table: Table) -> str:
    """What a table's rights go by: ``raw``, ``features``, ``live``, or its own name where it stands alone."""
    if table in RAW_TABLES:
        return "raw"
    if table.name.startswith("live_"):
        return "live"
    return table.name if table.name in ("quarantine", "recommendations", "model_drift") else "features"


def tables_json(tables: Mapping[str, Table] = TABLES) -> str:
    """Every table as the module ``warehouse`` takes it."""
    made = {
        name: {
            "layer": layer(table),
            "description": table.description,
            "partition": table.partition_by,
            "clustering": list(table.cluster_by),
            "schema": [_field(column) for column in table.columns],
        }
        for name, table in sorted(tables.items())
    }
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


def _field(column: Column) -> dict[str, str]:
    parts = [column.description, f"unit: {column.unit}" if column.unit else "", f"from: {column.source}"]
    return {
        "name": column.name,
        "type": BIGQUERY_TYPES.get(column.type, column.type),
        "mode": column.mode,
        "description": "; ".join(part for part in parts if part and part != "from: "),
    }


def proto(message: type[events.Message]) -> str:
    """A message's schema in Protocol Buffers. Its JSON form takes what pydantic writes: numbers as numbers, dates and
    choices as strings, an absent field as none."""
    lines = ['syntax = "proto3";', "", f"message {message.__name__} {{"]
    for number, (name, field) in enumerate(message.model_fields.items(), start=1):
        lines.append(f"  {_proto_type(field.annotation)} {name} = {number};")
    return "\n".join([*lines, "}", ""])


def _proto_type(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (types.UnionType, typing.Union):
        inner = _proto_type(next(part for part in arguments if part is not type(None)))
        return inner if inner.startswith("repeated ") else f"optional {inner}"
    if origin is tuple:
        return f"repeated {_proto_type(arguments[0])}"
    if origin is typing.Annotated:
        return _proto_type(arguments[0])
    if origin is typing.Literal:
        return _proto_type(type(arguments[0]))
    scalars = {bool: "bool", int: "int64", float: "double", str: "string", dt.date: "string", dt.datetime: "string"}
    if annotation not in scalars:
        raise F1Error(f"no Protocol Buffers type for {annotation!r}; there are those of {', '.join(map(str, scalars))}")
    return scalars[annotation]


def generated() -> dict[Path, str]:
    """Every generated file and what is to stand in it."""
    schemas = {FOLDER / f"{message.TOPIC}.proto": proto(message) for message in CHECKED_MESSAGES}
    return {FOLDER / "tables.json": tables_json(), **schemas}


def calendar(season: int) -> str:
    """The season's rounds and dates as a .tfvars line. Raises F1Error where the warehouse knows none."""
    from shared.bootstrap import ports

    sql = "SELECT round, race_date FROM raw_races WHERE season = @season ORDER BY round"
    rows = ports(settings()).warehouse.query(sql, {"season": season}).to_pylist()
    if not rows:
        raise F1Error(f"raw_races holds no race of {season}: ingest the season first")
    races = "".join(f'  {{ round = {row["round"]}, date = "{row["race_date"].isoformat()}" }},\n' for row in rows)
    return f"season = {season}\n\ncalendar = [\n{races}]\n"


def main(arguments: list[str] | None = None) -> int:
    """Command line; 1 when a generated file is not current."""
    parser = argparse.ArgumentParser(prog="python -m tools.cloud.terraform_data", description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true", help="only say what is not current")
    parser.add_argument("--calendar", type=int, metavar="SEASON", help="print a season's races as variables")
    options = parser.parse_args(arguments)
    if options.calendar is not None:
        print(calendar(options.calendar), end="")
        return 0
    wanted = generated()
    stale = [path for path, text in wanted.items() if not path.is_file() or path.read_text() != text]
    extra = [path for path in FOLDER.glob("*") if path not in wanted]
    if options.check:
        for path in [*stale, *extra]:
            print(f"{path.relative_to(ROOT)} is not what the code gives: python -m tools.cloud.terraform_data")
        return 1 if stale or extra else 0
    FOLDER.mkdir(exist_ok=True)
    for path in extra:
        path.unlink()
    for path in stale:
        path.write_text(wanted[path])
    return 0


if __name__ == "__main__":
    run_main(main)
