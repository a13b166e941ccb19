"""Group commit: callers that arrive while a commit is under way share the next one.

A durable write costs milliseconds however little it holds. Each caller of ``submit`` returns when its own item is
done; one of those that wait does the work for all.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Ticket(Generic[Item, Result]):
    """An item, a lock that is released when it is done, and what became of it."""

    __slots__ = ("done", "item", "result")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.result: Result | Exception | None = None
        self.done = threading.Lock()
        self.done.acquire()


class Combiner(Generic[Item, Result]):
    """Hands items in groups to ``handle``, which answers a result or an exception for each, in order, or raises for
    all. One group at a time, ``most`` items a group, the order of arrival kept; while items stream in, groups begin at
    least ``spacing`` seconds apart, so that they are larger and fewer."""

    def __init__(
        self,
        handle: Callable[[Sequence[Item]], Sequence[Result | Exception]],
        most: int = 1000,
        spacing: float = 0.0,
    ) -> None:
        self._handle, self._most, self._spacing = handle, most, spacing
        self._guard = threading.Lock()
        self._waiting: list[_Ticket[Item, Result]] = []
        self._working = False
        self._began = 0.0

    def submit(self, item: Item) -> Result:
        """The item's result, once it is done. Raises what became of it."""
        ticket: _Ticket[Item, Result] = _Ticket(item)
        with self._guard:
            self._waiting.append(ticket)
            leads, self._working = not self._working, True
        if leads:
            self._lead(ticket)
        else:
            ticket.done.acquire()
            if ticket.result is _LEAD:
                self._lead(ticket)
        if isinstance(ticket.result, Exception):
            raise ticket.result
        return ticket.result  # type: ignore[return-value]

    def _lead(self, own: _Ticket[Item, Result]) -> None:
        """Work until the own item is done, then hand the lead to the next that waits."""
        own.result = None
        finished = False
        try:
            while not finished:
                wait = self._began + self._spacing - time.monotonic()
                if wait > 0:
                    time.sleep(wait)
                self._began = time.monotonic()
                with self._guard:
                    group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                self._work(group)
                finished = own in group
        finally:
            with self._guard:
                heir = self._waiting[0] if self._waiting else None
                self._working = heir is not None
                if heir is not None:
                    heir.result = _LEAD
                    heir.done.release()

    def _work(self, group: Sequence[_Ticket[Item, Result]]) -> None:
        results: Sequence[Result | Exception]
        try:
            results = self._handle([ticket.item for ticket in group])
        except Exception as error:
            results = [error] * len(group)
        except BaseException:
            for ticket in group:
                ticket.result = RuntimeError("the commit was interrupted")
                ticket.done.release()
            raise
        for ticket, result in zip(group, results, strict=True):
            ticket.result = result
            ticket.done.release()


_LEAD = RuntimeError("takes the lead")
"""The mark of a waiting item whose caller is to work next."""
