"""Recorded races straight from the files: the columns of ``Frames`` that scoring needs, with nothing fitted or repaired
beyond the obvious."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from shared.race import rules
from shared.race.vocabulary import track_status_of_digits

COMPOUNDS = ("SOFT", "MEDIUM", "HARD", "INTERMEDIATE", "WET")


@dataclass(frozen=True, slots=True)
class Recorded:
    """Lap rows and result rows, columns as in ``shared.features.frames.Frames``."""

    laps: pd.DataFrame
    results: pd.DataFrame


def load(data_dir: Path) -> Recorded:
    """Every recorded race. Raises FileNotFoundError naming the table that is missing."""
    ergast = data_dir / "ergast"
    races = pd.read_csv(ergast / "races.csv")[["raceId", "year", "round", "circuitId", "date"]]
    races = races.merge(pd.read_csv(ergast / "circuits.csv")[["circuitId", "circuitRef"]], on="circuitId")
    results = _results(ergast, races)
    files = sorted((data_dir / "laps").glob("*.parquet"))
    if not files:
        raise FileNotFoundError(f"no recorded laps in {data_dir / 'laps'}")
    return Recorded(_laps(pd.concat([pd.read_parquet(f) for f in files]), races), results)


def race_ids(season: pd.Series, number: pd.Series) -> pd.Series:
    """ "2023_01": season and round."""
    return season.astype(int).astype(str) + "_" + number.astype(int).map("{:02d}".format)


def _results(ergast: Path, races: pd.DataFrame) -> pd.DataFrame:
    rows = pd.read_csv(ergast / "results.csv", na_values="\\N")
    rows = rows.merge(races, on="raceId")
    rows = rows.merge(
        pd.read_csv(ergast / "drivers.csv", na_values="\\N")[["driverId", "driverRef", "code"]], on="driverId"
    )
    rows = rows.merge(pd.read_csv(ergast / "status.csv"), on="statusId")
    finished = rows["status"].eq("Finished") | rows["status"].str.startswith("+") | rows["status"].eq("Disqualified")
    return pd.DataFrame(
        {
            "race_id": race_ids(rows["year"], rows["round"]),
            "season": rows["year"],
            "round": rows["round"],
            "circuit_id": rows["circuitRef"],
            "driver_id": rows["code"].fillna(rows["driverRef"]),
            "grid": rows["grid"],
            "position_order": rows["positionOrder"],
            "laps": rows["laps"],
            "status": rows["status"],
            "retired": ~finished,
            "race_time": pd.to_numeric(rows["milliseconds"], errors="coerce") / 1000,
        }
    )


def _laps(rows: pd.DataFrame, races: pd.DataFrame) -> pd.DataFrame:
    rows = rows.merge(
        races.rename(columns={"year": "Year", "round": "RoundNumber"}), on=["Year", "RoundNumber"], how="left"
    )
    rows = rows.sort_values(["Year", "RoundNumber", "Driver", "LapNumber"], ignore_index=True)
    car = rows.groupby(["Year", "RoundNumber", "Driver"])
    scheduled = {
        (y, n): rules.scheduled_laps(y, c, n)
        for y, n, c in rows[["Year", "RoundNumber", "circuitRef"]].drop_duplicates().itertuples(index=False)
    }
    pit_in = rows["PitInTime"].notna()
    digits = rows["TrackStatus"].astype(str)
    by_digits = {d: track_status_of_digits(d).name for d in digits.unique()}
    return pd.DataFrame(
        {
            "race_id": race_ids(rows["Year"], rows["RoundNumber"]),
            "race_date": pd.to_datetime(rows["date"]),
            "season": rows["Year"],
            "round": rows["RoundNumber"],
            "circuit_id": rows["circuitRef"],
            "driver_id": rows["Driver"],
            "team": rows["Team"],
            "lap": rows["LapNumber"].astype(int),
            "lap_time": rows["LapTime"].fillna(car["Time"].diff()),
            "elapsed": rows["Time"],
            "position": rows["Position"],
            "compound": rows["Compound"].where(rows["Compound"].isin(COMPOUNDS)),
            "tire_age": rows["TyreLife"].astype(float),
            "stint": rows["Stint"],
            "status_digits": digits,
            "track_status": digits.map(by_digits),
            "pit_in": pit_in,
            "pit_out": rows["PitOutTime"].notna() & (rows["LapNumber"] > 1),
            "total_laps": np.array([scheduled[k] for k in zip(rows["Year"], rows["RoundNumber"], strict=True)]),
        }
    )
