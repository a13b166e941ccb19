"""Delivers the queue's messages as CloudEvents over HTTP: 2xx acknowledges, anything else is tried again with backoff.

One process delivers at a time, which a file lock sees to. Messages of one subscription are handled side by side up to
its ``max_in_flight``; a stop lets running requests finish for a while and gives back the rest.
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
from collections.abc import Iterator
from pathlib import Path

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
        self._queue: queue.SimpleQueue[Claimed | None] = queue.SimpleQueue()
        self._senders = 0
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
    def alive(self) -> bool:
        """Whether the loop runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        last = 0.0
        while not self._stopping.is_set():
            self._freed.clear()
            claimed = list(self._claim())
            for message in claimed:
                self._queue.put(message)
            with self._guard:
                missing = len(self._running) - self._senders
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

    def _claim(self) -> Iterator[Claimed]:
        for name, subscription in self._bus.subscriptions.items():
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
            yield from claimed

    def _send(self) -> None:
        """Deliver messages from the queue, one after another, over connections of this thread's own."""
        connections: dict[str, http.client.HTTPConnection] = {}
        while (message := self._queue.get()) is not None:
            self._deliver(message, connections)
        for connection in connections.values():
            connection.close()

    def _deliver(self, message: Claimed, connections: dict[str, http.client.HTTPConnection]) -> None:
        try:
            error = self._post(message, connections)
            if self._stopping.is_set() and error is not None:
                self._bus.release(message)  # the worker is going down: not the message's fault
            elif error is None:
                self._bus.acknowledge(message)
            else:
                dead = self._bus.reject(message, error, self._delay(message.attempt))
                log.log(
                    40 if dead else 30,
                    "event dead-lettered" if dead else "event refused, to be tried again",
                    extra=fields(
                        subscription=message.subscription, id=message.id, attempt=message.attempt, error=error
                    ),
                )
        except BusError as error:
            log.error("event's outcome not recorded; it will come again", extra=fields(id=message.id, error=str(error)))
        finally:
            with self._guard:
                self._in_flight[message.subscription] -= 1
                self._running.pop((message.seq, message.subscription), None)
            self._freed.set()

    def _delay(self, attempt: int) -> float:
        least, most = self._backoff
        return float(min(most, least * 2 ** min(attempt - 1, 30)))

    def _post(self, message: Claimed, connections: dict[str, http.client.HTTPConnection]) -> str | None:
        """None when acknowledged, else what went wrong. A kept connection that the worker has closed meanwhile is
        opened anew: the message may then be handled twice, which is promised anyway."""
        subscription = self._bus.subscriptions[message.subscription]
        connection = connections.get(message.subscription)
        if connection is None:
            connection = http.client.HTTPConnection(self._host, self._port, timeout=subscription.ack_deadline)
            connections[message.subscription] = connection
        headers, body = cloud_event(message)
        while True:
            kept = connection.sock is not None
            try:
                connection.request("POST", subscription.path, body, headers)
                response = connection.getresponse()
                text = response.read(2000).decode(errors="replace")
                if not response.isclosed():
                    connection.close()  # an answer longer than is read
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if kept and isinstance(error, ConnectionError):
                    continue
                return f"{type(error).__name__}: {error}"
            return None if 200 <= response.status < 300 else f"HTTP {response.status}: {text}"


def cloud_event(message: Claimed) -> tuple[dict[str, str], bytes]:
    """Headers and body of the message as Eventarc sends it (binary content mode)."""
    content = {
        "data": base64.b64encode(message.data).decode(),
        "messageId": message.id,
        "publishTime": message.published_at,
        "attributes": message.attributes,
    }
    if message.ordering_key is not None:
        content["orderingKey"] = message.ordering_key
    body = {
        "message": content,
        "subscription": f"projects/embedded/subscriptions/{message.subscription}",
        "deliveryAttempt": message.attempt,
    }
    headers = {
        "ce-id": message.id,
        "ce-source": f"//pubsub.googleapis.com/projects/embedded/topics/{message.topic}",
        "ce-specversion": "1.0",
        "ce-type": events.PUBLISHED,
        "ce-time": message.published_at,
        "Content-Type": "application/json",
    }
    return headers, json.dumps(body).encode()
