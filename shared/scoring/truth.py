"""What came of a race: the order at the flag, the retirements and the stops. Only scores may read it, no request.

Places are the order at the flag: laps completed, then time at the line of the last of them; a car that retires ranks
by its laps. Penalties given after the flag are not counted. Lap data decide wherever they agree with the official
results up to such penalties; where they do not (laps missing at the end, laps counted after the flag), the official
times and places do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

PENALTY_STEP = 5.0
"""Time penalties are multiples of it, seconds (FIA Sporting Regulations, 2018-2026)."""
PENALTY_TOLERANCE = 0.35
"""Lap data and official times agree this closely where both are sound, seconds."""


@dataclass(frozen=True, slots=True)
class RaceTruth:
    """One race after the flag. ``order``: driver ids by place at the flag. ``laps``: laps completed by driver.
    ``retired``: drivers who did not finish. ``stops``: see ``tire_stops``. ``official``: whether the official
    classification decided the order. ``wet``: a wet-weather tire was used; ``safety_car``: one came out, on any lap."""

    order: tuple[str, ...]
    laps: dict[str, int]
    retired: frozenset[str]
    stops: pd.DataFrame
    official: bool
    wet: bool
    safety_car: bool


def race_truth(laps: pd.DataFrame, results: pd.DataFrame) -> RaceTruth:
    """Truth of one race from its lap rows and its result rows (columns as in ``shared.features.frames.Frames``;
    ``results`` may carry ``race_time``, seconds to the flag with penalties, NaN for lapped cars)."""
    order, official = _order(laps, results)
    by_driver = laps.groupby("driver_id")["lap"].max()
    result_laps = results.set_index("driver_id")["laps"] if len(results) else pd.Series(dtype=int)
    done = {str(d): int(min(n, result_laps.get(d, n))) for d, n in by_driver.items()}
    if official:
        done.update({str(d): int(n) for d, n in result_laps.items() if d in done})
    retired = set(results.loc[results["retired"], "driver_id"]) if len(results) else _retired_by_laps(laps)
    digits = laps["status_digits"].fillna("")
    return RaceTruth(
        order=order,
        laps=done,
        retired=frozenset(retired & set(done)),
        stops=tire_stops(laps),
        official=official,
        wet=bool(laps["compound"].isin(["INTERMEDIATE", "WET"]).any()),
        safety_car=bool(digits.str.contains("4").any()),
    )


def tire_stops(laps: pd.DataFrame) -> pd.DataFrame:
    """Stops at which tires were changed: driver_id, lap (the in-lap), compound fitted (None if unknown), track_status.

    A pit entry counts when the car comes out again on other tires: entries to retire, drive-through penalties and
    entries under a red flag do not.
    """
    rows = laps.sort_values(["driver_id", "lap"])
    after = rows.groupby("driver_id")[["lap", "compound", "tire_age", "stint"]].shift(-1)
    changed = (
        (after["stint"] != rows["stint"])
        | (after["compound"] != rows["compound"])
        | (after["tire_age"] <= rows["tire_age"])
    )
    stop = rows["pit_in"] & after["lap"].notna() & changed & (rows["track_status"] != "RED")
    found = rows.loc[stop, ["driver_id", "lap", "track_status"]]
    return found.assign(compound=after.loc[stop, "compound"]).reset_index(drop=True)


def _retired_by_laps(laps: pd.DataFrame) -> set[str]:
    """Without results: a car did not finish when it stops before the winner's flag falls on it."""
    last = laps.sort_values("lap").groupby("driver_id").tail(1).set_index("driver_id")
    flag = last.sort_values(["lap", "elapsed"], ascending=[False, True])["elapsed"].iloc[0]
    return set(last.index[last["elapsed"] < flag])


def _order(laps: pd.DataFrame, results: pd.DataFrame) -> tuple[tuple[str, ...], bool]:
    """Drivers in the order at the flag, and whether the official classification decided it."""
    last = laps.groupby("driver_id")["lap"].max()
    if not len(results):
        table = pd.DataFrame({"n": last, "time": _times(laps, last), "place": 0.0})
        return _sorted(table), False
    known = results[results["driver_id"].isin(last.index)].set_index("driver_id")
    finishers = known[~known["retired"]]
    if (finishers["laps"] > last.reindex(finishers.index)).any():
        return tuple(known.sort_values("position_order").index), True
    counted = known["laps"].clip(upper=last.reindex(known.index))
    table = pd.DataFrame({"n": counted, "time": _times(laps, counted), "place": known["position_order"]})
    table["time"] = table["time"].where(~_faulty(table, known), _official_time(table, known))
    rest = last.index.difference(known.index)
    extra = pd.DataFrame({"n": last.loc[rest], "time": _times(laps, last.loc[rest]), "place": 99.0})
    return _sorted(pd.concat([table, extra]) if len(rest) else table), False


def _times(laps: pd.DataFrame, counted: pd.Series) -> pd.Series:
    """Race time at the line of the given lap of each driver; infinite for a car that completed none."""
    at = laps.set_index(["driver_id", "lap"])["elapsed"]
    keys = pd.MultiIndex.from_arrays([counted.index, counted.to_numpy()])
    return pd.Series(at.reindex(keys).to_numpy(), index=counted.index).fillna(np.inf)


def _sorted(table: pd.DataFrame) -> tuple[str, ...]:
    return tuple(table.sort_values(["n", "time", "place"], ascending=[False, True, True]).index)


def _official_time(table: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """Official race times on the clock of the lap data: the winner's line is common to both."""
    if "race_time" not in known:
        return pd.Series(np.nan, index=table.index)
    winner = known["position_order"].idxmin()
    shift = float(table["time"][winner]) - float(known["race_time"][winner])
    return known["race_time"] + shift


def _faulty(table: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """Cars whose time at the flag differs from the official one by something that is no penalty."""
    excess = (_official_time(table, known) - table["time"]).where(~known["retired"])
    steps = (excess / PENALTY_STEP).round().clip(lower=0)
    return (excess - steps * PENALTY_STEP).abs() > PENALTY_TOLERANCE
