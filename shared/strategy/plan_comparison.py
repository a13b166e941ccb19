"""Two plans of one car in the same simulated races: what ``/simulate`` answers to ``compare``."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from shared.contract.simulation import SimulateRequest
from shared.models.bundle import Bundle
from shared.race.state import RaceState, Stop
from shared.race.vocabulary import Compound
from shared.simulation import simulate
from shared.simulation.params import RaceParams
from shared.simulation.types import Outcome
from shared.strategy.names import Names
from shared.strategy.plans.plan import to_arrays
from shared.strategy.search.objective import Objective, values
from shared.strategy.search.statistics import paired_difference

DIGITS = 4


def compared_car(request: SimulateRequest, state: RaceState, bundle: Bundle) -> int | None:
    """Index in ``state.cars`` of the car whose plans are compared; None without ``compare``."""
    if request.compare is None:
        return None
    driver = Names(bundle.tables, bundle.manifest).driver(request.compare.driver_id)
    return next(i for i, car in enumerate(state.cars) if car.driver_id == driver)


def comparison(
    request: SimulateRequest, state: RaceState, params: RaceParams, car: int, own: Outcome
) -> dict[str, Any] | None:
    """The plan of ``compare`` against ``own``, the outcome with ``car`` as the one asked about under its own plan."""
    if request.compare is None:
        return None
    plan = tuple(Stop(stop.lap, Compound[stop.compound]) for stop in request.compare.strategy)
    other = simulate(params, car, to_arrays([plan], 1), request.n_scenarios, request.seed)
    place, before = other.place[0, car], own.place[0, car]
    retired, retired_before = other.retired[0, car], own.retired[0, car]

    def differ(objective: Objective) -> dict[str, float]:
        worth = (state.season, state.circuit_id)
        return _difference(values(objective, place, retired, *worth), values(objective, before, retired_before, *worth))

    time, time_before = other.race_time[0], own.race_time[0]
    both = np.isfinite(time) & np.isfinite(time_before)
    return {
        "driver_id": state.cars[car].driver_id,
        "points": differ("points"),
        "places_gained": differ("position"),
        "win": differ("win"),
        "podium": differ("podium"),
        "time": _difference(time[both], time_before[both]) if both.sum() > 1 else None,
        "ahead": round(float((place < before).mean()), DIGITS),
        "behind": round(float((place > before).mean()), DIGITS),
        "n_scenarios": request.n_scenarios,
    }


def _difference(here: npt.NDArray[Any], there: npt.NDArray[Any]) -> dict[str, float]:
    found = paired_difference(here.astype(np.float64), there.astype(np.float64))
    return {name: round(value, DIGITS) for name, value in found._asdict().items()}
