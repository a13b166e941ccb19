"""Measures what pushing and saving are worth: ``python -m tools.modes`` prints the constants of ``search/modes.py``.

Teams that run a stint longer than others on the same tire in the same race drive it slower and wear it less. Both are
estimated at once from clean laps early in the stint, before the stop is decided: pace on the planned length, and wear
per lap on it, each driver of a race against himself, each compound of a race against itself.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from shared.config import settings
from shared.errors import F1Error
from shared.features.frames import load_frames
from tools.command import run_main

DRY = ("SOFT", "MEDIUM", "HARD")
FIRST, LAST, SHORTEST = 3, 10, 12
"""Laps of the stint that are used, and the shortest stint: all of them lie before the stop is decided."""
CLEAR = 2.0
"""Seconds to the car ahead at both lines of a lap in clean air."""
SLOW = 1.03
"""A lap slower than this times the driver's median is no racing lap."""
REFERENCE_LAP, REFERENCE_AGE, FUEL = 90.0, 5.0, 0.053
"""Laps are scaled to 90 s; pace is that at this tire age; seconds a lap gained by burning fuel, on that scale."""
MIN_STINTS = 4
SWEEPS = 60
"""Rounds of taking group means and slopes out in turn; the estimates no longer move in the fourth digit."""

Floats = npt.NDArray[np.float64]


class Trade(NamedTuple):
    """Effect of one standard deviation of stint length: ``pace`` s a lap slower, ``saved`` s/lap less wear per lap of
    age, each with its standard error (clustered by race) and their correlation; ``wear``: mean wear of the same laps;
    ``step`` laps of that standard deviation."""

    pace: float
    pace_error: float
    saved: float
    saved_error: float
    correlation: float
    wear: float
    step: float
    stints: int
    races: int


def trade(laps: pd.DataFrame) -> Trade:
    """The trade of pace for wear in ``Frames.laps``. Raises F1Error where no laps serve."""
    used = clean_stint_laps(laps)
    if used["race_id"].nunique() < 2:
        raise F1Error("data: the trade of pace for wear needs the laps of at least two dry races")
    used = used.assign(by_age=used["longer"] * used["age"])
    residuals = taken_out(used, ("time", "longer", "by_age"))
    y, x = residuals[:, 0], residuals[:, 1:]
    inverse = np.linalg.inv(x.T @ x)
    effect = inverse @ x.T @ y
    race = pd.factorize(used["race_id"])[0]
    sums = np.stack([np.bincount(race, column * (y - x @ effect)) for column in x.T], axis=1)
    covariance = inverse @ sums.T @ sums @ inverse
    errors = np.sqrt(np.diag(covariance))
    stints = used.drop_duplicates("stint_id")
    step = float(stints["longer"].std())
    return Trade(
        pace=float(effect[0]) * step,
        pace_error=float(errors[0]) * step,
        saved=-float(effect[1]) * step,
        saved_error=float(errors[1]) * step,
        correlation=-float(covariance[0, 1] / (errors[0] * errors[1])),
        wear=_mean_wear(used),
        step=step,
        stints=len(stints),
        races=int(used["race_id"].nunique()),
    )


def clean_stint_laps(laps: pd.DataFrame) -> pd.DataFrame:
    """Green laps in clean air, early in dry stints that ran green: race_id, driver, tire, stint_id, lap, age (about
    REFERENCE_AGE), time (s on a 90 s lap), longer (laps by which the stint outran the mean of its tire in the race)."""
    laps = laps.sort_values(["race_id", "lap", "elapsed"])
    ahead = laps.groupby(["race_id", "lap"])["elapsed"].diff().fillna(np.inf)
    laps = laps.assign(ahead=ahead).sort_values(["race_id", "driver_id", "lap"])
    driver = laps["race_id"] + laps["driver_id"]
    laps = laps.assign(
        driver=driver,
        tire=laps["race_id"] + laps["compound"].fillna(""),
        stint_id=driver + laps["stint"].astype(str),
        ahead_before=laps["ahead"].groupby(driver).shift().fillna(0.0),
        green=laps["track_status"] == "GREEN",
        dry=laps["compound"].isin(DRY),
    )
    stint = laps.groupby("stint_id")
    number = laps["lap"] - stint["lap"].transform("min") + 1
    length = stint["lap"].transform("count")
    dry_race = laps.groupby("race_id")["dry"].transform("mean") > 0.97
    fast = laps["is_clean"].astype(bool) & laps["dry"] & dry_race & (stint["green"].transform("mean") > 0.95)
    clear = (laps["ahead"] > CLEAR) & (laps["ahead_before"] > CLEAR)
    used = laps.assign(length=length)[fast & clear & number.between(FIRST, LAST) & (length >= SHORTEST)]
    used = used[used["lap_time"] < SLOW * used.groupby("driver")["lap_time"].transform("median")]
    each = used.drop_duplicates("stint_id").groupby("tire")["length"]
    used = used[used["tire"].map(each.count()) >= MIN_STINTS]
    scale = REFERENCE_LAP / used.groupby("race_id")["lap_time"].transform("median")
    return used.assign(
        time=used["lap_time"] * scale,
        age=used["tire_age"].astype(float) - REFERENCE_AGE,
        longer=used["length"] - used["tire"].map(each.mean()),
    )[["race_id", "driver", "tire", "stint_id", "lap", "age", "time", "longer"]]


def taken_out(laps: pd.DataFrame, columns: Sequence[str]) -> Floats:
    """f64[n, columns]: what is left once each driver's and each tire's level, each tire's wear and each race's trend
    over its laps are taken out."""
    values = laps[list(columns)].to_numpy(np.float64).copy()
    driver, tire, race = (pd.factorize(laps[name])[0] for name in ("driver", "tire", "race_id"))
    slopes = [(tire, _centered(laps["age"], tire)), (race, _centered(laps["lap"], race))]
    for _ in range(SWEEPS):
        for group in (driver, tire):
            count = np.bincount(group)
            values -= np.stack([np.bincount(group, x) / count for x in values.T], axis=1)[group]
        for group, v in slopes:
            spread = np.bincount(group, v * v) + 1e-9
            values -= np.stack([np.bincount(group, v * x) / spread for x in values.T], axis=1)[group] * v[:, None]
    return values


def _centered(values: pd.Series, group: npt.NDArray[np.intp]) -> Floats:
    v = values.to_numpy(np.float64)
    return np.asarray(v - (np.bincount(group, v) / np.bincount(group))[group])


def _mean_wear(laps: pd.DataFrame) -> float:
    """Seconds a lap lost per lap of age within these stints, the gain of burning fuel put back."""
    stint = pd.factorize(laps["stint_id"])[0]
    time, age = _centered(laps["time"] + FUEL * laps["lap"], stint), _centered(laps["age"], stint)
    return float(time @ age / (age @ age))


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the figures."""
    parser = argparse.ArgumentParser(prog="python -m tools.modes", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=settings().data_dir, help="recorded races (F1_DATA_DIR)")
    found = trade(load_frames(parser.parse_args(arguments).data).laps)
    print(f"{found.stints} stints of {found.races} dry races; one standard deviation is {found.step:.1f} laps")
    print(f"PACE = {found.pace:.3f} s a 90 s lap, standard error {found.pace_error:.3f}")
    share, error = found.saved / found.wear, found.saved_error / found.wear
    print(f"WEAR = {share:.3f} of {found.wear:.3f} s/lap, standard error {error:.3f}")
    print(f"their errors correlate {found.correlation:+.2f}")
    return 0


if __name__ == "__main__":
    run_main(main)
