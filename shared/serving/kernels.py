"""The programs that the warm-up's own request does not compile: the simulation as quick as it can be made (the warm-up
has one that is made quickly), whole races told lap by lap, and fields of more than twenty cars. Each takes seconds to
compile, or a fraction of one where an earlier start has kept it.

They are compiled after the port serves, in quiet moments, so that neither ``/health`` nor a request waits for them; a
request that needs one before its turn compiles it itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from shared.observability import fields, log

QUIET_SECONDS = 3.0
"""No simulation may have run for so long before the next program is compiled."""


class Program(NamedTuple):
    """A program to compile: what it is for, and what compiles it."""

    name: str
    compile: Callable[[], object]


def programs() -> tuple[Program, ...]:
    """Those that a request may need, the likeliest first. Races of more than 80 laps to go are left to their first
    request."""
    from shared.simulation import plain_race
    from shared.simulation.block import SLOTS
    from shared.simulation.programs import improve
    from shared.simulation.trace import trace

    def of_a_size(slots: int) -> tuple[Program, Program]:
        return (
            Program(f"field_{slots}_cars", lambda: improve(slots)),
            Program(f"race_{slots}_cars", lambda: trace(plain_race(slots), 1, 0)),
        )

    return tuple(program for slots in SLOTS for program in of_a_size(slots))


def compile_in_quiet(
    wanted: Iterable[Program],
    quiet: Callable[[], float],
    compiled: Callable[[str, float], None],
    wait: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.perf_counter,
) -> None:
    """Compile them one after another, each when ``quiet()`` (seconds since a simulation last ran) allows it; tells
    ``compiled`` name and seconds. One that fails is logged and left to the request that needs it."""
    for program in wanted:
        while (silent := quiet()) < QUIET_SECONDS:
            wait(max(0.1, QUIET_SECONDS - silent))
        started = clock()
        try:
            program.compile()
        except Exception as error:
            log.warning("a program cannot be compiled", extra=fields(program=program.name, error=repr(error)))
            continue
        seconds = round(clock() - started, 3)
        give_back()
        compiled(program.name, seconds)
        log.info("compiled", extra=fields(program=program.name, seconds=seconds))


def give_back() -> None:
    """Give freed memory back to the system: XLA's compiler leaves some 190 MB of it for every program, and glibc keeps
    that for itself until asked. Elsewhere nothing happens."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
