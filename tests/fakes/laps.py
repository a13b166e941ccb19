"""Small made races as raw tables: a few cars, laps of 90 s, to which each test adds the fault it is about."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from shared.features.frames import run_sql
from shared.ingest.files import empty, to_table
from shared.tables import TABLES

DAY = dt.date(2023, 3, 5)
RACE: dict[str, Any] = {"race_id": "2023_01", "race_date": DAY, "season": 2023, "round": 1}
START = 3600.0
HERE = Path("made")


def lap_rows(drivers: str = "AB", laps: int = 12, pace: float = 90.0) -> pd.DataFrame:
    """Undisturbed laps: car i starts 1 s behind the one before and loses 0.1 s a lap to it."""
    rows: list[dict[str, Any]] = []
    for i, driver in enumerate(drivers):
        rows.extend(
            RACE
            | {
                "event_name": "Bahrain Grand Prix",
                "driver": driver * 3,
                "team": f"Team {driver}",
                "lap_number": lap,
                "lap_time": pace + 0.1 * i + (i if lap == 1 else 0),
                "stint": 1,
                "compound": "MEDIUM",
                "compound_name": "C2",
                "tyre_life": float(lap),
                "fresh_tyre": True,
                "track_status": "1",
                "position": i + 1,
                "is_accurate": True,
                "pit_in_time": float("nan"),
                "pit_out_time": float("nan"),
                "time": START + lap * (pace + 0.1 * i) + i,
            }
            for lap in range(1, laps + 1)
        )
    return pd.DataFrame(rows)


def stop(
    frame: pd.DataFrame, driver: str, lap: int, compound: str = "HARD", lane: float = 22.0, told: bool = True
) -> None:
    """Let a driver enter the pit lane at the end of ``lap``; ``told``: the file notices the new set."""
    own = (frame["driver"] == driver) & (frame["lap_number"] > lap)
    frame.loc[own, "time"] += lane
    line = frame.loc[(frame["driver"] == driver) & (frame["lap_number"] == lap), "time"].iloc[0]
    frame.loc[(frame["driver"] == driver) & (frame["lap_number"] == lap), "pit_in_time"] = line - 1
    frame.loc[(frame["driver"] == driver) & (frame["lap_number"] == lap + 1), "pit_out_time"] = line - 1 + lane
    frame.loc[(frame["driver"] == driver) & (frame["lap_number"] == lap + 1), "lap_time"] += lane
    if told:
        frame.loc[own, "stint"] += 1
        frame.loc[own, "compound"] = compound
        frame.loc[own, "tyre_life"] = frame.loc[own, "lap_number"] - lap


def raw(laps: pd.DataFrame, results: list[dict[str, Any]] | None = None, **tables: pd.DataFrame) -> dict[str, pa.Table]:
    """Raw tables around the laps; ``results`` rows need driver_id, laps and status."""
    found = {name: empty(name) for name in TABLES}
    race = pd.DataFrame([RACE | {"circuit_id": "bahrain", "scheduled_laps": 57, "first_lap_seconds": 95.0}])
    found["raw_races"] = to_table("raw_races", race, HERE)
    found["raw_laps"] = to_table("raw_laps", laps, HERE)
    if results is not None:
        rows = [RACE | {"ergast_id": row["driver_id"].lower(), "grid": 1} | row for row in results]
        found["raw_results"] = to_table("raw_results", pd.DataFrame(rows), HERE)
    return found | {name: to_table(name, frame, HERE) for name, frame in tables.items()}


def clean(tables: dict[str, pa.Table]) -> pd.DataFrame:
    """Rows of ``clean_laps``, by driver and lap."""
    frame = run_sql(tables, "clean_laps", DAY, DAY)
    return frame.set_index(["driver_id", "lap"]).sort_index()
