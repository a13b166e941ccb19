"""What is worked out from a race's parameters, once for as long as the same object is asked about."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from shared.simulation.params import RaceParams

T = TypeVar("T")


class Held(Generic[T]):
    """``compute(params, *rest)`` of the ``room`` last asked for. Parameters are known by their identity, so nobody may
    write to their arrays; they are held here, so that no other object can have it. For use by several threads."""

    def __init__(self, compute: Callable[..., T], room: int) -> None:
        self._compute, self._room = compute, room
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[RaceParams, T]] = OrderedDict()

    def __call__(self, params: RaceParams, *rest: Hashable) -> T:
        """As ``compute`` has it."""
        key = (id(params), *rest)
        with self._lock:
            kept = self._kept.get(key)
        if kept is None:
            kept = params, self._compute(params, *rest)
        with self._lock:
            self._kept[key] = kept
            self._kept.move_to_end(key)
            while len(self._kept) > self._room:
                self._kept.popitem(last=False)
        return kept[1]
