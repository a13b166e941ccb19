"""What results alone tell of a driver, one observation a race: the only source before laps are recorded."""

from __future__ import annotations

import numpy as np
import pandas as pd

OBSERVED = ["ergast_id", "race_id", "season", "round", "value", "weight"]
_LEAST_CARS = 6


def finishes(results: pd.DataFrame) -> pd.DataFrame:
    """Cars that started and finished, with ``start`` and ``finish`` (f64, 0 first to 1 last, places among these cars
    alone, so that neither retirements nor the size of the field count) and ``surprise``: start to finish beyond what
    the season's line foretells, positive for places made up. A driver of two cars in a race (1950s) keeps the better.
    """
    rows = results[results["grid"].gt(0) & ~results["retired"] & results["ergast_id"].notna()]
    rows = rows.sort_values(["race_date", "race_id", "position_order"]).drop_duplicates(["race_id", "ergast_id"])
    races = rows.groupby("race_id")
    rows = rows[races["race_id"].transform("size") >= _LEAST_CARS]
    races = rows.groupby("race_id")
    size = races["race_id"].transform("size") - 1
    rows = rows.assign(
        start=(races["grid"].rank(method="first") - 1) / size,
        finish=(races["position_order"].rank(method="first") - 1) / size,
    )
    parts = [part.assign(surprise=_line(part) - part["finish"]) for _, part in rows.groupby("season")]
    return pd.concat(parts, ignore_index=True) if parts else rows.assign(surprise=np.array([], float))


def _line(rows: pd.DataFrame) -> pd.Series:
    """Place expected from the grid: a quadratic in the season (the front can only lose, the back can only gain)."""
    design = np.column_stack([np.ones(len(rows)), rows["start"], rows["start"] ** 2])
    fitted = np.linalg.lstsq(design, rows["finish"].to_numpy(float), rcond=None)[0]
    return pd.Series(design @ fitted, index=rows.index)


def aggression(results: pd.DataFrame) -> pd.DataFrame:
    """Places made up from the grid, beyond what the grid place and the season foretell."""
    rows = finishes(results)
    return rows.assign(value=rows["surprise"], weight=1.0)[OBSERVED]


def consistency(results: pd.DataFrame) -> pd.DataFrame:
    """How close a race ended to the driver's own mean surprise of the season; positive for closer than others.

    The front and the back of a grid vary less than its middle, so distances are against those of the same third of the
    grid in that decade. The driver's own mean takes one degree of freedom: distances are widened by sqrt(n / (n - 1)).
    """
    rows = finishes(results)
    own = rows.groupby(["ergast_id", "season"])["surprise"]
    count = own.transform("size")
    rows = rows.assign(distance=(rows["surprise"] - own.transform("mean")).abs() * np.sqrt(count / (count - 1)))
    rows = rows[count >= 3]
    alike = rows.groupby([rows["season"] // 10, np.floor(rows["start"] * 2.999)])["distance"].transform("mean")
    return rows.assign(value=-rows["distance"] / alike, weight=1.0)[OBSERVED].dropna()
