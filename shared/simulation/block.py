"""What one call of the compiled simulation computes: some blocks of scenarios, from parameters in one array to
outcomes in three.

One compiled program serves every race length, field and plan: the number of laps is a dynamic trip count, the field is
padded to the next of ``SLOTS``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from shared.simulation.lap.pit import pack_plan, pack_plans
from shared.simulation.params import RaceParams
from shared.simulation.plain import plain_race
from shared.simulation.race import BlockOutcome, race
from shared.simulation.types import MAX_CARS

SLOTS = (20, 22, MAX_CARS)  # sizes of field that are compiled, each when first met
BLOCK = 256  # scenarios that run side by side: a block stays in the second-level cache, and its pieces pay their call
PIECE = 64  # scenarios of one plan: a block holds pieces of any plans, so that few scenarios of many plans fill it too
PIECES = BLOCK // PIECE
BLOCKS = 4  # at most so many blocks are one call, of any plans: what one thread takes at a time

_PER_CAR = tuple(
    name
    for name in RaceParams._fields
    if name
    in {
        "gap", "penalty", "pace_mean", "pace_sd", "gap_draws", "age_draws", "pace_draws", "next_stop", "compound",
        "age", "used", "stops", "in_pit", "plan_lap", "plan_compound", "has_plan", "stint_offset", "stint_wear",
        "retire_rate",
    }
)  # fmt: skip


class Task(NamedTuple):
    """What one call computes, by block and piece: plan_lap and plan_compound i32[BLOCKS, PIECES, MAX_STOPS], first
    scenario i32[BLOCKS, PIECES]; ``count`` blocks are asked for. ego i32, seed u32."""

    ego: Any
    seed: Any
    count: Any
    plan_lap: Any
    plan_compound: Any
    first: Any


class Packed(NamedTuple):
    """Outcomes of a call's blocks, few arrays because each costs its way off the device: what is small by car
    u8[BLOCKS, 6, C, BLOCK] and by scenario u8[BLOCKS, 3, BLOCK], times f32[BLOCKS, 3, BLOCK]."""

    of_cars: Array
    of_ego: Array
    times: Array


OF_CARS = ("place", "retired", "next_stop_lap", "next_stop_compound", "next_stop_green", "stops_made")
OF_EGO = ("rejoin_place", "rejoin_ahead_car", "rejoin_behind_car")
TIMES = ("race_time", "rejoin_ahead", "rejoin_behind")


def _packed(outcome: BlockOutcome) -> Packed:
    def stacked(names: tuple[str, ...], kind: Any) -> Array:
        return jnp.stack([getattr(outcome, name).astype(kind) for name in names])

    return Packed(stacked(OF_CARS, jnp.uint8), stacked(OF_EGO, jnp.uint8), stacked(TIMES, jnp.float32))


class _Leaf(NamedTuple):
    """One array of the parameters in their words: where it begins, its shape and kind."""

    start: int
    shape: tuple[int, ...]
    kind: np.dtype[Any]


@lru_cache(maxsize=len(SLOTS))
def _layout(slots: int) -> tuple[tuple[_Leaf, ...], Any]:
    """Where each array of the parameters of a field of ``slots`` is in their words, and how they belong together."""
    leaves, tree = jax.tree.flatten(pad(plain_race(1), slots))
    starts = np.cumsum([0, *(np.size(leaf) for leaf in leaves[:-1])])
    return tuple(_Leaf(int(at), np.shape(x), np.asarray(x).dtype) for at, x in zip(starts, leaves, strict=True)), tree


def words_of(params: RaceParams, slots: int) -> np.ndarray:
    """i32 of all the parameters, end to end: one array goes to the device at the price of one, not of seventy. Raises
    ValueError for one of another shape than it should have."""
    words = []
    leaves = jax.tree_util.tree_leaves_with_path(pad(params, slots))
    for (path, leaf), place in zip(leaves, _layout(slots)[0], strict=True):
        if np.shape(leaf) != place.shape:
            name = jax.tree_util.keystr(path, simple=True, separator=".")
            raise ValueError(f"{name} of the race's parameters has the shape {np.shape(leaf)}, not {place.shape}")
        values = np.ascontiguousarray(leaf, np.float32 if place.kind.kind == "f" else np.int32)
        words.append(values.reshape(-1).view(np.int32))
    return np.concatenate(words)


def _params(words: Array, slots: int) -> RaceParams:
    """The parameters that ``_words`` has put end to end."""
    places, tree = _layout(slots)

    def leaf(place: _Leaf) -> Array:
        part = words[place.start : place.start + int(np.prod(place.shape, dtype=int))].reshape(place.shape)
        if place.kind.kind == "f":
            return jax.lax.bitcast_convert_type(part, jnp.float32)
        return part != 0 if place.kind.kind == "b" else part

    params: RaceParams = jax.tree.unflatten(tree, [leaf(place) for place in places])
    return params


def blocks(words: Array, task: Task, slots: int) -> Packed:
    """The outcomes of a call's blocks, traced by JAX: the parameters as ``words_of`` has them for ``slots`` cars."""
    params = _params(words, slots)
    others = pack_plans(params)

    def one(i: Array, told: Packed) -> Packed:
        scenario = (task.first[i][:, None] + jnp.arange(PIECE, dtype=jnp.int32)).reshape(-1)
        plans = jnp.broadcast_to(others, (PIECES, *others.shape))
        plans = plans.at[:, task.ego].set(pack_plan(task.plan_lap[i], task.plan_compound[i]))
        block = _packed(race(params, task.ego, task.seed, scenario, plans))
        return jax.tree.map(lambda whole, part: whole.at[i].set(part), told, block)

    c = len(params.gap)
    empty = Packed(
        jnp.zeros((BLOCKS, len(OF_CARS), c, BLOCK), jnp.uint8),
        jnp.zeros((BLOCKS, len(OF_EGO), BLOCK), jnp.uint8),
        jnp.zeros((BLOCKS, len(TIMES), BLOCK), jnp.float32),
    )
    return jax.lax.fori_loop(0, task.count, one, empty)


def pad(params: RaceParams, slots: int) -> RaceParams:
    """Params with the car axis padded (or cut) to ``slots``. Raises ValueError when the field does not fit."""
    if int(params.n_cars) > slots:
        raise ValueError(f"{int(params.n_cars)} cars do not fit {slots} slots")

    def fit(x: np.ndarray) -> np.ndarray:
        x = x[:slots]
        return np.concatenate([x, np.zeros((slots - len(x), *x.shape[1:]), x.dtype)]) if len(x) < slots else x

    fitted: dict[str, Any] = {name: fit(getattr(params, name)) for name in _PER_CAR}
    return params._replace(**fitted)
