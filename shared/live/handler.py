"""One telemetry message, from its envelope to what is durable: a row of features, or the race's state, or both.

When ``handle`` returns the message may be acknowledged. Nothing is kept in memory alone: the distance of a race, which
the fuel rule needs, is read from the race's own document and only remembered for a while.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
import time
from collections.abc import Callable, Sequence

from shared.errors import EventError, F1Error, NotFound, WarehouseError
from shared.events import Envelope
from shared.live.documents import BUCKET, RACE_DOCUMENT, RaceDocument, object_name, read
from shared.live.driven import note_laps
from shared.live.keeper import StateKeeper
from shared.live.positions import PositionBoard
from shared.live.rows import feature_row
from shared.observability import fields, log
from shared.ports import ObjectStore, Warehouse
from shared.telemetry import TOPIC, CarSample, LapCompleted, SessionInfo, decode

REMEMBER_SECONDS = 30.0
EVENT_ID = "event_id"
"""Attribute in which a sender may name the event: what is published twice is known by it, as what is delivered twice
is by the message's id."""


class LiveHandler:
    """Handles messages with these ports; any number of threads at a time."""

    def __init__(
        self,
        warehouse: Callable[[], Warehouse],
        objects: Callable[[], ObjectStore],
        keeper: StateKeeper | None = None,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self._warehouse, self._objects, self._now = warehouse, objects, now
        self._keeper = keeper or StateKeeper(objects)
        self._positions = PositionBoard(objects, now)
        self._distances: dict[str, tuple[float, int | None]] = {}
        self._lock = threading.Lock()

    def handle(self, envelope: Envelope) -> None:
        """Make the message durable; the same message again changes nothing. One that cannot be read is quarantined.
        Raises WarehouseError or StoreError where it could not be stored: it must come again then."""
        received_at = self._now()
        try:
            message = decode(envelope.data)
        except EventError as error:
            self._quarantine(envelope, received_at, str(error))
            return
        name = object_name(message)
        if name is not None:  # before the row: somebody may wait for the state
            self._keeper.apply(name, message)
        identity = _identity(envelope)
        total_laps = self._distance(message.race_id) if isinstance(message, LapCompleted) else None
        row = feature_row(message, identity, received_at, total_laps)
        if row is not None:
            self._warehouse().append("live_features", [row], [identity])
        if isinstance(message, LapCompleted):
            note_laps(self._warehouse, self._keeper, message)
        if isinstance(message, CarSample):
            self._positions.note(message)
        if isinstance(message, SessionInfo):
            with self._lock:
                self._distances.pop(message.race_id, None)

    def handle_all(self, envelopes: Sequence[Envelope]) -> list[F1Error | None]:
        """The same for several messages: None where one is durable, else why it must come again. Car samples are
        appended together; where that fails, and for every other message, each is handled by itself."""
        received_at = self._now()
        samples: dict[int, CarSample] = {}
        for n, envelope in enumerate(envelopes):
            with contextlib.suppress(EventError):
                message = decode(envelope.data)
                if isinstance(message, CarSample):
                    samples[n] = message
        if samples:
            ids = [_identity(envelopes[n]) for n in samples]
            made = zip(samples.values(), ids, strict=True)
            rows = [row for sample, each in made if (row := feature_row(sample, each, received_at)) is not None]
            try:
                self._warehouse().append("live_features", rows, ids)
            except WarehouseError:
                samples = {}
            for sample in samples.values():
                self._positions.note(sample)
        return [None if n in samples else self._outcome(envelope) for n, envelope in enumerate(envelopes)]

    def _outcome(self, envelope: Envelope) -> F1Error | None:
        try:
            self.handle(envelope)
        except F1Error as error:
            return error
        return None

    def _quarantine(self, envelope: Envelope, received_at: dt.datetime, reason: str) -> None:
        row = {
            "received_at": received_at,
            "source": TOPIC,
            "reason": reason,
            "record": envelope.data.decode(errors="replace"),
        }
        self._warehouse().append("quarantine", [row], [envelope.id])
        log.warning("telemetry message quarantined", extra=fields(id=envelope.id, reason=reason))

    def _distance(self, race_id: str) -> int | None:
        """Scheduled laps of the race as its session message tells; None before that message has come."""
        with self._lock:
            known = self._distances.get(race_id)
        if known is not None and time.monotonic() - known[0] < (REMEMBER_SECONDS if known[1] is not None else 1.0):
            return known[1]
        name = f"{race_id}/{RACE_DOCUMENT}.json"
        try:
            document = read(name, self._objects().get(BUCKET, name).data)
        except NotFound:
            document = None
        session = document.session if isinstance(document, RaceDocument) else None
        laps = session.total_laps if session is not None else None
        with self._lock:
            if len(self._distances) > 256:
                self._distances.clear()
            self._distances[race_id] = (time.monotonic(), laps)
        return laps


def _identity(envelope: Envelope) -> str:
    """The sender's name for the event, else the message's id: what is known by it is stored once."""
    return envelope.attributes.get(EVENT_ID) or envelope.id
