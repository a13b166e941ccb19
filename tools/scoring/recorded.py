"""Recorded races for scoring: the frames that models are fitted on, and the official race times beside the results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from shared.features.frames import Frames, load_frames


@dataclass(frozen=True, slots=True)
class Recorded:
    """``Frames.laps``, and ``Frames.results`` with ``race_time``: seconds to the flag with penalties, NaN for cars a
    lap or more down and where no official times are at hand."""

    laps: pd.DataFrame
    results: pd.DataFrame


def load(data_dir: Path) -> Recorded:
    """Every recorded race under ``data_dir``. Raises DataFileError naming the file that cannot be used."""
    return of_frames(load_frames(data_dir), data_dir)


def of_frames(frames: Frames, data_dir: Path) -> Recorded:
    """Frames with the official times of ``data_dir``."""
    times = _race_times(data_dir / "ergast")
    return Recorded(frames.laps, frames.results.merge(times, on=["race_id", "ergast_id"], how="left"))


def _race_times(ergast: Path) -> pd.DataFrame:
    if not (ergast / "results.csv").exists():
        return pd.DataFrame({"race_id": [], "ergast_id": [], "race_time": []}, dtype=object)
    races = pd.read_csv(ergast / "races.csv")[["raceId", "year", "round"]]
    drivers = pd.read_csv(ergast / "drivers.csv")[["driverId", "driverRef"]]
    rows = pd.read_csv(ergast / "results.csv", na_values="\\N").merge(races, on="raceId").merge(drivers, on="driverId")
    return pd.DataFrame(
        {
            "race_id": [f"{y}_{n:02d}" for y, n in zip(rows["year"], rows["round"], strict=True)],
            "ergast_id": rows["driverRef"],
            "race_time": pd.to_numeric(rows["milliseconds"], errors="coerce") / 1000,
        }
    )
