"""Jolpica's limits, kept in code: four requests a second, and so many an hour over all invocations together.

Jolpica is run by volunteers and free of charge. The hour's budget is an object in the bucket ``raw``, taken in blocks
by compare-and-set, so that steps which continue one another, and instances side by side, share it; a block that an
invocation does not use up is lost, never the limit exceeded. The pace within a second is each process's own: the
function runs one instance at a time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import NamedTuple

from shared.errors import NotFound, PreconditionFailed
from shared.ingest.load import RAW_BUCKET
from shared.ingest.request import TryLater
from shared.ports import ObjectStore

LEDGER = "ergast/limits.json"
PER_SECOND = 4
HOUR = 3600.0
BLOCK = 20
"""Requests taken from the hour's budget at a time: a write of the ledger every five seconds at most, where Cloud
Storage admits one a second."""


class Limits:
    """Tells when the next request may be sent. ``clock`` gives seconds since 1970, since processes share the ledger."""

    def __init__(
        self,
        objects: ObjectStore,
        per_hour: int,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._objects = objects
        self._per_hour = per_hour
        self._clock = clock
        self._sleep = sleep
        self._left = 0
        self._last = 0.0

    def wait(self, until: float) -> None:
        """Return when a request may be sent. Raises TryLater at once when that would be after ``until``."""
        while True:
            seconds = self._seconds_to_wait()
            if seconds <= 0:
                break
            if self._clock() + seconds > until:
                raise TryLater("the source's limits leave no request", seconds)
            self._sleep(seconds)
        self._left -= 1
        gap = 1 / PER_SECOND - (self._clock() - self._last)
        if gap > 0:
            self._sleep(gap)
        self._last = self._clock()

    def block(self, seconds: float) -> None:
        """Let nobody ask for that long: the source said so (``Retry-After``)."""
        self._left = 0
        later = self._clock() + seconds
        self._change(lambda ledger: ledger._replace(not_before=max(ledger.not_before, later)))

    def _seconds_to_wait(self) -> float:
        """0 when a request is at hand, else the seconds until one may be."""
        if self._left > 0:
            return 0.0
        wait = 0.0

        def take(ledger: _Ledger) -> _Ledger:
            nonlocal wait
            now = self._clock()
            taken = [(moment, n) for moment, n in ledger.taken if now - moment < HOUR]
            free = self._per_hour - sum(n for _, n in taken)
            self._left, wait = 0, 0.0
            if ledger.not_before > now:
                wait = ledger.not_before - now
            elif free <= 0:
                wait = taken[0][0] + HOUR - now
            else:
                self._left = min(BLOCK, free)
                taken.append((now, self._left))
            return _Ledger(ledger.not_before, taken)

        self._change(take)
        return wait

    def _change(self, change: Callable[[_Ledger], _Ledger]) -> None:
        for _ in range(20):
            try:
                stored = self._objects.get(RAW_BUCKET, LEDGER)
                ledger, generation = _Ledger(**json.loads(stored.data)), stored.generation
            except NotFound:
                ledger, generation = _Ledger(0.0, []), 0
            changed = change(ledger)
            if changed == ledger:
                return
            try:
                data = json.dumps(changed._asdict()).encode()
                self._objects.put(RAW_BUCKET, LEDGER, data, if_generation=generation)
            except PreconditionFailed:
                continue
            return
        raise PreconditionFailed(f"{RAW_BUCKET}/{LEDGER}: others kept writing it")


class _Ledger(NamedTuple):
    """When the source may be asked again, and the blocks taken: (seconds since 1970, requests)."""

    not_before: float
    taken: list[tuple[float, int]]
