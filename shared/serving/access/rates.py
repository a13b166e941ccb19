"""How often a caller may ask: a bucket of tokens each, so that no key can take the whole instance from the others.

An instance counts for itself. What limits the simulation is the gate; this bounds everything that comes before it.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from shared.contract.errors import ContractError

BURST_SECONDS = 2.0
"""A caller that was silent may ask at once what it may ask in so many seconds."""
MAX_CALLERS = 10_000


class Rates:
    """``per_second`` requests for each caller, and a burst of ``BURST_SECONDS`` of them."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_second
        self._burst = max(1.0, per_second * BURST_SECONDS)
        self._clock = clock
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, caller: str) -> None:
        """Count a request. Raises ContractError 429 with ``Retry-After`` when the caller's bucket is empty."""
        now = self._clock()
        with self._lock:
            left, at = self._left.get(caller, (self._burst, now))
            left = min(self._burst, left + (now - at) * self._rate)
            if left >= 1.0:
                if len(self._left) >= MAX_CALLERS and caller not in self._left:
                    self._left.clear()
                self._left[caller] = (left - 1.0, now)
                return
            self._left[caller] = (left, now)
        seconds = max(1, math.ceil((1.0 - left) / self._rate))
        message = f"More than {self._rate:g} requests a second came from this caller; try again in {seconds} s."
        raise ContractError(429, "too_many_requests", message, headers={"Retry-After": str(seconds)})
