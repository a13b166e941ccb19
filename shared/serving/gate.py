"""One simulation at a time, a short queue, then 429: under overload answers stay quick, or are refused at once."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator

from shared.contract.errors import ContractError


class Gate:
    """Lets one through; ``waiting`` more may wait up to ``patience`` seconds each, the rest are refused at once."""

    def __init__(self, waiting: int = 7, patience: float = 20.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._turn = threading.Lock()
        self._count = threading.Lock()
        self._inside = 0
        self._room = waiting + 1
        self._patience = patience
        self._clock = clock
        self._usual = 0.2
        self._left = clock()

    @contextlib.contextmanager
    def entered(self) -> Iterator[float]:
        """The time it took to get in, seconds. Raises ContractError 429 with ``Retry-After``."""
        with self._count:
            if self._inside >= self._room:
                raise self._busy()
            self._inside += 1
        try:
            started = self._clock()
            if not self._turn.acquire(timeout=self._patience):
                raise self._busy()
            entered = self._clock()
            try:
                yield entered - started
            finally:
                self._left = self._clock()
                self._usual += 0.2 * (self._left - entered - self._usual)
                self._turn.release()
        finally:
            with self._count:
                self._inside -= 1

    def refuse_if_full(self) -> None:
        """Raises ContractError 429 where nobody could wait just now: before work that would be in vain."""
        with self._count:
            if self._inside >= self._room:
                raise self._busy()

    def quiet(self) -> float:
        """Seconds since a simulation last ran, the process's own included; 0 while a client's runs or waits."""
        with self._count:
            return 0.0 if self._inside else self._clock() - self._left

    @contextlib.contextmanager
    def in_turn(self) -> Iterator[None]:
        """Get in however long it takes, outside the queue: for the process's own work, which no client waits for."""
        with self._turn:
            try:
                yield
            finally:
                self._left = self._clock()

    def _busy(self) -> ContractError:
        seconds = max(1, math.ceil(self._inside * self._usual))
        message = f"All places in the queue are taken; try again in {seconds} s."
        return ContractError(429, "too_many_requests", message, headers={"Retry-After": str(seconds)})
