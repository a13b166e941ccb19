"""The audit: every recommendation is published on the topic ``recommendations`` before it is answered, with the
request's trace id as the attribute ``trace`` where it named one.

In the cloud an instance has no CPU once it has answered, so the message goes first; but an audit that cannot be written
must not cost the answer, so the wait is bounded and a failure is logged.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from shared.contract.answers import RecommendAnswer
from shared.contract.requests import RecommendRequest
from shared.events import RecommendationMade, publish
from shared.observability import current_trace, fields, log
from shared.ports import EventBus

WAIT_SECONDS = 0.5
MAX_PENDING = 32


class Audit:
    """Publishes what was asked and answered. Past ``MAX_PENDING`` messages under way, further ones are dropped."""

    def __init__(self, bus: Callable[[], EventBus], wait_seconds: float = WAIT_SECONDS) -> None:
        self._bus = bus
        self._wait = wait_seconds
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="audit")
        self._room = threading.Semaphore(MAX_PENDING)

    def write(self, request: RecommendRequest, answer: RecommendAnswer) -> None:
        """Publish, and wait for it at most the seconds given. Never raises."""
        if not self._room.acquire(blocking=False):
            log.error("an audit message was dropped: too many are under way", extra=fields(pending=MAX_PENDING))
            return
        future = self._pool.submit(self._publish, request, answer, current_trace())
        try:
            future.result(timeout=self._wait)
        except TimeoutError:
            log.warning("an audit message takes long; the answer goes first", extra=fields(seconds=self._wait))
        except Exception as error:
            log.error("an audit message was lost", extra=fields(error=repr(error)))

    def _publish(self, request: RecommendRequest, answer: RecommendAnswer, trace: str | None) -> None:
        try:
            message = RecommendationMade(
                made_at=dt.datetime.now(dt.UTC),
                request=request.model_dump(mode="json", exclude_unset=True),
                answer=answer.model_dump(mode="json"),
                seed=answer.seed,
                model_version=answer.model_version,
            )
            publish(self._bus(), message, **({"trace": trace} if trace else {}))
        finally:
            self._room.release()
