"""Deals the work of a simulation out to the machine: pieces of scenarios, one plan each, in blocks over its threads.

One compiled program serves every race length, field and plan: the number of laps is a dynamic trip count, the field is
padded to the next of ``SLOTS``.
"""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.stages import Compiled

from shared.simulation.executable import prepared
from shared.simulation.lap.pit import pack_plan, pack_plans
from shared.simulation.params import RaceParams
from shared.simulation.plain import plain_race
from shared.simulation.race import BlockOutcome, race
from shared.simulation.types import MAX_CARS, MAX_STOPS, Outcome, Plans

SLOTS = (20, 22, MAX_CARS)  # sizes of field that are compiled, each when first met
BLOCK = 256  # scenarios that run side by side: a block stays in the second-level cache, and its pieces pay their call
PIECE = 64  # scenarios of one plan: a block holds pieces of any plans, so that few scenarios of many plans fill it too
PIECES = BLOCK // PIECE
BLOCKS = 4  # at most so many blocks are one call, of any plans: what one thread takes at a time

_PROGRAMS: dict[int, Future[Compiled]] = {}  # by size of field, made or in the making
_BEGINNING = {slots: Lock() for slots in SLOTS}

NO_PLAN = Plans(np.full((1, MAX_STOPS), -1, np.int32), np.zeros((1, MAX_STOPS), np.int32))

_OPTIONS = {
    # the threads here have work for every processor: XLA's own, inside a call, would only get in their way
    "xla_cpu_multi_thread_eigen": False,
    "xla_cpu_enable_concurrency_optimized_scheduler": False,
    # the older way to machine code, and LLVM's lowest level: as quick a program, the same bytes, in half of the time
    "xla_cpu_use_fusion_emitters": False,
    "xla_backend_optimization_level": 1,
}

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


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="simulate")


class _Task(NamedTuple):
    """What one call computes, by block and piece: plan_lap and plan_compound i32[BLOCKS, PIECES, MAX_STOPS], first
    scenario i32[BLOCKS, PIECES]; ``count`` blocks are asked for. ego i32, seed u32."""

    ego: Any
    seed: Any
    count: Any
    plan_lap: Any
    plan_compound: Any
    first: Any


_Piece = tuple[int, int]  # a plan and the first of its scenarios


class _Packed(NamedTuple):
    """Outcomes of a call's blocks, few arrays because each costs its way off the device: what is small by car
    u8[BLOCKS, 6, C, BLOCK] and by scenario u8[BLOCKS, 3, BLOCK], times f32[BLOCKS, 3, BLOCK]."""

    of_cars: Array
    of_ego: Array
    times: Array


_OF_CARS = ("place", "retired", "next_stop_lap", "next_stop_compound", "next_stop_green", "stops_made")
_OF_EGO = ("rejoin_place", "rejoin_ahead_car", "rejoin_behind_car")
_TIMES = ("race_time", "rejoin_ahead", "rejoin_behind")


def _packed(outcome: BlockOutcome) -> _Packed:
    def stacked(names: tuple[str, ...], kind: Any) -> Array:
        return jnp.stack([getattr(outcome, name).astype(kind) for name in names])

    return _Packed(stacked(_OF_CARS, jnp.uint8), stacked(_OF_EGO, jnp.uint8), stacked(_TIMES, jnp.float32))


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


def _words(params: RaceParams, slots: int) -> np.ndarray:
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


def program(slots: int) -> Future[Compiled]:
    """The simulation of a field of ``slots``, f(words, task) -> _Packed, which is traced now, compiled in a thread, and
    the same for all who ask."""
    with _BEGINNING[slots]:
        begun = _PROGRAMS.get(slots)
        if begun is None or (begun.done() and begun.exception()):
            plan = np.zeros((BLOCKS, PIECES, MAX_STOPS), np.int32)
            task = _Task(np.int32(0), np.uint32(0), np.int32(0), plan, plan, plan[..., 0])
            words = _words(plain_race(1), slots)
            rest = prepared(f"race-{slots}", lambda: _blocks.lower(words, task, slots))
            begun = _PROGRAMS[slots] = _compiler().submit(rest)
        return begun


