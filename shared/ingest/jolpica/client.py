"""One request to Jolpica, patiently: within the limits, tried again on 429, 5xx, timeouts and answers that break off,
with exponential backoff and jitter, ``Retry-After`` honored. What a request answers is the bytes as fetched.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import json
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import requests

from shared.errors import F1Error
from shared.ingest.jolpica.limits import Limits
from shared.ingest.request import TryLater
from shared.observability import fields, log

ATTEMPTS = 6
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
TIMEOUT = (5.0, 30.0)
"""Seconds to connect, and between two parts of an answer."""
PAGE = 100
"""Rows a page: the most that Jolpica gives."""


class RequestFailed(F1Error):
    """A request that keeps failing; ``source_at_fault``: the whole source may be down, not this request alone."""

    def __init__(self, reason: str, source_at_fault: bool) -> None:
        super().__init__(reason)
        self.source_at_fault = source_at_fault


class Page(NamedTuple):
    """An answer: its bytes as fetched, and the envelope in them with numbers as numbers."""

    data: bytes
    body: Mapping[str, Any]
    limit: int
    offset: int
    total: int


class Client:
    """Asks Jolpica under ``base``. Time, sleep and chance can be given, for tests."""

    def __init__(
        self,
        base: str,
        limits: Limits,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
        timeout: tuple[float, float] = TIMEOUT,
    ) -> None:
        self._base = base.rstrip("/")
        self._limits = limits
        self._clock = clock
        self._sleep = sleep
        self._chance = chance
        self._timeout = timeout
        self._session = requests.Session()
        self._session.headers["User-Agent"] = "f1-strategy/0.1"
        self._session.headers["Accept"] = "application/json"

    def get(self, path: str, offset: int, until: float) -> Page:
        """A page of ``path`` ("2023/results") from ``offset`` on. Raises RequestFailed, or TryLater when ``until``
        (seconds since 1970) would pass first."""
        reason = ""
        for attempt in range(ATTEMPTS):
            self._limits.wait(until)
            try:
                return self._once(path, offset)
            except _Transient as trouble:
                reason = trouble.reason
                log.info("request tried again", extra=fields(path=path, offset=offset, attempt=attempt, reason=reason))
                if trouble.retry_after is not None:
                    self._limits.block(trouble.retry_after)
                elif attempt + 1 < ATTEMPTS:
                    self._pause(attempt, until, reason)
        raise RequestFailed(f"{path}, offset {offset}: {reason}, {ATTEMPTS} times", source_at_fault=True)

    def _pause(self, attempt: int, until: float, reason: str) -> None:
        """Wait for twice as long each time, between half of that and all of it, so that clients do not march in
        step."""
        seconds = min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt) * (0.5 + 0.5 * self._chance())
        if self._clock() + seconds > until:
            raise TryLater(reason, seconds)
        self._sleep(seconds)

    def _once(self, path: str, offset: int) -> Page:
        where = f"{path}, offset {offset}"
        try:
            answer = self._session.get(
                f"{self._base}/{path}.json", params={"limit": PAGE, "offset": offset}, timeout=self._timeout
            )
        except requests.Timeout:
            raise _Transient("timeout") from None
        except requests.RequestException as error:
            raise _Transient(f"no answer ({type(error).__name__})") from None
        if answer.status_code == 429 or answer.status_code >= 500:
            retry_after = _retry_after(answer.headers.get("Retry-After"), self._clock())
            raise _Transient(f"HTTP {answer.status_code}", retry_after)
        if answer.status_code != 200:
            raise RequestFailed(f"{where}: HTTP {answer.status_code}", source_at_fault=False)
        try:
            return read_page(answer.content)
        except ValueError as error:
            raise _Transient(f"not a page ({error})") from None


def read_page(data: bytes) -> Page:
    """The page in an answer's bytes. Raises ValueError where it breaks off or lacks the envelope's numbers."""
    body = json.loads(data)
    envelope = body.get("MRData") if isinstance(body, dict) else None
    if not isinstance(envelope, dict):
        raise ValueError("no MRData")
    try:
        limit, offset, total = (int(envelope[name]) for name in ("limit", "offset", "total"))
    except (KeyError, TypeError, ValueError):
        raise ValueError("MRData has no limit, offset and total") from None
    if limit < 1 or offset < 0 or total < 0:
        raise ValueError(f"limit {limit}, offset {offset}, total {total}")
    return Page(data, envelope, limit, offset, total)


class _Transient(Exception):
    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


def _retry_after(text: str | None, now: float) -> float | None:
    """Seconds of a ``Retry-After`` header, which is a number of them or a date; None where there is none to honor."""
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp() - now)
