"""Writes the documents of a running race: forward in event time, by compare-and-set, at most once a second an object.

Messages for one object that arrive while it must not be written yet are gathered and written together; each caller
returns only when its own message is in the object. A crash in between loses nothing: a message that was not
acknowledged comes again.
"""

from __future__ import annotations

import datetime as dt
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from shared.errors import NotFound, PreconditionFailed, StoreError, TooManyRequests
from shared.live.documents import BUCKET, Document, LapDriven, apply, read, write
from shared.ports import ObjectStore
from shared.telemetry import Telemetry

SPACING = 1.0
"""Seconds between writes of one object: Cloud Storage admits one a second and answers 429 beyond it."""
ATTEMPTS = 8
"""Refusals (429) of one write before the message is left to its redelivery."""
CONFLICTS = 60
"""Writes of other instances that one write gives way to: each means that somebody got on, so many may be borne."""
BACKOFF = (0.2, 8.0)
"""First and longest wait after a refusal, s; doubled each time, with jitter."""


@dataclass
class _Ticket:
    message: Telemetry | LapDriven
    done: bool = False
    error: Exception | None = None


@dataclass
class _Slot:
    """What waits for one object in this process; ``users`` counts callers that hold it."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    waiting: list[_Ticket] = field(default_factory=list)
    users: int = 0


class StateKeeper:
    """Keeps the documents in ``objects``; any number of threads and processes may keep the same ones."""

    def __init__(
        self,
        objects: Callable[[], ObjectStore],
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        sleep: Callable[[float], None] = time.sleep,
        spacing: float = SPACING,
    ) -> None:
        self._objects, self._now, self._sleep, self._spacing = objects, now, sleep, spacing
        self._slots: dict[str, _Slot] = {}
        self._guard = threading.Lock()

    def apply(self, name: str, message: Telemetry | LapDriven) -> None:
        """Bring the message into the object ``name``; when this returns it is there. Raises StoreError when the object
        cannot be written; nothing is half written then."""
        ticket = _Ticket(message)
        with self._guard:
            slot = self._slots.setdefault(name, _Slot())
            slot.users += 1
            slot.waiting.append(ticket)
        try:
            with slot.turn:
                if not ticket.done:
                    self._write(name, slot)
        finally:
            with self._guard:
                slot.users -= 1
                if slot.users == 0:
                    self._slots.pop(name, None)
        if ticket.error is not None:
            raise ticket.error

    def _write(self, name: str, slot: _Slot) -> None:
        """Write all that waits for the object, as the one thread whose turn it is."""
        tickets: list[_Ticket] = []
        try:
            refused = conflicts = 0
            while True:
                before, generation = self._read(name)
                self._sleep_until_due(before)
                with self._guard:
                    tickets += slot.waiting
                    slot.waiting.clear()
                try:
                    self._put(name, before, generation, [ticket.message for ticket in tickets])
                    return
                except PreconditionFailed:
                    conflicts += 1
                    if conflicts == CONFLICTS:
                        raise StoreError(f"{name} was not written: others wrote it {CONFLICTS} times first") from None
                    self._sleep(0.05 * self._spacing * random.random())
                except TooManyRequests as error:
                    refused += 1
                    if refused == ATTEMPTS:
                        raise StoreError(f"{name} was not written in {ATTEMPTS} attempts: {error}") from error
                    self._sleep(_backoff(refused - 1))
        except Exception as error:
            for ticket in tickets:
                ticket.error = error
            raise
        finally:
            for ticket in tickets:
                ticket.done = True

    def _read(self, name: str) -> tuple[Document, int]:
        try:
            found = self._objects().get(BUCKET, name)
        except NotFound:
            return read(name, None), 0
        return read(name, found.data), found.generation

    def _sleep_until_due(self, document: Document) -> None:
        """Wait out what is left of the second since the object was written, by whichever instance."""
        if document.written_at is not None:
            since = (self._now() - document.written_at).total_seconds()
            if since < self._spacing:
                self._sleep(min(self._spacing, self._spacing - since))

    def _put(self, name: str, before: Document, generation: int, messages: Sequence[Telemetry | LapDriven]) -> None:
        after = before
        for message in messages:
            after = apply(after, message)
        if after is not before:
            self._objects().put(BUCKET, name, write(after, self._now()), if_generation=generation)


def _backoff(attempt: int) -> float:
    first, longest = BACKOFF
    return min(longest, first * 2**attempt) * (0.5 + 0.5 * random.random())
