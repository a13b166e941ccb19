"""How far the call rests on what the models and the request leave open.

The models' own parameters come in N_DRAWS draws that the scenarios already carry. Inputs that the request left out are
drawn here: gaps and tire ages of rivals filled in from what is typical, and the pace of every car whose laps are not
given; the call and its best rival are simulated again under each.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from shared.race.state import RaceState
from shared.simulation.params import RaceParams
from shared.simulation.types import N_DRAWS
from shared.strategy.search.arena import Arena
from shared.strategy.search.halving import Found
from shared.strategy.search.statistics import share_of_draws
from shared.strategy.search.together import together

N_INPUT_DRAWS = 8
N_SCENARIOS = 256
GAP_SPREAD = 0.6
"""Standard deviation of the logarithm of a gap between neighbors that was filled in: most lie within a factor 2."""
AGE_SPREAD = 5.0
"""Standard deviation of a filled-in tire age, laps."""
PACE_SPREAD = 0.2
"""Seconds on a 90 s lap by which a car's last ten laps move the estimate of its pace: standard deviation at a quarter
of the distance (n = 626 cars, 2022 to 2024; 0.16 at half of it, n = 94)."""
REFERENCE_LAP = 90.0


def confidence(arena: Arena, found: Found, state: RaceState) -> float:
    """Share of the draws of parameters, and of missing inputs where there are any, under which the call stays best.

    The call is what ``Found.same_call`` says: no stop, or this compound within the pit window. It stays best
    in a draw when its expected objective there is not below that of the best plan that is another call; of several
    such plans the one that does most harm counts. 1 when the rules leave no other call.
    """
    rivals = found.rivals
    if not rivals:
        return 1.0
    tables = [_by_draw(found.best.values[: rival.n_scenarios], rival.values) for rival in rivals]
    shares = [share_of_draws(table) for table in tables]
    if not any(car.assumed or not car.recent_laps for car in state.cars):
        return min(shares)
    worst = rivals[int(np.argmin(shares))]

    def under(draw: int) -> np.ndarray:
        params = shake_inputs(arena.params, arena.ego, state, np.random.default_rng((arena.seed, draw)))
        call, rival = arena.judge([found.best.plan, worst.plan], N_SCENARIOS, params)
        return _by_draw(call.values, rival.values)

    shaken = together([partial(under, draw) for draw in range(N_INPUT_DRAWS)])
    return min(*shares, share_of_draws(np.concatenate(shaken, axis=1)))


def shake_inputs(params: RaceParams, ego: int, state: RaceState, rng: np.random.Generator) -> RaceParams:
    """The parameters with gaps and tire ages of filled-in cars, and the pace of cars without laps, drawn anew. The
    order and the gap of the car asked about to the leader stay as they are."""
    n = len(state.cars)
    assumed = np.array([car.assumed for car in state.cars])
    gap = np.array(params.gap, np.float64)
    steps = np.diff(gap[:n], prepend=0.0)
    free = assumed & (np.arange(n) > 0)
    free[1:] |= assumed[:-1]
    drawn = steps * np.where(free, np.exp(GAP_SPREAD * rng.standard_normal(n)), 1.0)
    ahead = drawn[: ego + 1].sum()
    if ahead > 0.0:
        drawn[: ego + 1] *= gap[ego] / ahead
    gap[:n] = np.cumsum(drawn)
    age = np.array(params.age)
    shifts = np.rint(AGE_SPREAD * rng.standard_normal(n))
    age[:n] = np.where(assumed, np.clip(age[:n] + shifts, 0, state.lap + 3), age[:n])
    untold = np.array([car.assumed or not car.recent_laps for car in state.cars])
    pace = np.array(params.pace_mean)
    error = PACE_SPREAD * float(params.base_lap) / REFERENCE_LAP * rng.standard_normal(n)
    pace[:n] += np.where(untold, error, 0.0).astype(pace.dtype)
    return params._replace(pace_mean=pace, gap=gap.astype(params.gap.dtype), age=age.astype(params.age.dtype))


def _by_draw(call: np.ndarray, rival: np.ndarray) -> np.ndarray:
    """f64[S // N_DRAWS, N_DRAWS]: the call's value less the rival's, a column per parameter draw."""
    n = len(rival) // N_DRAWS * N_DRAWS
    return np.asarray((call[:n] - rival[:n]).reshape(-1, N_DRAWS))
