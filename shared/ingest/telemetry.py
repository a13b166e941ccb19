"""Samples of cars as rows of ``raw_telemetry``, a driver at a time, each driver's kept as one Parquet part; the parts
of a race are then loaded together, once. Readings that no car can give are emptied and counted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from shared.ingest.ergast import race_id
from shared.ingest.files import DataFileError
from shared.tables import TABLES, arrow_schema

TABLE = "raw_telemetry"
SOURCE_COLUMNS = {
    "LapNumber": "lap",
    "Time": "time",
    "RPM": "rpm",
    "Speed": "speed",
    "nGear": "gear",
    "Throttle": "throttle",
    "Brake": "brake",
    "DRS": "drs",
    "Distance": "distance",
    "X": "x",
    "Y": "y",
    "Z": "z",
}
"""Columns of FastF1's merged telemetry, and ours."""
RANGES: Mapping[str, tuple[float, float]] = {
    "time": (0, 3600),
    "rpm": (0, 20_000),
    "speed": (0, 450),
    "gear": (0, 8),
    "throttle": (0, 104),
    "drs": (0, 14),
}
"""What a car can do, and what the feed writes (throttle 104: no reading; gear 128 and the like: garbled)."""


class Samples(NamedTuple):
    """Rows of ``raw_telemetry`` of one driver; by column the readings emptied; samples without a lap, left out."""

    rows: pa.Table
    emptied: dict[str, int]
    lapless: int


def samples(source: pa.Table, season: int, number: int, race_date: dt.date, driver: str) -> Samples:
    """One driver's samples, with the columns of SOURCE_COLUMNS, as rows. Raises DataFileError naming a column."""
    missing = [name for name in SOURCE_COLUMNS if name not in source.column_names]
    if missing:
        raise DataFileError(f"telemetry of {season} round {number}: column {', '.join(missing)} missing")
    has_lap = pc.is_valid(source["LapNumber"])
    lapless = source.num_rows - int(pc.sum(has_lap).as_py() or 0)
    if lapless:
        source = source.filter(has_lap)
    fixed: dict[str, Any] = {
        "race_id": race_id(season, number),
        "race_date": race_date,
        "season": season,
        "round": number,
        "driver_id": driver,
    }
    emptied = {}
    arrays = []
    schema = arrow_schema(TABLES[TABLE])
    names = {ours: theirs for theirs, ours in SOURCE_COLUMNS.items()}
    for field in schema:
        if field.name in fixed:
            arrays.append(pa.repeat(pa.scalar(fixed[field.name], field.type), source.num_rows))
            continue
        column = source[names[field.name]]
        if field.name in RANGES:
            low, high = RANGES[field.name]
            good = pc.and_(pc.greater_equal(column, low), pc.less_equal(column, high))
            bad = int(pc.sum(pc.invert(pc.fill_null(good, True))).as_py() or 0)
            if bad:
                emptied[field.name] = bad
                column = pc.if_else(good, column, pa.scalar(None, column.type))
        try:
            arrays.append(_as(column, field.type))
        except pa.ArrowException as error:
            raise DataFileError(f"telemetry of {season} round {number}: column {names[field.name]}: {error}") from error
    return Samples(pa.Table.from_arrays(arrays, schema=schema), emptied, lapless)


def _as(column: Any, kind: pa.DataType) -> Any:
    if pa.types.is_boolean(kind) and not pa.types.is_boolean(column.type):
        return pc.greater(column, 0)
    if pa.types.is_floating(kind) and pa.types.is_float32(column.type):
        return pc.round(column.cast(kind), 3)  # the source keeps single precision of values to the thousandth
    return column.cast(kind)
