"""Made races as lap frames (the columns of ``Frames.laps``) and as grids: every number of them is known."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from shared.models.recorded import RecordedRace, recorded_races

BASE = 90.0


def lap_frame(
    paces: dict[str, float],
    laps: int = 30,
    *,
    number: int = 1,
    season: int = 2023,
    circuit_id: str = "bahrain",
    stops: dict[str, dict[int, str]] | None = None,
    loss: float = 22.0,
    wear: float = 0.0,
    status: dict[int, str] | None = None,
    last: dict[str, int] | None = None,
    gap: float = 8.0,
    total_laps: int | None = None,
) -> pd.DataFrame:
    """A race of the drivers in ``paces`` (seconds a lap over 90), ``gap`` s apart at the start, in that order.

    ``stops``: by driver {in-lap: compound fitted}, which cost ``loss`` s on the lap after; ``wear``: s a lap of age;
    ``status`` by lap; ``last``: the last lap of those that retire. All start on new mediums.
    """
    rows: list[dict[str, Any]] = []
    for i, (driver, pace) in enumerate(paces.items()):
        compound, age, elapsed, made, stint = "MEDIUM", 0, gap * i, 0, 1
        own = (stops or {}).get(driver, {})
        for lap in range(1, (last or {}).get(driver, laps) + 1):
            age += 1
            time = BASE + pace + wear * age + (loss if lap - 1 in own else 0.0)
            elapsed += time
            made += lap in own
            rows.append(
                {
                    "race_id": f"{season}_{number:02d}",
                    "race_date": pd.Timestamp(dt.date(season, 3, 1)) + pd.Timedelta(weeks=number),
                    "season": season,
                    "round": number,
                    "circuit_id": circuit_id,
                    "driver_id": driver,
                    "ergast_id": driver.lower(),
                    "team": f"Team {driver[0]}",
                    "lap": lap,
                    "lap_time": time,
                    "elapsed": elapsed,
                    "compound": compound,
                    "tire_age": age,
                    "track_status": (status or {}).get(lap, "GREEN"),
                    "pit_in": lap in own,
                    "pit_out": lap - 1 in own,
                    "pit_stops": made,
                    "stint": stint,
                    "total_laps": total_laps or laps,
                }
            )
            if lap in own:
                compound, age, stint = own[lap], 0, stint + 1
    return pd.DataFrame(rows)


def race(paces: dict[str, float], laps: int = 30, **how: Any) -> RecordedRace:
    """``lap_frame`` as a grid."""
    (made,) = recorded_races(lap_frame(paces, laps, **how))
    return made


def drivers(n: int, spread: float = 0.1) -> dict[str, float]:
    """``n`` drivers A00, B01, ..., each ``spread`` s a lap slower than the one before."""
    return {f"{chr(65 + i % 26)}{i:02d}": spread * i for i in range(n)}
