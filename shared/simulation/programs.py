"""The compiled simulation of each size of field: made once a process, quickly at first and better when there is time.

XLA has two ways from an expression to machine code. The older, at LLVM's lowest level, takes half the time and makes a
program that takes a tenth longer; the outcomes are the same, byte for byte. A start begins with that one.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache, partial
from threading import Lock

import jax
import numpy as np
from jax.stages import Compiled, Lowered

from shared.simulation.block import BLOCKS, PIECES, SLOTS, Task, blocks, words_of
from shared.simulation.executable import keep, kept
from shared.simulation.plain import plain_race
from shared.simulation.types import MAX_STOPS

_OPTIONS = {
    # the threads of ``run`` have work for every processor: XLA's own, inside a call, would only get in their way
    "xla_cpu_multi_thread_eigen": False,
    "xla_cpu_enable_concurrency_optimized_scheduler": False,
}
_QUICKLY = {"xla_cpu_use_fusion_emitters": False, "xla_backend_optimization_level": 1}

_PROGRAMS: dict[int, Future[Compiled]] = {}  # by size of field, made or in the making
_WELL_MADE: set[int] = set()
_MAKING = {slots: Lock() for slots in SLOTS}

_jitted = partial(jax.jit, static_argnames="slots", compiler_options=_OPTIONS)(blocks)


def program(slots: int) -> Future[Compiled]:
    """The simulation of a field of ``slots``, f(words, task) -> Packed: what an earlier start has kept, or else traced
    now and compiled quickly in a thread; the same for all who ask."""
    with _MAKING[slots]:
        begun = _PROGRAMS.get(slots)
        if begun is None or (begun.done() and begun.exception()):
            begun = _PROGRAMS[slots] = _found(slots) or _begun_quickly(slots)
        return begun


def improve(slots: int) -> None:
    """Compile the simulation of a field of ``slots`` as well as it can be, unless it is, and keep it. Simulations under
    way end with what they began with."""
    if slots in _WELL_MADE:
        return
    well = kept(_name(slots))
    if well is None:
        well = _lowered(slots).compile()
        keep(_name(slots), well)
    with _MAKING[slots]:
        _PROGRAMS[slots] = _made(well)
        _WELL_MADE.add(slots)


def _found(slots: int) -> Future[Compiled] | None:
    if (well := kept(_name(slots))) is not None:
        _WELL_MADE.add(slots)
        return _made(well)
    quickly = kept(_name(slots, quickly=True))
    return None if quickly is None else _made(quickly)


def _begun_quickly(slots: int) -> Future[Compiled]:
    """Kept once it is made: who waits for it does not wait for that."""
    begun = _compiler().submit(partial(_lowered(slots).compile, compiler_options=_QUICKLY))

    def made(done: Future[Compiled]) -> None:
        if done.exception() is None:
            keep(_name(slots, quickly=True), done.result())

    begun.add_done_callback(made)
    return begun


def _lowered(slots: int) -> Lowered:
    plan = np.zeros((BLOCKS, PIECES, MAX_STOPS), np.int32)
    task = Task(np.int32(0), np.uint32(0), np.int32(0), plan, plan, plan[..., 0])
    lowered: Lowered = _jitted.lower(words_of(plain_race(1), slots), task, slots)
    return lowered


def _made(compiled: Compiled) -> Future[Compiled]:
    future: Future[Compiled] = Future()
    future.set_result(compiled)
    return future


def _name(slots: int, *, quickly: bool = False) -> str:
    return f"race-{slots}-quickly" if quickly else f"race-{slots}"


@lru_cache(maxsize=1)
def _compiler() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=len(SLOTS), thread_name_prefix="compile")
