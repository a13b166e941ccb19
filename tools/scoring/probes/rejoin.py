"""Where a car comes out of the pits: asked at the end of the lap before its real in-lap, with that stop prescribed.

The answer is what ``pit_strategy.rejoin`` holds, by the same computation and without the search for a plan, which the
stop prescribed makes idle. The same with the rivals' real stops given tells what their choices cost. The naive
baseline takes the gaps of that moment and the circuit's usual loss.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from shared.models.build import build_params
from shared.models.bundle import Bundle
from shared.race.state import RaceState, Stop
from shared.race.vocabulary import Compound, TrackStatus
from shared.scoring.measures import Ints, paired_mean
from shared.simulation import simulate
from shared.strategy.forecast import rejoin
from shared.strategy.plans.plan import to_arrays
from tools.scoring.probes.races import PastRace, replayed, status_by_lap

GREEN = "under green"
FIRST_LAP = 3
"""Stops at the end of the first laps are repairs; the first that counts is made at the end of this one."""


def rows(races: Iterable[PastRace], bundle: Bundle, n: int, seed: int) -> list[dict[str, Any]]:
    """One row a real stop whose out-lap was completed: place told, naive place, and the place that it was."""
    out = []
    for race in races:
        status = status_by_lap(race)
        stops = race.truth.stops[race.truth.stops["lap"] >= FIRST_LAP]
        for lap, made in stops.groupby("lap"):
            in_lap = int(lap)
            if in_lap >= race.grid.laps_run or not race.recorded(in_lap - 1):
                continue
            state = race.state(in_lap - 1)
            params = build_params(state, bundle)
            given = replayed(race, state, params)
            loss = float(np.asarray(params.pit_loss)[0])
            for driver, name in zip(made["driver_id"], made["compound"], strict=True):
                real = place_after(race, str(driver), in_lap + 1)
                ego = next((i for i, car in enumerate(state.cars) if car.driver_id == driver), None)
                if real is None or ego is None or state.cars[ego].in_pit:
                    continue
                compound = Compound[name] if isinstance(name, str) else state.cars[ego].compound
                plan = to_arrays([(Stop(in_lap, compound),)], 1)
                told = rejoin(simulate(params, ego, plan, n, seed), 0, without_plans(state))
                if told is None:
                    continue
                place = simulate(given, ego, plan, n, seed).rejoin_place[0]
                green = max(status[in_lap - 2 : in_lap + 1], default=0) <= TrackStatus.YELLOW
                out.append(
                    race.labels
                    | {"driver_id": driver, "lap": in_lap, "green": green, "place": real, "told": told["position"],
                       "low": told["position_p10"], "high": told["position_p90"], "before": ego + 1,
                       "naive": naive_place(state, ego, loss), "status": int(status[in_lap - 1]),
                       "given": int(np.median(place[place > 0])) if (place > 0).any() else told["position"]}
                )  # fmt: skip
    return out


def without_plans(state: RaceState) -> RaceState:
    """The same moment, no car's stops fixed by the caller."""
    return replace(state, cars=tuple(replace(car, plan=None) for car in state.cars))


def place_after(race: PastRace, driver: str, lap: int) -> int | None:
    """Place of a driver at the line on ``lap``, among all who completed it; None for one who did not."""
    place: Ints = race.grid.position
    i = race.grid.drivers.index(driver)
    return int(place[i, lap - 1]) if lap <= place.shape[1] and place[i, lap - 1] > 0 else None


def naive_place(state: RaceState, ego: int, loss: float) -> int:
    """Place after a stop if nobody else stopped and gaps stayed: the cars less than ``loss`` behind come past; cars
    that are in the pit lane now lose as much."""
    mine = state.cars[ego].gap_to_leader + loss
    others = (car for i, car in enumerate(state.cars) if i != ego)
    return 1 + sum(car.gap_to_leader + (loss if car.in_pit else 0.0) < mine for car in others)


def figures(table: pd.DataFrame) -> dict[str, Any]:
    """{part: measures} over stops under green, those by season, in wet races, and those under a safety car or VSC."""
    green = table[table["green"]]
    parts = {GREEN: green, "dry races": green[~green["wet"]], "wet races": green[green["wet"]],
             "race with a safety car": green[green["safety_car"]]}  # fmt: skip
    parts |= {str(season): own for season, own in green.groupby("season")}
    parts["around a safety car, VSC or red flag"] = table[~table["green"]]
    return {name: _measures(part) for name, part in parts.items() if len(part)}


def _measures(part: pd.DataFrame) -> dict[str, Any]:
    told, naive = part["told"] - part["place"], part["naive"] - part["place"]
    races = part["race_id"].to_numpy(dtype=object)

    def gain(within: int) -> dict[str, float]:
        better = (told.abs() <= within).astype(float) - (naive.abs() <= within).astype(float)
        return paired_mean(better.to_numpy(), races)

    return {
        "stops": len(part),
        "exact": float((told == 0).mean()),
        "within_1": float((told.abs() <= 1).mean()),
        "error": float(told.abs().mean()),
        "bias": float(told.mean()),
        "coverage_80": float(((part["low"] <= part["place"]) & (part["place"] <= part["high"])).mean()),
        "naive_exact": float((naive == 0).mean()),
        "naive_within_1": float((naive.abs() <= 1).mean()),
        "naive_error": float(naive.abs().mean()),
        "given_exact": float((part["given"] == part["place"]).mean()),
        "given_within_1": float(((part["given"] - part["place"]).abs() <= 1).mean()),
        "gain_exact": gain(0),
        "gain_within_1": gain(1),
    }
