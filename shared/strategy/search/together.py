"""Simulations side by side, and beside what else there is to work out: none leaves a processor waiting."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=2 * (os.cpu_count() or 1), thread_name_prefix="together")


def together(calls: Sequence[Callable[[], T]]) -> list[T]:
    """What the calls return, in their order. They must not depend on each other, nor call this."""
    return list(_threads().map(lambda call: call(), calls))


def beside(call: Callable[[], T]) -> Future[T]:
    """What the call will have returned: it runs beside what follows. It must not wait for another such call."""
    return _threads().submit(call)
