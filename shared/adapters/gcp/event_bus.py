"""Messages on Pub/Sub. Those of one ordering key reach an ordered subscription in the order they were published.

``publish`` answers once Pub/Sub has the message, so that nothing is acknowledged upstream that could still be lost.
"""

from __future__ import annotations

import concurrent.futures
import functools
from collections.abc import Mapping

from google.api_core.exceptions import GoogleAPICallError, NotFound, RetryError
from google.auth.exceptions import GoogleAuthError
from google.cloud import pubsub_v1  # type: ignore[attr-defined]  # a namespace of several packages

from shared.adapters.checks import TOPIC, check_message, first_line
from shared.config import Settings
from shared.errors import BusError

FAILURES = (GoogleAPICallError, RetryError, GoogleAuthError, concurrent.futures.TimeoutError, RuntimeError)
SECONDS = 60.0
"""How long one message is tried; the client itself backs off from 0.1 s between attempts."""
BATCH = pubsub_v1.types.BatchSettings(max_messages=100, max_bytes=1_000_000, max_latency=0.005)
"""Publishers that run side by side share a request; one alone waits 5 ms for company."""


class CloudBus:
    """The topics of a project; see ``shared.ports.EventBus`` for what publishing promises."""

    def __init__(self, project: str | None, seconds: float = SECONDS) -> None:
        self._given = project
        self._seconds = seconds

    @functools.cached_property
    def _project(self) -> str:
        return project_of(self._given)

    @functools.cached_property
    def _publisher(self) -> pubsub_v1.PublisherClient:
        options = pubsub_v1.types.PublisherOptions(enable_message_ordering=True, timeout=self._seconds)
        try:
            return pubsub_v1.PublisherClient(batch_settings=BATCH, publisher_options=options)
        except (GoogleAuthError, OSError) as error:
            raise BusError(f"Pub/Sub cannot be used: {first_line(error)}") from error

    def publish(
        self, topic: str, data: bytes, attributes: Mapping[str, str] | None = None, ordering_key: str | None = None
    ) -> str:
        """Send the message and wait until Pub/Sub has it."""
        if not TOPIC.fullmatch(topic):
            raise BusError(f"no topic {topic!r}")
        check_message(topic, data, attributes)
        path = f"projects/{self._project}/topics/{topic}"
        try:
            future = self._publisher.publish(path, data, ordering_key=ordering_key or "", **(attributes or {}))
            return str(future.result(timeout=self._seconds))
        except FAILURES as error:
            if ordering_key:  # else the client takes no further message of this key
                self._publisher.resume_publish(path, ordering_key)
            if isinstance(error, NotFound):
                raise BusError(f"no topic {topic!r} in project {self._project}") from None
            raise BusError(f"a message on {topic} was not accepted: {first_line(error)}") from error


def project_of(given: str | None) -> str:
    """The project given, else that of the credentials. Raises BusError where neither names one."""
    if given:
        return given
    import google.auth

    try:
        _, found = google.auth.default()
    except GoogleAuthError as error:
        raise BusError(f"Pub/Sub cannot be used: {first_line(error)}") from error
    if not found:
        raise BusError("Pub/Sub cannot be used: set F1_GCP_PROJECT")
    return str(found)


def open_port(chosen: Settings) -> CloudBus:
    """The bus of these settings."""
    return CloudBus(chosen.project)
