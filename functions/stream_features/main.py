"""Live telemetry, message by message: features and race state, durable before the message is acknowledged.

A car sample or a completed lap becomes a row of ``live_features``; laps, pit visits, retirements, track status, weather
and race control change the documents in the bucket ``live``. A message that cannot be read goes to ``quarantine``.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

import functions_framework

from shared import events
from shared.bootstrap import ports
from shared.config import Settings, settings
from shared.live.handler import LiveHandler


@functools.lru_cache(maxsize=4)
def _handler(chosen: Settings) -> LiveHandler:
    opened = ports(chosen)
    return LiveHandler(lambda: opened.warehouse, lambda: opened.objects)


@functions_framework.cloud_event
def stream_features(cloud_event: Any) -> None:
    """Handle one telemetry message; the same message again changes nothing. Raises EventError where no envelope is
    seen, and F1Error where the message could not be stored: it comes again then."""
    _handler(settings()).handle(events.open_envelope(cloud_event))


def batch(cloud_events: Iterable[Any]) -> dict[str, str]:
    """Handle several telemetry messages, as the embedded queue sends them together: the ids of those that must come
    again, with why. Raises EventError where one is in no envelope."""
    envelopes = [events.open_envelope(event) for event in cloud_events]
    outcomes = _handler(settings()).handle_all(envelopes)
    return {envelope.id: str(error) for envelope, error in zip(envelopes, outcomes, strict=True) if error is not None}
