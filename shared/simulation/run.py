"""Deals the work of a simulation out to the machine: blocks of scenarios, one plan each, over two threads.

One compiled program serves every race length, field and plan: the number of laps is a dynamic trip count, the field is
padded to ``SLOTS`` (26 for a larger one, compiled when first met).
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from shared.simulation.params import RaceParams
from shared.simulation.race import BlockOutcome, race
from shared.simulation.types import MAX_CARS, MAX_STOPS, NO_CAR, Outcome, Plans

SLOTS = 22
LANES = 128  # scenarios that run side by side: a block's state stays in the first-level caches
BLOCK = 512  # scenarios of one call: what one thread takes at a time

NO_PLAN = Plans(np.full((1, MAX_STOPS), -1, np.int32), np.zeros((1, MAX_STOPS), np.int32))

_PER_CAR = tuple(
    name
    for name in RaceParams._fields
    if name
    in {
        "gap", "penalty", "pace_mean", "pace_sd", "eager", "compound", "age", "used", "stops", "in_pit", "plan_lap",
        "plan_compound", "has_plan", "stint_offset", "stint_wear", "retire_rate",
    }
)  # fmt: skip


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="simulate")


@partial(jax.jit, static_argnames=("lanes",))
def _block(
    params: RaceParams, ego: Any, plan_lap: Any, plan_compound: Any, seed: Any, first: Any, lanes: int = LANES
) -> BlockOutcome:
    params = params._replace(
        plan_lap=params.plan_lap.at[ego].set(plan_lap),
        plan_compound=params.plan_compound.at[ego].set(plan_compound),
        has_plan=params.has_plan.at[ego].set(plan_lap[0] >= 0),
    )
    starts = first + jnp.arange(BLOCK // lanes, dtype=jnp.int32) * lanes
    parts = jax.lax.map(lambda start: race(params, ego, seed, start, lanes), starts)
    return jax.tree.map(lambda x: jnp.moveaxis(x, 0, -2).reshape(*x.shape[1:-1], BLOCK), parts)


def pad(params: RaceParams, slots: int) -> RaceParams:
    """Params with the car axis padded (or cut) to ``slots``. Raises ValueError when the field does not fit."""
    if int(params.n_cars) > slots:
        raise ValueError(f"{int(params.n_cars)} cars do not fit {slots} slots")

    def fit(x: np.ndarray) -> np.ndarray:
        x = x[:slots]
        return np.concatenate([x, np.zeros((slots - len(x), *x.shape[1:]), x.dtype)]) if len(x) < slots else x

    return params._replace(**{name: fit(getattr(params, name)) for name in _PER_CAR})


def simulate(params: RaceParams, ego: int, plans: Plans | None, n_scenarios: int, seed: int) -> Outcome:
    """Every plan of car ``ego`` in the same ``n_scenarios`` scenarios; see ``types.Outcome`` for shapes.

    Without ``plans`` (None, K = 1) the pit policy decides for car ``ego`` as for its rivals. Scenario s of a seed is the same scenario whatever ``n_scenarios`` and the plan, on one machine.
    Raises ValueError for a field of more than ``MAX_CARS`` or an ``ego`` outside it.
    """
    n = int(params.n_cars)
    if not 0 <= ego < n or n > MAX_CARS:
        raise ValueError(f"car {ego} of a field of {n}: the field holds 1 to {MAX_CARS} cars")
    if plans is None:
        plans = NO_PLAN
    padded = jax.device_put(pad(params, SLOTS if n <= SLOTS else MAX_CARS))
    blocks = -(-n_scenarios // BLOCK)
    lap, compound = _fill(plans.lap), _fill(plans.compound)

    def work(item: tuple[int, int]) -> BlockOutcome:
        k, block = item
        out = _block(padded, np.int32(ego), lap[k], compound[k], np.uint32(seed), np.int32(block * BLOCK))
        return jax.tree.map(np.asarray, out)

    items = [(k, block) for k in range(len(lap)) for block in range(blocks)]
    parts = list(_threads().map(work, items))
    joined = [
        jax.tree.map(lambda *xs: np.concatenate(xs, axis=-1)[..., :n_scenarios], *parts[k * blocks : (k + 1) * blocks])
        for k in range(len(lap))
    ]
    return _outcome(jax.tree.map(lambda *xs: np.stack(xs), *joined), n)


def _fill(x: np.ndarray) -> np.ndarray:
    x = np.asarray(x, np.int32)
    return np.pad(x, ((0, 0), (0, MAX_STOPS - x.shape[1])))


def _outcome(out: BlockOutcome, n: int) -> Outcome:
    first = out.first_stop[:, :n]
    none = first == 0
    return Outcome(
        place=out.place[:, :n].astype(np.uint8),
        retired=out.retired[:, :n],
        race_time=out.race_time,
        next_stop_lap=(first & 0xFF).astype(np.uint8),
        next_stop_compound=np.where(none, NO_CAR, (first >> 8) & 0xF).astype(np.uint8),
        next_stop_green=~none & (((first >> 12) & 0xF) < 2),
        stops_made=out.made[:, :n].astype(np.uint8),
        rejoin_place=out.rejoin.place.astype(np.uint8),
        rejoin_ahead=out.rejoin.ahead.astype(np.float32),
        rejoin_behind=out.rejoin.behind.astype(np.float32),
        rejoin_ahead_car=out.rejoin.ahead_car.astype(np.uint8),
        rejoin_behind_car=out.rejoin.behind_car.astype(np.uint8),
    )
