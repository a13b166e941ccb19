"""Frames for fitting from the warehouse: the laps that preprocessing cleaned, and the small tables beside them."""

from __future__ import annotations

import datetime as dt
from typing import cast

import pandas as pd
import pyarrow as pa

from shared.features.frames import FIRST_DAY, Frames, frames_of
from shared.features.scan import ask
from shared.ports import Warehouse
from shared.tables import TABLES

_SMALL = (
    "raw_races", "raw_events", "raw_results", "raw_pit_stops", "raw_circuits", "raw_drivers",
)  # fmt: skip


def stored_frames(warehouse: Warehouse, until: dt.date, synthetic: bool = False) -> Frames:
    """Frames of every race in the feature store up to and with ``until``. Raises WarehouseError."""
    raw = {name: _rows(warehouse, name, until) for name in _SMALL}
    laps = _rows(warehouse, "clean_laps", until).to_pandas(date_as_object=False)
    return frames_of(raw, synthetic, clean_laps=cast("pd.DataFrame", laps))


def _rows(warehouse: Warehouse, name: str, until: dt.date) -> pa.Table:
    """Rows of a table up to and with ``until``; its name and column are the schema's own, never a caller's text."""
    if TABLES[name].partition_by is None:
        return ask(warehouse, f"SELECT * FROM {name}", None)  # noqa: S608
    column = TABLES[name].partition_by
    between = f"SELECT * FROM {name} WHERE {column} BETWEEN @first AND @until"  # noqa: S608
    return ask(warehouse, between, {"first": FIRST_DAY, "until": until})
