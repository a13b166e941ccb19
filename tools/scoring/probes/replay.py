"""The physics on trial: a race simulated with its real stops, safety cars, weather and retirements given.

What is left to chance is pace, tires, traffic and the seconds that a stop takes. Pace is either what the models of the
seasons before and the laps so far say, or, in sample as in published replays, each car's own over the whole race.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from shared.models.build import build_params
from shared.models.bundle import Bundle
from shared.race.state import CarState, RaceState
from shared.race.vocabulary import Compound, TrackStatus
from shared.scoring import measures
from shared.scoring.measures import Floats, Ints
from shared.simulation import simulate
from shared.simulation.params import RaceParams
from shared.simulation.script import own_plan
from tools.scoring.probes.races import PastRace, replayed

GRID, FIRST_LAP = "the grid", "lap 1"
KNOWN, OWN = "from earlier seasons and the laps so far", "each car's own over this race (in sample)"
CLEAN_GAP = 1.5
"""A lap closer than this behind another car, s, says little of a car's own pace."""


def rows(races: Iterable[PastRace], bundle: Bundle, n: int, seed: int) -> list[dict[str, Any]]:
    """One row a race, start and source of pace: measures over the cars that reached the flag."""
    out = []
    for race in races:
        if not race.recorded(1):
            continue
        for start, moment in ((GRID, grid_state(race)), (FIRST_LAP, race.state(1))):
            state = replace(moment, total_laps=race.grid.laps_run)
            known = replayed(race, state, build_params(state, bundle))
            for source in (KNOWN, OWN):
                params = known if source == KNOWN else with_own_pace(race, state, known)
                outcome = simulate(params, 0, own_plan(params, 0), n, seed)
                out.append(race.labels | {"start": start, "pace": source} | score(race, state, outcome.place[0]))
    return out


def grid_state(race: PastRace) -> RaceState:
    """The race before its start: the cars that did a lap, in the order of the grid, on the tires they started on."""
    first = race.state(1)
    grid = race.results.set_index("driver_id")["grid"].to_dict() if len(race.results) else {}

    def slot(car: CarState) -> tuple[float, int]:
        place = float(grid.get(car.driver_id, np.nan))
        return (place if place > 0 else 99.0, car.position)

    started = race.laps[race.laps["lap"] == 1].set_index("driver_id")
    cars = []
    for k, car in enumerate(sorted(first.cars, key=slot)):
        age = started["tire_age"].get(car.driver_id, np.nan)
        name = started["compound"].get(car.driver_id)
        fitted = Compound[name] if isinstance(name, str) else car.compound
        cars.append(
            CarState(
                driver_id=car.driver_id, team=car.team, position=k + 1, gap_to_leader=round(0.3 * k, 3),
                compound=fitted, tire_age=max(int(age) - 1, 0) if age >= 1 else 0, compounds_used=(fitted,),
                grid_position=k + 1,
            )
        )  # fmt: skip
    return replace(first, lap=0, cars=tuple(cars), track_status=TrackStatus.GREEN)


def with_own_pace(race: PastRace, state: RaceState, params: RaceParams) -> RaceParams:
    """The same with every car's pace as its own laps of the whole race show it, and no error of pace."""
    pace = own_pace(race, [car.driver_id for car in state.cars], params)
    mean = np.array(params.pace_mean)
    mean[: len(pace)] = np.where(np.isfinite(pace), pace, mean[: len(pace)])
    sure = {name: np.zeros_like(getattr(params, name)) for name in ("pace_sd", "pace_draws")}
    return params._replace(pace_mean=mean.astype(np.float32), **sure)