@lru_cache(maxsize=1)
def _compiler() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=len(SLOTS), thread_name_prefix="compile")


@partial(jax.jit, static_argnames="slots", compiler_options=_OPTIONS)
def _blocks(words: Array, task: _Task, slots: int) -> _Packed:
    params = _params(words, slots)
    others = pack_plans(params)

    def one(i: Array, told: _Packed) -> _Packed:
        scenario = (task.first[i][:, None] + jnp.arange(PIECE, dtype=jnp.int32)).reshape(-1)
        plans = jnp.broadcast_to(others, (PIECES, *others.shape))
        plans = plans.at[:, task.ego].set(pack_plan(task.plan_lap[i], task.plan_compound[i]))
        block = _packed(race(params, task.ego, task.seed, scenario, plans))
        return jax.tree.map(lambda whole, part: whole.at[i].set(part), told, block)

    c = len(params.gap)
    empty = _Packed(
        jnp.zeros((BLOCKS, len(_OF_CARS), c, BLOCK), jnp.uint8),
        jnp.zeros((BLOCKS, len(_OF_EGO), BLOCK), jnp.uint8),
        jnp.zeros((BLOCKS, len(_TIMES), BLOCK), jnp.float32),
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


def simulate(params: RaceParams, ego: int, plans: Plans | None, n_scenarios: int, seed: int, first: int = 0) -> Outcome:
    """Every plan of car ``ego`` in the same ``n_scenarios`` scenarios from ``first`` on; see ``types.Outcome``.

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
    run = program(slots).result()
    words = jax.device_put(_words(params, slots))
    lap, compound = _fill(plans.lap), _fill(plans.compound)
    result = _empty(len(lap), n, n_scenarios)
    pieces = [(k, start) for start in range(0, n_scenarios, PIECE) for k in range(len(lap))]

    def work(blocks: list[list[_Piece]]) -> None:
        filled = [block + block[:1] * (PIECES - len(block)) for block in blocks]
        filled += filled[:1] * (BLOCKS - len(filled))
        row, starts = np.moveaxis(np.array(filled, np.int32), -1, 0)
        task = _Task(np.int32(ego), np.uint32(seed), np.int32(len(blocks)), lap[row], compound[row], first + starts)
        told = [np.asarray(part) for part in run(words, task)]
        for i, block in enumerate(blocks):
            for j, (k, start) in enumerate(block):
                of_piece = (part[i, ..., j * PIECE : (j + 1) * PIECE] for part in told)
                _unpack(_Packed(*of_piece), result, k, start)

    for _ in _threads().map(work, _dealt([pieces[i : i + PIECES] for i in range(0, len(pieces), PIECES)])):
        pass
    return result


def _dealt(blocks: list[list[_Piece]]) -> list[list[list[_Piece]]]:
    """The blocks in calls of at most BLOCKS, as many for every thread and as long: none waits for another's last."""
    threads = os.cpu_count() or 1
    calls = min(len(blocks), threads * -(-len(blocks) // (threads * BLOCKS)))
    ends = [len(blocks) * i // calls for i in range(calls + 1)]
    return [blocks[first:last] for first, last in pairwise(ends)]


def _unpack(told: _Packed, result: Outcome, k: int, first: int) -> None:
    """One piece's outcome into plan ``k`` of the whole, from scenario ``first`` on."""
    n, last = result.place.shape[1], min(first + PIECE, result.place.shape[2])
    for names, part in ((_OF_CARS, told.of_cars), (_OF_EGO, told.of_ego), (_TIMES, told.times)):
        for name, values in zip(names, part, strict=True):
            getattr(result, name)[k, ..., first:last] = values[..., : last - first][: n if values.ndim > 1 else None]


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
    kinds: dict[str, type] = {"retired": bool, "next_stop_green": bool}
    kinds |= {"race_time": np.float32, "rejoin_ahead": np.float32, "rejoin_behind": np.float32}
    return Outcome(
        **{
            name: np.empty((k, n, s) if name in _OF_CARS else (k, s), kinds.get(name, np.uint8))
            for name in Outcome._fields
        }
    )
