"""A race as the messages that a feed would have sent, in order of event time, with a note on what was reconstructed."""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Callable, Iterator
from typing import NamedTuple

from shared.errors import F1Error
from shared.telemetry import CarSample, SessionInfo, Telemetry


class RecordingError(F1Error):
    """The race asked for is not at hand; the message says what is."""


class Recording(NamedTuple):
    """The session's message and all others, oldest first. ``start`` is lights out. ``samples``: car samples, oldest
    first, which are too many to hold as messages."""

    session: SessionInfo
    start: dt.datetime
    messages: tuple[Telemetry, ...]
    samples: Callable[[], Iterator[CarSample]] | None = None

    @property
    def race_id(self) -> str:
        """Season and round, "2023_01"."""
        return self.session.race_id

    def all(self) -> Iterator[Telemetry]:
        """Every message and sample in order of event time."""
        if self.samples is None:
            return iter(self.messages)
        return heapq.merge(self.messages, self.samples(), key=lambda message: message.sampled_at)


def in_order(messages: list[Telemetry]) -> tuple[Telemetry, ...]:
    """By event time; at the same moment a lap's end comes before the pit visit that follows it."""
    return tuple(sorted(messages, key=lambda m: (m.sampled_at, m.kind != "session", m.kind != "timing", m.kind)))
