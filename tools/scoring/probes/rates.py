"""How often things happen: simulated from the end of lap 1 of every race beside what came of that race."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from shared.models.build import build_params
from shared.models.bundle import Bundle
from shared.race.vocabulary import TrackStatus
from shared.simulation import simulate
from shared.simulation.history import track_history
from tools.scoring.probes.races import PastRace, status_by_lap

KINDS = {"safety cars": TrackStatus.SC, "virtual safety cars": TrackStatus.VSC, "red flags": TrackStatus.RED}
LAPS = {"laps under a safety car": TrackStatus.SC, "laps under a VSC": TrackStatus.VSC}
CARS = ("retirements", "stops a finisher")


def rows(races: Iterable[PastRace], bundle: Bundle, n: int, seed: int) -> list[dict[str, Any]]:
    """One row a race and event: simulated mean and spread over scenarios, and the number that came, from lap 2 on."""
    out = []
    for race in races:
        if not race.recorded(1):
            continue
        state = race.state(1)
        params = build_params(state, bundle)
        real = np.array([0, *status_by_lap(race)])
        history = track_history(params, n, seed)
        for name, kind in KINDS.items():
            starts = (real[2:] == kind) & (real[1:-1] != kind)
            told = (history.began & (history.status == kind)).sum(axis=0)
            out.append(_row(race, name, told, float(starts.sum())))
        for name, kind in LAPS.items():
            out.append(_row(race, name, (history.status == kind).sum(axis=0), float((real[2:] == kind).sum())))
        outcome = simulate(params, 0, None, n, seed)
        drivers = [car.driver_id for car in state.cars]
        lost = sum(driver in race.truth.retired for driver in drivers)
        out.append(_row(race, CARS[0], outcome.retired[0].sum(axis=0), float(lost)))
        reached = ~outcome.retired[0]
        made = np.where(reached, outcome.stops_made[0], 0).sum(axis=0) / np.maximum(reached.sum(axis=0), 1)
        finishers = [driver for driver in drivers if driver not in race.truth.retired]
        count = race.truth.stops[race.truth.stops["lap"] > 1].groupby("driver_id").size()
        out.append(_row(race, CARS[1], made, float(count.reindex(finishers, fill_value=0).mean())))
    return out


def _row(race: PastRace, event: str, told: Any, came: float) -> dict[str, Any]:
    return race.labels | {"event": event, "told": float(np.mean(told)), "sd": float(np.std(told)), "came": came}


def figures(table: pd.DataFrame) -> dict[str, Any]:
    """{event: {part: {races, told, came, z}}} a race, over all, dry, wet and by season. z: what came less what was
    told, in standard errors of the simulation's own spread over that many races."""
    out: dict[str, Any] = {}
    for event, rows_of in table.groupby("event", sort=False):
        parts = {"all": rows_of, "dry": rows_of[~rows_of["wet"]], "wet": rows_of[rows_of["wet"]]}
        parts |= {str(season): own for season, own in rows_of.groupby("season")}
        out[str(event)] = {
            name: {
                "races": len(own),
                "told": float(own["told"].mean()),
                "came": float(own["came"].mean()),
                "z": float((own["came"] - own["told"]).sum() / max(np.sqrt(np.square(own["sd"]).sum()), 1e-9)),
            }
            for name, own in parts.items()
            if len(own)
        }
    return out
