"""The next stop, asked a few laps before every real stop under green, of the simulation with no strategy search.

Only cars that are about to stop are asked about, which the forecast does not know: its laps are therefore late on
average, and the table says more of one model beside another than of a forecast that can be trusted blindly.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from shared.models.build import build_params
from shared.models.bundle import Bundle
from shared.race.vocabulary import TrackStatus
from shared.scoring.baselines import StintTable
from shared.scoring.situations import Situation
from shared.simulation import simulate
from shared.strategy.forecast import forecast
from tools.scoring.probes.races import PastRace, status_by_lap

AHEAD = (3, 6)
"""Laps before the in-lap at which the question is asked."""


def rows(races: Iterable[PastRace], bundle: Bundle, stints: StintTable, n: int, seed: int) -> list[dict[str, Any]]:
    """One row a green stop and distance to it. Stops that follow another within that distance are left out."""
    out = []
    for race in races:
        status = status_by_lap(race)
        made = race.truth.stops[race.truth.stops["track_status"].isin(("GREEN", "YELLOW"))]
        wanted: dict[int, list[tuple[int, str, int, object]]] = {}
        for driver, lap, name in zip(made["driver_id"], made["lap"], made["compound"], strict=True):
            for ahead in AHEAD:
                asked = int(lap) - ahead
                if race.recorded(asked) and status[asked - 1] <= TrackStatus.YELLOW:
                    wanted.setdefault(asked, []).append((ahead, str(driver), int(lap), name))
        for asked, about in sorted(wanted.items()):
            state = race.state(asked)
            index = {car.driver_id: i for i, car in enumerate(state.cars)}
            if not any(driver in index for _, driver, _, _ in about):
                continue
            told = forecast(simulate(build_params(state, bundle), 0, None, n, seed), 0, state)
            usual = stints.next_stop(Situation(race.race_id, race.season, 0.0, state, None))  # type: ignore[arg-type]
            for ahead, driver, lap, name in about:
                i = index.get(driver)
                if i is None or state.cars[i].in_pit or _stopped_between(race, driver, asked, lap):
                    continue
                stop = told[i]["next_stop"]
                if stop["lap_median"] is not None:
                    out.append(
                        race.labels
                        | {"ahead": ahead, "driver_id": driver, "lap": lap, "compound": name, "usual": int(usual[i])}
                        | {k: stop[k] for k in ("lap_median", "lap_best", "lap_p10", "lap_p90", "none_probability")}
                        | {"told_compound": stop["compound"]}
                    )
    return out


def _stopped_between(race: PastRace, driver: str, asked: int, lap: int) -> bool:
    stops = race.truth.stops
    return bool(((stops["driver_id"] == driver) & (stops["lap"] > asked) & (stops["lap"] < lap)).any())


def figures(table: pd.DataFrame) -> dict[str, Any]:
    """{laps ahead: measures}."""
    out = {}
    for ahead, part in table.groupby("ahead"):
        best, median = part["lap_best"] - part["lap"], part["lap_median"] - part["lap"]
        usual = part["usual"] - part["lap"]
        known = part["compound"].notna()
        out[str(ahead)] = {
            "stops": len(part),
            "exact": float((best == 0).mean()),
            "within_1": float((best.abs() <= 1).mean()),
            "within_2": float((best.abs() <= 2).mean()),
            "mae_median": float(median.abs().mean()),
            "bias_median": float(median.mean()),
            "coverage_80": float(np.mean((part["lap_p10"] <= part["lap"]) & (part["lap"] <= part["lap_p90"]))),
            "compound": float((part["told_compound"] == part["compound"])[known].mean()),
            "usual_within_2": float((usual.abs() <= 2).mean()),
            "mae_usual": float(usual.abs().mean()),
        }
    return out
