"""Made laps of any era as ``raw_laps_ergast`` has them: no lap table from before 2018 is at hand, so that part of the
preprocessing is tested on these rows alone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pyarrow as pa

from shared.ingest.files import empty, to_table
from shared.tables import TABLES
from tests.fakes.laps import HERE


def day(season: int, number: int) -> dt.date:
    """The made day of a race."""
    return dt.date(season, 3, 1) + dt.timedelta(weeks=2 * number)


def race(season: int, number: int, pace: float, cars: int = 5, laps: int = 12) -> pd.DataFrame:
    """Car i laps in ``pace`` times 1 + i / 1000; nobody stops."""
    rows: list[dict[str, Any]] = [
        {
            "race_id": f"{season}_{number:02d}",
            "race_date": day(season, number),
            "season": season,
            "round": number,
            "ergast_id": f"driver_{car}",
            "lap": lap,
            "position": car + 1,
            "lap_time": pace * (1 + car / 1000),
        }
        for car in range(cars)
        for lap in range(1, laps + 1)
    ]
    return pd.DataFrame(rows)


def raw(laps: pd.DataFrame, stops: pd.DataFrame | None = None) -> dict[str, pa.Table]:
    """Raw tables around the laps, and visits to the pits where given."""
    keys = ["race_id", "race_date", "season", "round"]
    races = laps[keys].drop_duplicates().assign(circuit_id="monza", scheduled_laps=53, first_lap_seconds=90.0)
    found = {name: empty(name) for name in TABLES}
    found["raw_laps_ergast"] = to_table("raw_laps_ergast", laps, HERE)
    found["raw_races"] = to_table("raw_races", races, HERE)
    if stops is not None:
        found["raw_pit_stops"] = to_table("raw_pit_stops", stops, HERE)
    return found
