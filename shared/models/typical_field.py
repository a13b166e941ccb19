"""What a field typically looks like: gaps by place, tires by distance, who drives and in what order of pace.

A request that gives only the car asked about is answered against this field. It is read in
``shared.strategy.typical``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

N_BINS = 10
"""Bin b holds the laps whose share of the distance lies in (b / N_BINS, (b + 1) / N_BINS]."""
N_PLACES = 26
MIN_ROWS = 30
MIN_SHARE = 0.03
SHRINK_RACES = 3.0
"""A circuit's own scale of gaps counts as n / (n + SHRINK_RACES) of the way from 1."""


def typical_field(laps: pd.DataFrame) -> dict[str, Any]:
    """The table ``typical_field`` of a bundle, from ``Frames.laps``:

    ``n_races``; ``gap_by_place`` [N_BINS][N_PLACES]: median seconds to the leader, green laps;
    ``bunched_gap_by_place`` [N_PLACES]: the same from the third lap of a safety car on; ``circuit_gap_scale``
    {circuit_id: factor}; ``tires`` [N_BINS][{"compound", "pit_stops", "age" (laps as a share of the distance),
    "share"}]: dry races only; ``drivers`` {season: [[driver_id, team], ...]}: fastest first.
    """
    known = laps[laps["gap_to_leader"].notna() & (laps["gap_to_leader"] >= 0) & (laps["lap"] <= laps["total_laps"])]
    fraction = known["lap"] / known["total_laps"]
    known = known.assign(
        bin=np.clip(np.ceil(fraction * N_BINS).astype(int) - 1, 0, N_BINS - 1),
        place=known.groupby(["race_id", "lap"])["gap_to_leader"].rank(method="first").astype(int),
    )
    known = known[known["place"] <= N_PLACES]
    green = known[known["track_status"].isin(["GREEN", "YELLOW", "VSC"])]
    gaps = [_by_place(green[green["bin"] == b]) for b in range(N_BINS)]
    return {
        "n_races": int(laps["race_id"].nunique()),
        "gap_by_place": gaps,
        "bunched_gap_by_place": _by_place(_bunched(known)),
        "circuit_gap_scale": _circuit_scale(green, np.array(gaps)),
        "tires": _tires(known),
        "drivers": _drivers(laps),
    }


def _by_place(rows: pd.DataFrame) -> list[float]:
    """Median gap by place, rising, and carried on at the mean step where too few rows know the place."""
    by_place = rows.groupby("place")["gap_to_leader"]
    sizes = by_place.size().to_dict()
    medians = by_place.median().to_dict()
    gaps: list[float] = []
    for place in range(1, N_PLACES + 1):
        if sizes.get(place, 0) >= MIN_ROWS:
            gaps.append(float(medians[place]))
        else:
            step = gaps[-1] / (len(gaps) - 1) if len(gaps) > 1 else 2.0
            gaps.append((gaps[-1] if gaps else -step) + step)
    gaps[0] = 0.0
    return [round(float(g), 2) for g in np.maximum.accumulate(gaps)]


def _bunched(known: pd.DataFrame) -> pd.DataFrame:
    """Laps behind the safety car that follow two such laps of the same car: by then the field has closed up."""
    rows = known.sort_values(["race_id", "driver_id", "lap"])
    behind = (rows["track_status"] == "SC").astype(int)
    run = behind.groupby([rows["race_id"], rows["driver_id"]]).rolling(3).sum().reset_index(level=[0, 1], drop=True)
    return rows[(run == 3).reindex(rows.index, fill_value=False)]


def _circuit_scale(green: pd.DataFrame, gaps: np.ndarray) -> dict[str, float]:
    """How wide the field is spread at a circuit against the typical one, shrunk to 1 by the number of races."""
    rows = green[green["place"].between(2, 15)]
    usual = gaps[rows["bin"].to_numpy(), rows["place"].to_numpy() - 1]
    ratio = (
        rows.assign(ratio=rows["gap_to_leader"] / np.maximum(usual, 0.5))
        .groupby(["circuit_id", "race_id"])["ratio"]
        .median()
    )
    scale: dict[str, float] = {}
    for circuit, values in ratio.groupby(level=0):
        n = len(values)
        scale[str(circuit)] = round(1.0 + (float(values.median()) - 1.0) * n / (n + SHRINK_RACES), 3)
    return scale


def _tires(known: pd.DataFrame) -> list[list[dict[str, Any]]]:
    wet = known.loc[known["compound"].isin(["INTERMEDIATE", "WET"]), "race_id"].unique()
    dry = known[
        ~known["race_id"].isin(wet) & known["compound"].isin(["SOFT", "MEDIUM", "HARD"]) & known["tire_age"].notna()
    ]
    dry = dry.assign(age=dry["tire_age"] / dry["total_laps"])
    bins: list[list[dict[str, Any]]] = []
    for b in range(N_BINS):
        rows = dry[dry["bin"] == b]
        groups = rows.groupby(["compound", "pit_stops"])["age"].agg(["median", "size"]).reset_index()
        groups = groups[groups["size"] >= MIN_SHARE * len(rows)].sort_values("size", ascending=False)
        total = groups["size"].sum()
        bins.append(
            [
                {
                    "compound": str(compound),
                    "pit_stops": int(stops),
                    "age": round(float(age), 3),
                    "share": round(float(size / total), 3),
                }
                for compound, stops, age, size in groups.itertuples(index=False)
            ]
        )
    return bins


def _drivers(laps: pd.DataFrame) -> dict[str, list[list[str]]]:
    """Drivers of each season by median pace against the race's median, last team named; two races at least."""
    clean = laps[laps["is_clean"].fillna(False).astype(bool) & laps["lap_time"].notna()]
    lap_mid = clean.groupby(["race_id", "lap"])["lap_time"].transform("median")
    pace = clean.assign(edge=clean["lap_time"] - lap_mid).groupby(["season", "driver_id", "race_id"])["edge"].median()
    teams = laps.sort_values(["race_date", "lap"]).groupby(["season", "driver_id"])["team"].last()
    drivers: dict[str, list[list[str]]] = {}
    for season, races in pace.groupby(level="season"):
        by_driver = races.groupby(level="driver_id").agg(["median", "size"])
        regular = by_driver[by_driver["size"] >= min(2, by_driver["size"].max())].sort_values("median")
        most = int(laps.loc[laps["season"] == season].groupby("race_id")["driver_id"].nunique().max())
        regular = regular.loc[
            by_driver.loc[regular.index].sort_values("size", ascending=False).index[:most]
        ].sort_values("median")
        drivers[str(season)] = [[str(d), str(teams.get((season, d), ""))] for d in regular.index]
    return drivers
