"""What laps tell of a driver, one observation a race: passing, evenness, pace with a car behind, wear against the
teammate. All on dry laps at racing speed, as far as they are recorded (2018 on)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from shared.models.profiles.from_results import OBSERVED

CLOSE = 1.0
"""Seconds at the line within which a car is under pressure or may pass: where DRS was allowed (FIA sporting code)."""
_LEAST_STINT = 6
_LEAST_LAPS = 3


def racing_laps(laps: pd.DataFrame) -> pd.DataFrame:
    """Laps with the gaps (s) to the car ahead and behind when they began, their place then, ``green``: run at racing
    speed from start to end with no stop, and ``off``: seconds over the own stint's straight line (NaN outside stints of
    six such laps)."""
    rows = laps[laps["ergast_id"].notna()].sort_values(["race_id", "lap", "elapsed", "driver_id"]).copy()
    line = rows.groupby(["race_id", "lap"])["elapsed"]
    rows["ahead"], rows["behind"] = line.diff(), -line.diff(-1)
    rows = rows.sort_values(["race_id", "driver_id", "lap"])
    car = rows.groupby(["race_id", "driver_id"])
    for name in ("ahead", "behind", "position"):
        rows[f"{name}_before"] = car[name].shift(1)
    free = ~rows["pit_in"] & ~rows["pit_out"]
    rows["green"] = rows["track_status"].eq("GREEN") & free & rows["lap"].gt(1) & rows["lap_time"].gt(0)
    rows["green"] &= car["track_status"].shift(1).eq("GREEN") & car["lap"].shift(1).eq(rows["lap"] - 1)
    dry = rows["compound"].isin(["SOFT", "MEDIUM", "HARD"])
    stint = rows.groupby(["race_id", "driver_id", "stint"])["lap_time"]
    rows["usable"] = rows["green"] & dry & rows["lap_time"].lt(1.03 * stint.transform("median"))
    rows["off"], rows["slope"], rows["size"] = _against_line(rows)
    return rows


def _against_line(rows: pd.DataFrame) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Seconds over the straight line through a stint's usable laps, the line's slope (s a lap), and their number."""
    used = rows[rows["usable"]]
    key = [used["race_id"], used["driver_id"], used["stint"]]
    x = used["tire_age"].astype(float)
    x = x - x.groupby(key).transform("mean")
    y = used["lap_time"] - used["lap_time"].groupby(key).transform("mean")
    size = y.groupby(key).transform("size")
    slope = (x * y).groupby(key).transform("sum") / (x * x).groupby(key).transform("sum").replace(0.0, np.nan)
    slope = slope.where(size >= _LEAST_STINT)
    return (y - slope * x).reindex(rows.index), slope.reindex(rows.index), size.reindex(rows.index)


def _per_race(values: pd.DataFrame, weight: str) -> pd.DataFrame:
    return values.rename(columns={weight: "weight"})[OBSERVED].dropna().reset_index(drop=True)


_KEY = ["ergast_id", "race_id", "season", "round"]


def aggression(rows: pd.DataFrame) -> pd.DataFrame:
    """Passes per lap begun within a second of the car ahead, beyond the rate of that race for the same gap."""
    tries = rows[rows["green"] & rows["ahead_before"].between(0.0, CLOSE)].copy()
    tries["passed"] = tries["position"].lt(tries["position_before"]).astype(float)
    band = np.floor(tries["ahead_before"] * 3.999)
    rate = tries.groupby(["season", band])["passed"].transform("mean")
    here = tries.groupby("race_id")
    beyond = tries["passed"] - rate
    tries["beyond"] = beyond - beyond.groupby(tries["race_id"]).transform("mean")
    tries = tries[here["passed"].transform("size") >= 20]
    found = tries.groupby(_KEY).agg(value=("beyond", "mean"), laps=("beyond", "size")).reset_index()
    return _per_race(found[found["laps"] >= _LEAST_LAPS], "laps")


def consistency(rows: pd.DataFrame) -> pd.DataFrame:
    """Evenness: minus the logarithm of the spread around the own stints' lines over the median spread of that race,
    from laps with nobody within a second ahead."""
    used = rows[rows["off"].notna() & ~rows["ahead_before"].between(0.0, CLOSE)]
    found = used.groupby(_KEY).agg(spread=("off", _robust_sd), laps=("off", "size")).reset_index()
    found = found[(found["laps"] >= 10) & (found["spread"] > 0)]
    usual = found.groupby("race_id")["spread"].transform("median")
    return _per_race(found.assign(value=-np.log(found["spread"] / usual)), "laps")


def _robust_sd(values: pd.Series) -> float:
    return float(1.4826 * (values - values.median()).abs().median())


def pressure_response(rows: pd.DataFrame) -> pd.DataFrame:
    """Seconds a lap gained with a car within a second behind, against the own laps of the stint without one; nobody
    within a second ahead in either."""
    used = rows[rows["off"].notna() & ~rows["ahead_before"].between(0.0, CLOSE)].copy()
    used["pressed"] = used["behind_before"].between(0.0, CLOSE)
    means = used.groupby([*_KEY, "pressed"])["off"].agg(["mean", "size"]).unstack("pressed")
    if means.shape[1] < 4:
        return pd.DataFrame(columns=OBSERVED)
    mean, size = means["mean"], means["size"]
    both = 1.0 / (1.0 / size[True] + 1.0 / size[False])
    found = pd.DataFrame({"value": mean[False] - mean[True], "laps": both}).reset_index()
    return _per_race(found[found["laps"] >= _LEAST_LAPS / 2], "laps")


def tire_management(rows: pd.DataFrame) -> pd.DataFrame:
    """Seconds a lap by which the lap time grows less with tire age than the teammate's, in the same race on the same
    compound; fuel burned and track are the same for both."""
    stints = rows[rows["slope"].notna() & rows["usable"]]
    stints = stints.groupby([*_KEY, "team", "compound", "stint"]).agg(slope=("slope", "first"), size=("size", "first"))
    stints = stints.reset_index()
    stints["known"] = stints["size"].astype(float) ** 3
    stints["total"] = stints["slope"] * stints["known"]
    own = stints.groupby([*_KEY, "team", "compound"])[["total", "known"]].sum().reset_index()
    pair = own.merge(own, on=["race_id", "season", "round", "team", "compound"], suffixes=("", "_mate"))
    pair = pair[pair["ergast_id"] != pair["ergast_id_mate"]]
    pair["precision"] = 1.0 / (1.0 / pair["known"] + 1.0 / pair["known_mate"])
    less = pair["total_mate"] / pair["known_mate"] - pair["total"] / pair["known"]
    pair["weighted"] = less * pair["precision"]
    found = pair.groupby(_KEY)[["weighted", "precision"]].sum().reset_index()
    weight = np.sqrt(found["precision"])
    return _per_race(found.assign(value=found["weighted"] / found["precision"], laps=weight), "laps")
