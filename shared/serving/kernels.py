"""The programs that requests may need and that the warm-up's own request does not compile: whole races told lap by lap,
and fields of more than twenty cars. Each takes seconds to compile, or a fraction of one from JAX's persistent cache.

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
    from shared.simulation import plain_race, warm_up
    from shared.simulation.trace import trace

    return (
        Program("race_20_cars", lambda: trace(plain_race(20), 1, 0)),
        Program("field_22_cars", lambda: warm_up(n_cars=22)),
        Program("race_22_cars", lambda: trace(plain_race(22), 1, 0)),
        Program("field_26_cars", lambda: warm_up(n_cars=26)),
        Program("race_26_cars", lambda: trace(plain_race(26), 1, 0)),
    )


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
