"""FastF1's sessions into the raw tables: laps, results, weather, race control, telemetry, corners. From the timing
service over the network, in steps that continue by message, or from recorded files, a season a manifest. Or live: the
running session's stream in, telemetry messages out.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import functions_framework

from shared import events
from shared.bootstrap import ports
from shared.config import settings
from shared.ingest import recorded
from shared.ingest.live import follow
from shared.ingest.request import asked, recorded_folder, run_of
from shared.observability import set_up, stage

set_up(settings())


@functions_framework.cloud_event
def ingest_fastf1(cloud_event: Any) -> None:
    """Ingest what a request names. Raises EventError; DataFileError naming file and column; TryLater while the timing
    service has not what is asked for: the event comes again and goes on."""
    received = asked(cloud_event, "fastf1")
    if received is None:
        return
    request, chosen = received.message, settings()
    opened = ports(chosen)
    if request.origin == "recorded" and not request.live:
        recorded.ingest(opened, request, recorded_folder(request, chosen))
        return
    run = run_of(received)
    if request.live:
        more = follow.step(opened, request, run, chosen)
        if more is not None:
            events.publish(opened.bus, more)
        return
    from shared.ingest.sessions.steps import step  # FastF1 and what it imports cost a second that recorded files save

    with stage("ingest_fastf1", run=run, seasons=len(request.seasons)) as counted:
        more = step(opened, request, run, dt.datetime.now(dt.UTC), chosen.jolpica_url)
        if more is not None:
            events.publish(opened.bus, more)
        counted.update(over=more is None)
