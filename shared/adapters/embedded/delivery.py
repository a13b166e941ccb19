"""Delivers the queue's messages as CloudEvents over HTTP: 2xx acknowledges, anything else is tried again with backoff.

One process delivers at a time, which a file lock sees to. Messages of one subscription are handled side by side up to
its ``max_in_flight``; a stop lets running requests finish for a while and gives back the rest. A subscription that
takes batches gets several messages in one request, in CloudEvents' batch format; each is acknowledged or refused by
itself all the same.
"""

from __future__ import annotations

import base64
import contextlib
import fcntl
import http.client
import json
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from shared import events
from shared.adapters.embedded.event_bus import Claimed, SqliteBus
from shared.errors import BusError
from shared.observability import fields, log

IDLE_SECONDS = 0.05
"""Between looks for due messages: other processes publish as well, and nothing wakes this one."""
BUSY_SECONDS = 0.004
"""The same while messages come, so that a stream's do not wait."""
BUSY_FOR = 1.0
"""Seconds since the last message for which that holds."""
BATCH_TYPE = "application/cloudevents-batch+json"
"""Content type of a request with several events. Its answer tells in ``refused`` why which ids were not handled."""
BATCH_BYTES = 4_000_000
"""Data of one batch, unless a single message holds more."""

Connections = dict[str, http.client.HTTPConnection]


