"""Live telemetry, message by message: one car sample becomes one row of ``live_features``, stored before it is
acknowledged.

A sample that cannot be read goes to ``quarantine`` with the reason, and never comes again; a warehouse that fails
raises, and the message does.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import functions_framework

from shared import events
from shared.bootstrap import ports
from shared.config import settings
from shared.errors import EventError
from shared.observability import fields, log
from shared.telemetry import CarSample


@functions_framework.cloud_event
def stream_features(cloud_event: Any) -> None:
    """Store one telemetry message; the same message again changes nothing. Raises EventError where no envelope is
    seen."""
    opened = ports(settings())
    envelope = events.open_envelope(cloud_event)
    now = dt.datetime.now(dt.UTC)
    try:
        sample = events.receive(cloud_event, CarSample).message
    except EventError as error:
        row = {
            "received_at": now,
            "source": CarSample.TOPIC,
            "reason": str(error),
            "record": envelope.data.decode(errors="replace"),
        }
        opened.warehouse.append("quarantine", [row], [envelope.id])
        log.warning("telemetry message quarantined", extra=fields(id=envelope.id, reason=str(error)))
        return
    row = sample.model_dump(exclude={"version", "kind"}) | {"message_id": envelope.id, "received_at": now}
    opened.warehouse.append("live_features", [row], [envelope.id])
