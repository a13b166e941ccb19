"""Frames for fitting from the warehouse: the laps that preprocessing cleaned, and the small tables beside them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pandas as pd
import pyarrow as pa

from shared.features.frames import FIRST_DAY, Frames, frames_of
from shared.features.scan import ask
from shared.features.telemetry.race import SAMPLE_COLUMNS, Race, TelemetryFrames, known_race, telemetry_frames
from shared.ports import Warehouse
from shared.tables import TABLES

_SMALL = (
    "raw_races", "raw_events", "raw_results", "raw_pit_stops", "raw_circuits", "raw_drivers",
)  # fmt: skip


def stored_frames(warehouse: Warehouse, until: dt.date, synthetic: bool = False) -> Frames:
    """Frames of every race in the feature store up to and with ``until``. Raises WarehouseError."""
    raw = {name: _rows(warehouse, name, until) for name in _SMALL}
    laps = _rows(warehouse, "clean_laps", until).to_pandas(date_as_object=False)
    frames = frames_of(raw, synthetic, clean_laps=cast("pd.DataFrame", laps))
    return replace(frames, telemetry=_telemetry(warehouse, raw, until))


def _telemetry(warehouse: Warehouse, raw: dict[str, pa.Table], until: dt.date) -> TelemetryFrames | None:
    """Laps and corners of the races whose telemetry is in the warehouse, a race in memory at a time."""
    between = {"first": FIRST_DAY, "until": until}
    days = ask(
        warehouse,
        "SELECT DISTINCT race_id, race_date, season, round FROM raw_telemetry"
        " WHERE race_date BETWEEN @first AND @until ORDER BY race_date, race_id",
        between,
    ).to_pylist()
    events = pa.concat_tables([raw["raw_races"], raw["raw_events"]])
    circuits = dict(zip(events["race_id"].to_pylist(), events["circuit_id"].to_pylist(), strict=True))

    def parts() -> Iterator[tuple[Race, Iterator[pd.DataFrame], pd.DataFrame, pd.DataFrame]]:
        for day in days:
            race = known_race(day["race_id"], day["race_date"], day["season"], day["round"], circuits)
            if race is None:
                continue
            day_of = {"day": day["race_date"], "race_id": day["race_id"]}

            def rows(columns: str, table: str, where: dict[str, Any] = day_of) -> pd.DataFrame:
                only = f"SELECT {columns} FROM {table} WHERE race_date = @day AND race_id = @race_id"  # noqa: S608
                return cast("pd.DataFrame", ask(warehouse, only, where).to_pandas())

            meta = rows("driver_id, lap, lap_time, compound, tyre_life AS tire_age", "raw_telemetry_laps")
            if meta.empty:
                meta = rows("driver_id, lap, lap_time, compound, tire_age", "clean_laps")
            samples = rows(", ".join(SAMPLE_COLUMNS), "raw_telemetry")
            marks = rows("number, letter, distance", "raw_corners")
            yield race, iter([samples]), meta, marks

    return telemetry_frames(parts()) if days else None


def _rows(warehouse: Warehouse, name: str, until: dt.date) -> pa.Table:
    """Rows of a table up to and with ``until``; its name and column are the schema's own, never a caller's text."""
    if TABLES[name].partition_by is None:
        return ask(warehouse, f"SELECT * FROM {name}", None)  # noqa: S608
    column = TABLES[name].partition_by
    between = f"SELECT * FROM {name} WHERE {column} BETWEEN @first AND @until"  # noqa: S608
    return ask(warehouse, between, {"first": FIRST_DAY, "until": until})
