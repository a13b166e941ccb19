"""From the state of a race to what happens lap by lap over its scenarios: the answer of ``/simulate``."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt

from shared.contract.simulation import SimulateAnswer, SimulateRequest
from shared.models.build import build_params
from shared.models.bundle import Bundle
from shared.race.state import RaceState, Stop
from shared.race.vocabulary import Compound, TrackStatus
from shared.simulation import NO_CAR, simulate
from shared.simulation.script import own_plan
from shared.simulation.trace import Trace, trace
from shared.strategy.advice import Fuel
from shared.strategy.forecast import DIGITS, forecast
from shared.strategy.plan_comparison import compared_car, comparison

SCENARIOS_BY_LAP = 2048
"""Scenarios told lap by lap, at most: the median lap time of a car then has a standard error of some 0.02 s."""
MOST_STRATEGIES = 10


def simulate_race(request: SimulateRequest, state: RaceState, bundle: Bundle) -> SimulateAnswer:
    """The race of ``state`` to the flag, under the strategies its cars have. ``latency_ms`` is left 0."""
    params = build_params(state, bundle)
    compared = compared_car(request, state, bundle)
    ego = compared or 0
    plan = own_plan(params, ego) if state.cars[ego].plan is not None else None
    outcome = simulate(params, ego, plan, request.n_scenarios, request.seed)
    told = trace(params, min(request.n_scenarios, SCENARIOS_BY_LAP), request.seed)
    fuel = Fuel(state, params)
    winner = np.where(np.isnan(told.race_time), np.inf, told.race_time).min(axis=0)
    return SimulateAnswer.model_validate(
        {
            "forecast": forecast(outcome, 0, state),
            "cars": [_lap_by_lap(told, i, state, fuel) for i in range(len(state.cars))],
            "safety_car_probability": [round(float((row == TrackStatus.SC).mean()), DIGITS) for row in told.status],
            "race_time": _quantiles(winner[np.isfinite(winner)]),
            "first_lap": state.lap + 1,
            "warnings": state.warnings,
            "n_scenarios": request.n_scenarios,
            "n_scenarios_by_lap": told.position.shape[-1],
            "seed": request.seed,
            "model_version": bundle.version,
            "comparison": comparison(request, state, params, ego, outcome) if compared is not None else None,
        }
    )


def _lap_by_lap(told: Trace, i: int, state: RaceState, fuel: Fuel) -> dict[str, Any]:
    """Car ``i`` over the laps from now to the flag."""
    laps = range(state.lap + 1, state.total_laps + 1)
    places = np.quantile(told.position[:, i], [0.5, 0.1, 0.9], axis=-1, method="inverted_cdf").T
    return {
        "driver_id": state.cars[i].driver_id,
        "lap_times": [_median(times) for times in told.lap_time[:, i]],
        "fuel": [fuel.at(lap) for lap in laps],
        "positions": [
            {"lap": lap, "median": int(median), "p10": int(low), "p90": int(high)}
            for lap, (median, low, high) in zip(laps, places, strict=True)
        ],
        "stops": _strategies(told.fitted[:, i][:, np.isfinite(told.race_time[i])], state.lap, fuel),
    }


def _strategies(fitted: npt.NDArray[np.uint8], lap: int, fuel: Fuel) -> list[dict[str, Any]]:
    """The most frequent orders of compounds u8[L, S] with their share, each stop on the median of its laps."""
    by_compounds: dict[tuple[int, ...], list[npt.NDArray[np.int64]]] = {}
    counts: Counter[tuple[int, ...]] = Counter()
    for column in fitted.T:
        rows = np.flatnonzero(column != NO_CAR)
        compounds = tuple(int(code) for code in column[rows])
        counts[compounds] += 1
        by_compounds.setdefault(compounds, []).append(rows + lap + 1)
    found = []
    for compounds, count in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:MOST_STRATEGIES]:
        middle = np.quantile(np.array(by_compounds[compounds]), 0.5, axis=0, method="inverted_cdf") if compounds else ()
        plan = tuple(Stop(int(at), Compound(code)) for at, code in zip(middle, compounds, strict=True))
        found.append({"stops": fuel.stops(plan), "share": round(count / fitted.shape[1], DIGITS)})
    return found


def _median(times: npt.NDArray[np.float32]) -> float | None:
    done = times[~np.isnan(times)]
    return round(float(np.median(done)), 3) if len(done) else None


def _quantiles(values: npt.NDArray[np.float32]) -> dict[str, float | None]:
    if not len(values):
        return dict.fromkeys(("median", "p10", "p90"))
    median, low, high = (round(float(x), 3) for x in np.quantile(values, [0.5, 0.1, 0.9], method="inverted_cdf"))
    return {"median": median, "p10": low, "p90": high}
