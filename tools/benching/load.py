"""Clients of one server: each asks, waits for the answer, and asks again; every answer's status and time is kept."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Reply:
    """Status (0 where the connection broke), seconds, ``Retry-After`` where one was sent, and the body."""

    status: int
    seconds: float
    retry_after: str | None
    body: bytes


@dataclass
class Tally:
    """Replies and the seconds in which all of them came."""

    replies: list[Reply] = field(default_factory=list)
    seconds: float = 0.0

    def statuses(self) -> dict[int, int]:
        """Replies by status."""
        return dict(sorted(Counter(reply.status for reply in self.replies).items()))

    def of(self, status: int) -> list[Reply]:
        """Replies of one status."""
        return [reply for reply in self.replies if reply.status == status]


def percentiles(replies: list[Reply]) -> str:
    """P50, P95 and P99 of their times (nearest rank, so each is one that was measured) and the worst, ms."""
    if not replies:
        return "none"
    times = np.array([1000 * reply.seconds for reply in replies])
    ranks = np.quantile(times, [0.5, 0.95, 0.99, 1.0], method="inverted_cdf")
    return "P50 {:,.0f}, P95 {:,.0f}, P99 {:,.0f}, worst {:,.0f} ms (n={})".format(*ranks, len(times))


class Caller:
    """One client's connection, kept open between requests and made anew when it breaks."""

    def __init__(self, host: str, port: int, key: str, timeout: float = 60.0) -> None:
        self._where, self._timeout = (host, port), timeout
        self._headers = {"X-API-Key": key, "Content-Type": "application/json"}
        self._connection: http.client.HTTPConnection | None = None

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        """One exchange. Never raises for what the network or the server does."""
        data = None if body is None else json.dumps(body).encode()
        started = time.perf_counter()
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(*self._where, timeout=self._timeout)
            self._connection.request("GET" if data is None else "POST", path, data, self._headers)
            response = self._connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            return Reply(0, time.perf_counter() - started, None, b"")
        return Reply(response.status, time.perf_counter() - started, response.getheader("Retry-After"), text)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def together(
    connect: Callable[[], Caller],
    clients: int,
    questions: Iterator[tuple[str, Mapping[str, Any]]],
    each: int | None = None,
    seconds: float = 60.0,
) -> Tally:
    """``clients`` callers at once, ``each`` questions a client or, without it, as many as they can, and no new ones
    once ``seconds`` are over."""
    tally, lock = Tally(), threading.Lock()
    ends = time.monotonic() + seconds

    def client() -> None:
        caller = connect()
        try:
            for number in count():
                if time.monotonic() > ends or number == each:
                    return
                with lock:
                    path, body = next(questions)
                reply = caller.ask(path, body)
                with lock:
                    tally.replies.append(reply)
        finally:
            caller.close()

    threads = [threading.Thread(target=client, daemon=True) for _ in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.seconds = time.perf_counter() - started
    return tally
