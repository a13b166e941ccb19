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


class Delivery:
    """The delivery loop: a thread that claims, and one a message that posts to the worker at ``host``:``port``."""

    def __init__(self, bus: SqliteBus, lock: Path, host: str, port: int, backoff: tuple[float, float]) -> None:
        self._bus = bus
        self._lock = lock
        self._host, self._port = host, port
        self._backoff = backoff
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)
        self._in_flight: dict[str, int] = dict.fromkeys(bus.subscriptions, 0)
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
        self._thread.join(grace + 1.0)
        self._held.close()

    @property
    def alive(self) -> bool:
        """Whether the loop runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        running: dict[threading.Thread, Claimed] = {}
        while not self._stopping.is_set():
            claimed = list(self._claim())
            for message in claimed:
                thread = threading.Thread(target=self._deliver, args=(message,), name="deliver", daemon=True)
                running[thread] = message
                thread.start()
            running = {thread: message for thread, message in running.items() if thread.is_alive()}
            if not claimed:
                self._stopping.wait(IDLE_SECONDS)
        deadline = time.monotonic() + self._grace
        for thread, message in running.items():
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                with contextlib.suppress(BusError):
                    self._bus.release(message)

    def _claim(self) -> Iterator[Claimed]:
        for name, subscription in self._bus.subscriptions.items():
            with self._guard:
                room = subscription.max_in_flight - self._in_flight[name]
            if room <= 0:
                continue
            try:
                claimed = self._bus.claim(name, room)
            except BusError as error:
                log.error("events cannot be claimed", extra=fields(subscription=name, error=str(error)))
                self._stopping.wait(1.0)
                continue
            with self._guard:
                self._in_flight[name] += len(claimed)
            yield from claimed

    def _deliver(self, message: Claimed) -> None:
        try:
            error = self._post(message)
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

    def _delay(self, attempt: int) -> float:
        least, most = self._backoff
        return float(min(most, least * 2 ** min(attempt - 1, 30)))

    def _post(self, message: Claimed) -> str | None:
        """None when acknowledged, else what went wrong."""
        subscription = self._bus.subscriptions[message.subscription]
        connection = http.client.HTTPConnection(self._host, self._port, timeout=subscription.ack_deadline)
        headers, body = cloud_event(message)
        try:
            connection.request("POST", subscription.path, body, headers)
            response = connection.getresponse()
            text = response.read(2000).decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            return f"{type(error).__name__}: {error}"
        finally:
            connection.close()
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