def own_pace(race: PastRace, drivers: list[str], params: RaceParams, until: int | None = None) -> Floats:
    """f64[C]: median over clean green laps (up to ``until``) of a car's time less the field's on that lap, s, tires
    taken off as the simulation puts them on; NaN for a car without five such laps."""
    grid = race.grid.grid
    end = grid.ran.shape[1] if until is None else until
    rows_of = [race.grid.drivers.index(driver) for driver in drivers]
    code = np.clip(grid.compound, 0, 4)
    worn = np.asarray(params.tire_offset)[code] + np.asarray(params.tire_wear)[code] * np.nan_to_num(grid.age)
    usable = (
        grid.ran & (grid.status <= TrackStatus.YELLOW) & ~grid.pit_in & ~grid.pit_out & (grid.lap[None, :] > 1)
        & (grid.compound >= 0) & np.isfinite(grid.lap_time)
    )  # fmt: skip
    net = np.where(usable, grid.lap_time - worn, np.nan)[:, :end]
    crowded = usable.sum(axis=0)[:end] >= 5
    out = np.full(len(drivers), np.nan)
    if not crowded.any():
        return out
    field = np.nanmedian(net[:, crowded], axis=0)
    over = net[:, crowded] - field
    free = _gap_ahead(race)[:, :end][:, crowded] > CLEAN_GAP
    for k, i in enumerate(rows_of):
        laps = over[i][np.isfinite(over[i]) & (np.abs(over[i]) < 6.0)]
        clear = over[i][np.isfinite(over[i]) & (np.abs(over[i]) < 6.0) & free[i]]
        chosen = clear if len(clear) >= 5 else laps
        if len(chosen) >= 5:
            out[k] = float(np.median(chosen))
    return out - np.nanmean(out)


def _gap_ahead(race: PastRace) -> Floats:
    """f64[C, W]: s to the car ahead at the line on the same lap; infinite for the first."""
    line = np.where(np.isfinite(race.grid.grid.line), race.grid.grid.line, np.inf)
    order = np.argsort(line, axis=0)
    ordered = np.take_along_axis(line, order, axis=0)
    with np.errstate(invalid="ignore"):
        step = np.diff(ordered, axis=0, prepend=-np.inf)
    gap = np.empty_like(line)
    np.put_along_axis(gap, order, step, axis=0)
    return gap


def score(race: PastRace, state: RaceState, place: Ints) -> dict[str, Any]:
    """Measures over the cars that reached the flag. ``place`` [C, S]: places of all cars in every scenario."""
    rank = {driver: k for k, driver in enumerate(race.truth.order)}
    there = [i for i, car in enumerate(state.cars) if car.driver_id not in race.truth.retired]
    truth = np.array([rank[state.cars[i].driver_id] for i in there]).argsort().argsort() + 1
    simulated = place[there].argsort(axis=0).argsort(axis=0) + 1
    p = np.stack([np.bincount(r, minlength=len(there) + 1)[1:] for r in simulated]) / place.shape[1]
    named = np.lexsort((np.arange(len(there)), measures.expected_place(p))).argsort() + 1
    worst = int(np.abs(named - truth).argmax())
    return {
        "finishers": len(there),
        "spearman": measures.spearman(p, truth),
        "crps": float(measures.crps(p, truth).mean()),
        "error": float(np.abs(named - truth).mean()),
        "worst": f"{state.cars[there[worst]].driver_id} {named[worst]} for {truth[worst]}",
    }


def figures(table: pd.DataFrame) -> dict[str, Any]:
    """{start: {pace: {part: measures}}}: over all, dry, wet and safety-car races and by season."""
    out: dict[str, Any] = {}
    for (start, pace), part in table.groupby(["start", "pace"], sort=False):
        splits = {
            "all": part,
            "dry": part[~part["wet"]],
            "wet": part[part["wet"]],
            "safety car": part[part["safety_car"]],
            "dry, no safety car": part[~part["wet"] & ~part["safety_car"]],
        }
        splits |= {str(season): own for season, own in part.groupby("season")}
        out.setdefault(str(start), {})[str(pace)] = {
            name: {"races": len(own)} | {m: float(own[m].mean()) for m in ("spearman", "crps", "error")}
            for name, own in splits.items() if len(own)
        }  # fmt: skip
    return out
