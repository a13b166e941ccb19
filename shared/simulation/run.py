"""Deals the work of a simulation out to the machine: blocks of scenarios, one plan each, over two threads.

One compiled program serves every race length, field and plan: the number of laps is a dynamic trip count, the field is
padded to the next of ``SLOTS``.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from shared.simulation.params import RaceParams
from shared.simulation.plain import plain_race
from shared.simulation.race import BlockOutcome, race
from shared.simulation.types import MAX_CARS, MAX_STOPS, Outcome, Plans

SLOTS = (20, 22, MAX_CARS)  # sizes of field that are compiled, each when first met
LANES = 256  # scenarios that run side by side: a block stays in the second-level cache, and its pieces pay their call
BLOCK = 256  # scenarios of one call: what one thread takes at a time, and the least that the search asks for

NO_PLAN = Plans(np.full((1, MAX_STOPS), -1, np.int32), np.zeros((1, MAX_STOPS), np.int32))

_PER_CAR = tuple(
    name
    for name in RaceParams._fields
    if name
    in {
        "gap", "penalty", "pace_mean", "pace_sd", "next_stop", "compound", "age", "used", "stops", "in_pit", "plan_lap",
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
        plan_lap=jnp.asarray(params.plan_lap).at[ego].set(plan_lap),
        plan_compound=jnp.asarray(params.plan_compound).at[ego].set(plan_compound),
        has_plan=jnp.asarray(params.has_plan).at[ego].set(plan_lap[0] >= 0),
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

    fitted: dict[str, Any] = {name: fit(getattr(params, name)) for name in _PER_CAR}
    return params._replace(**fitted)


def simulate(params: RaceParams, ego: int, plans: Plans | None, n_scenarios: int, seed: int) -> Outcome:
    """Every plan of car ``ego`` in the same ``n_scenarios`` scenarios; see ``types.Outcome`` for shapes.

    Without ``plans`` (None, K = 1) the pit policy decides for car ``ego`` as for its rivals. Scenario s of a seed is
    the same scenario whatever ``n_scenarios`` and the plan, on one machine.
    Raises ValueError for a field of more than ``MAX_CARS`` or an ``ego`` outside it.
    """
    n = int(params.n_cars)
    if not 0 <= ego < n or n > MAX_CARS:
        raise ValueError(f"car {ego} of a field of {n}: the field holds 1 to {MAX_CARS} cars")
    if plans is None:
        plans = NO_PLAN
    slots = next(slots for slots in SLOTS if n <= slots)
    padded = jax.device_put(pad(params, slots))
    lap, compound = _fill(plans.lap), _fill(plans.compound)
    result = _empty(len(lap), n, n_scenarios)

    def work(item: tuple[int, int]) -> None:
        k, first = item
        block = _block(padded, np.int32(ego), lap[k], compound[k], np.uint32(seed), np.int32(first))
        last = min(first + BLOCK, n_scenarios)
        for whole, part in zip(result, block, strict=True):
            whole[k, ..., first:last] = (
                np.asarray(part)[..., :n, : last - first] if part.ndim > 1 else part[: last - first]
            )

    items = [(k, first) for first in range(0, n_scenarios, BLOCK) for k in range(len(lap))]
    for _ in _threads().map(work, items):
        pass
    return result


def warm_up(cache_dir: Path | None = None, n_cars: int = 20) -> None:
    """Compiles the simulation for fields of up to ``n_cars``, from JAX's persistent cache in ``cache_dir`` where that
    has it and into it where not. A cache made on another kind of CPU is passed over, which costs the compilation."""
    if cache_dir is not None:
        jax.config.update("jax_compilation_cache_dir", str(cache_dir))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    simulate(plain_race(n_cars), 0, None, 1, 0)


def _fill(x: np.ndarray) -> np.ndarray:
    x = np.asarray(x, np.int32)
    return np.pad(x, ((0, 0), (0, MAX_STOPS - x.shape[1])))


def _empty(k: int, n: int, s: int) -> Outcome:
    """Room for an outcome of K plans, n cars and S scenarios."""
    of_cars = {"place", "retired", "next_stop_lap", "next_stop_compound", "next_stop_green", "stops_made"}
    kinds: dict[str, type] = {"retired": bool, "next_stop_green": bool}
    kinds |= {"race_time": np.float32, "rejoin_ahead": np.float32, "rejoin_behind": np.float32}
    return Outcome(
        **{
            name: np.empty((k, n, s) if name in of_cars else (k, s), kinds.get(name, np.uint8))
            for name in Outcome._fields
        }
    )