class Delivery:
    """The delivery loop: a thread that claims, and some that post to the worker at ``host``:``port``, each over a
    connection that it keeps."""

    def __init__(self, bus: SqliteBus, lock: Path, host: str, port: int, backoff: tuple[float, float]) -> None:
        self._bus = bus
        self._lock = lock
        self._host, self._port = host, port
        self._backoff = backoff
        self._stopping = threading.Event()
        self._freed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)
        self._queue: queue.SimpleQueue[list[Claimed] | None] = queue.SimpleQueue()
        self._senders = self._requests = 0
        self._next_claim: dict[str, float] = {}
        self._in_flight: dict[str, int] = dict.fromkeys(bus.subscriptions, 0)
        self._running: dict[tuple[int, str], Claimed] = {}
        self._guard = threading.Lock()
        self._grace = 3.0

    def start(self) -> None:
        """Begin to deliver; leases of a deliverer that ended are given up. Raises BusError where another one runs."""
        self._lock.parent.mkdir(parents=True, exist_ok=True)
        self._held = self._lock.open("a+b")
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._held.close()
            raise BusError(f"another process already delivers the events of {self._lock.parent}") from None
        self._bus.release()
        self._thread.start()

    def stop(self, grace: float = 3.0) -> None:
        """Claim nothing more, wait up to ``grace`` seconds for running requests, give back the rest."""
        self._grace = grace
        self._stopping.set()
        self._freed.set()
        self._thread.join(grace + 1.0)
        self._held.close()

    @property
    def most_requests(self) -> int:
        """Requests that this makes at a time, at most."""
        return sum(-(-each.max_in_flight // each.batch) for each in self._bus.subscriptions.values())

    @property
    def alive(self) -> bool:
        """Whether the loop runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        last = 0.0
        while not self._stopping.is_set():
            self._freed.clear()
            claimed = list(self._claim())
            for batch in claimed:
                self._queue.put(batch)
            with self._guard:
                self._requests += len(claimed)
                missing = min(self._requests, self.most_requests) - self._senders
                self._senders += max(0, missing)
            for _ in range(missing):
                threading.Thread(target=self._send, name="deliver", daemon=True).start()
            now = time.monotonic()
            if claimed:
                last = now
            else:
                self._freed.wait(BUSY_SECONDS if now - last < BUSY_FOR else IDLE_SECONDS)
        deadline = time.monotonic() + self._grace
        while self._running and time.monotonic() < deadline:
            time.sleep(0.01)
        with self._guard:
            unfinished = list(self._running.values())
            senders = self._senders
        for message in unfinished:
            with contextlib.suppress(BusError):
                self._bus.release(message)
        for _ in range(senders):
            self._queue.put(None)

    def _claim(self) -> Iterator[list[Claimed]]:
        """Messages that are due, a list a request."""
        for name, subscription in self._bus.subscriptions.items():
            if time.monotonic() < self._next_claim.get(name, 0.0):
                continue
            with self._guard:
                room = subscription.max_in_flight - self._in_flight[name]
            if room < max(1, subscription.max_in_flight // 4):  # a few at a time, for each claim is a commit
                continue
            try:
                claimed = self._bus.claim(name, room)
            except BusError as error:
                log.error("events cannot be claimed", extra=fields(subscription=name, error=str(error)))
                self._stopping.wait(1.0)
                continue
            with self._guard:
                self._in_flight[name] += len(claimed)
                self._running |= {(message.seq, name): message for message in claimed}
            if claimed:
                self._next_claim[name] = time.monotonic() + subscription.linger
            yield from batches(claimed, subscription.batch)

    def _send(self) -> None:
        """Deliver messages from the queue, one request after another, over connections of this thread's own."""
        connections: Connections = {}
        while (messages := self._queue.get()) is not None:
            self._deliver(messages, connections)
        for connection in connections.values():
            connection.close()

    def _deliver(self, messages: list[Claimed], connections: Connections) -> None:
        try:
            refused = self._post(messages, connections)
            handled = [message for message in messages if message.id not in refused]
            if handled:
                self._bus.acknowledge(*handled)
            for message in messages:
                if message.id in refused:
                    self._refuse(message, refused[message.id])
        except BusError as error:
            ids = [message.id for message in messages]
            log.error("outcome of events not recorded; they will come again", extra=fields(ids=ids, error=str(error)))
        finally:
            with self._guard:
                self._requests -= 1
                for message in messages:
                    self._in_flight[message.subscription] -= 1
                    self._running.pop((message.seq, message.subscription), None)
            self._freed.set()

    def _refuse(self, message: Claimed, error: str) -> None:
        if self._stopping.is_set():
            self._bus.release(message)  # the worker is going down: not the message's fault
            return
        dead = self._bus.reject(message, error, self._delay(message.attempt))
        log.log(
            40 if dead else 30,
            "event dead-lettered" if dead else "event refused, to be tried again",
            extra=fields(subscription=message.subscription, id=message.id, attempt=message.attempt, error=error),
        )

    def _delay(self, attempt: int) -> float:
        least, most = self._backoff
        return float(min(most, least * 2 ** min(attempt - 1, 30)))

    def _post(self, messages: list[Claimed], connections: Connections) -> dict[str, str]:
        """What went wrong by the message's id; empty when all are acknowledged. A kept connection that the worker has
        closed meanwhile is opened anew: a message may then be handled twice, which is promised anyway."""
        subscription = self._bus.subscriptions[messages[0].subscription]
        connection = connections.get(subscription.name)
        if connection is None:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=subscription.ack_deadline)
            connections[subscription.name] = connection
        headers, body = cloud_event(messages[0]) if subscription.batch == 1 else cloud_events(messages)
        while True:
            kept = connection.sock is not None
            try:
                connection.request("POST", subscription.path, body, headers)
                response = connection.getresponse()
                answer = response.read(2000 if subscription.batch == 1 else None)
                if not response.isclosed():
                    connection.close()  # an answer longer than is read
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if kept and isinstance(error, ConnectionError):
                    continue
                return dict.fromkeys((message.id for message in messages), f"{type(error).__name__}: {error}")
            if 200 <= response.status < 300:
                return {} if subscription.batch == 1 else _refused(answer, messages)
            text = f"HTTP {response.status}: {answer[:2000].decode(errors='replace')}"
            return dict.fromkeys((message.id for message in messages), text)


def batches(claimed: Sequence[Claimed], most: int) -> Iterator[list[Claimed]]:
    """Messages a request: up to ``most``, fewer where they were delivered before (an eighth each time), so that one
    which takes the worker down is soon alone."""
    batch: list[Claimed] = []
    size = 0
    for message in claimed:
        allowed = max(1, most >> 3 * (message.attempt - 1))
        if batch and (len(batch) >= allowed or size + len(message.data) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += len(message.data)
    if batch:
        yield batch


def cloud_event(message: Claimed) -> tuple[dict[str, str], bytes]:
    """Headers and body of the message as Eventarc sends it (binary content mode)."""
    headers = {f"ce-{name}": value for name, value in _attributes(message).items()}
    return headers | {"Content-Type": "application/json"}, json.dumps(_body(message)).encode()


def cloud_events(messages: Sequence[Claimed]) -> tuple[dict[str, str], bytes]:
    """Headers and body of several messages (CloudEvents' JSON batch format)."""
    batch = [{**_attributes(message), "data": _body(message)} for message in messages]
    return {"Content-Type": BATCH_TYPE}, json.dumps(batch).encode()


def _attributes(message: Claimed) -> dict[str, str]:
    return {
        "id": message.id,
        "source": f"//pubsub.googleapis.com/projects/embedded/topics/{message.topic}",
        "specversion": "1.0",
        "type": events.PUBLISHED,
        "time": message.published_at,
    }


def _body(message: Claimed) -> dict[str, Any]:
    content = {
        "data": base64.b64encode(message.data).decode(),
        "messageId": message.id,
        "publishTime": message.published_at,
        "attributes": message.attributes,
    }
    if message.ordering_key is not None:
        content["orderingKey"] = message.ordering_key
    return {
        "message": content,
        "subscription": f"projects/embedded/subscriptions/{message.subscription}",
        "deliveryAttempt": message.attempt,
    }


def _refused(answer: bytes, messages: Sequence[Claimed]) -> dict[str, str]:
    """What the answer to a batch refuses, by id. Without an answer that can be read nothing is known to be handled."""
    try:
        return {str(identity): str(reason) for identity, reason in json.loads(answer)["refused"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return dict.fromkeys((message.id for message in messages), f"no answer to a batch: {answer[:200]!r}")
