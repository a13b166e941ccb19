"""Deals the work of a simulation out to the machine: pieces of scenarios, one plan each, in blocks over its threads."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from itertools import pairwise

import jax
import numpy as np

from shared.simulation.block import (
    BLOCKS,
    OF_CARS,
    OF_EGO,
    PIECE,
    PIECES,
    SLOTS,
    TIMES,
    Packed,
    Task,
    words_of,
)
from shared.simulation.params import Itself, RaceParams
from shared.simulation.plain import plain_race
from shared.simulation.programs import program
from shared.simulation.types import MAX_CARS, MAX_STOPS, Outcome, Plans

NO_PLAN = Plans(np.full((1, MAX_STOPS), -1, np.int32), np.zeros((1, MAX_STOPS), np.int32))


@lru_cache(maxsize=1)
def _processors() -> int:
    return os.cpu_count() or 1


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=_processors(), thread_name_prefix="simulate")


@lru_cache(maxsize=16)
def _on_device(race: Itself, slots: int) -> jax.Array:
    return jax.device_put(words_of(race.params, slots))


_Piece = tuple[int, int]  # a plan and the first of its scenarios


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
    words = _on_device(Itself(params), slots)
    lap, compound = _fill(plans.lap), _fill(plans.compound)
    result = _empty(len(lap), n, n_scenarios)
    pieces = [(k, start) for start in range(0, n_scenarios, PIECE) for k in range(len(lap))]

    def work(blocks: list[list[_Piece]]) -> None:
        filled = [block + block[:1] * (PIECES - len(block)) for block in blocks]
        filled += filled[:1] * (BLOCKS - len(filled))
        row, starts = np.moveaxis(np.array(filled, np.int32), -1, 0)
        task = Task(np.int32(ego), np.uint32(seed), np.int32(len(blocks)), lap[row], compound[row], first + starts)
        told = [np.asarray(part) for part in run(words, task)]
        for i, block in enumerate(blocks):
            for j, (k, start) in enumerate(block):
                of_piece = (part[i, ..., j * PIECE : (j + 1) * PIECE] for part in told)
                _unpack(Packed(*of_piece), result, k, start)

    under_way: deque[Future[None]] = deque()
    for blocks in _dealt([pieces[i : i + PIECES] for i in range(0, len(pieces), PIECES)]):
        if len(under_way) > _processors():  # no more wait than keep the threads at work: others have their turn
            under_way.popleft().result()
        under_way.append(_threads().submit(work, blocks))
    for call in under_way:
        call.result()
    return result


def _dealt(blocks: list[list[_Piece]]) -> list[list[list[_Piece]]]:
    """The blocks in calls of at most BLOCKS, as many for every thread and as long: none waits for another's last."""
    threads = _processors()
    calls = min(len(blocks), threads * -(-len(blocks) // (threads * BLOCKS)))
    ends = [len(blocks) * i // calls for i in range(calls + 1)]
    return [blocks[first:last] for first, last in pairwise(ends)]


def _unpack(told: Packed, result: Outcome, k: int, first: int) -> None:
    """One piece's outcome into plan ``k`` of the whole, from scenario ``first`` on."""
    n, last = result.place.shape[1], min(first + PIECE, result.place.shape[2])
    for names, part in ((OF_CARS, told.of_cars), (OF_EGO, told.of_ego), (TIMES, told.times)):
        for name, values in zip(names, part, strict=True):
            getattr(result, name)[k, ..., first:last] = values[..., : last - first][: n if values.ndim > 1 else None]


def warm_up(n_cars: int = 20) -> None:
    """Compiles the simulation for fields of up to ``n_cars``, as ``programs.program`` does."""
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
            name: np.empty((k, n, s) if name in OF_CARS else (k, s), kinds.get(name, np.uint8))
            for name in Outcome._fields
        }
    )
