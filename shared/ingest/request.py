"""What an ingest is asked for: the request in an event, for one source, and the folder of recorded files it may
name."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from shared import events
from shared.config import Settings
from shared.errors import F1Error
from shared.ingest.files import DataFileError
from shared.observability import fields, log


class TryLater(F1Error):
    """The source may not be asked for now; the event comes again and goes on where it was. ``seconds``: for how
    long."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(f"{reason}; try again in {seconds:.0f} s")
        self.seconds = seconds


def asked(cloud_event: Any, source: events.Source) -> events.Received[events.IngestRequest] | None:
    """The request, or None when it is meant for other sources. Raises EventError naming the field at fault."""
    received = events.receive(cloud_event, events.IngestRequest)
    request = received.message
    owner = request.cursor.partition(":")[0] if request.cursor else source
    if source not in request.sources or owner != source:
        log.info("not for this source", extra=fields(sources=request.sources, cursor=request.cursor))
        return None
    return received


def recorded_folder(request: events.IngestRequest, chosen: Settings) -> Path:
    """The folder of recorded files that the request, or else the setting, names. Raises DataFileError."""
    folder = Path(request.data_dir) if request.data_dir else chosen.data_dir
    if not folder.is_dir():
        raise DataFileError(f"{folder}: no such folder")
    return folder


def run_of(received: events.Received[events.IngestRequest]) -> str:
    """Name of the run: as the cursor says, else from the message that began it, whose id redelivery keeps."""
    cursor = received.message.cursor
    return cursor.partition(":")[2] if cursor else hashlib.sha256(received.id.encode()).hexdigest()[:16]


def going_on(request: events.IngestRequest, source: events.Source, run: str) -> events.IngestRequest:
    """The request with which a run continues; the other ingest, which reads the same topic, knows it by the cursor."""
    return request.model_copy(update={"cursor": f"{source}:{run}"})
