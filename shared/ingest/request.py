"""What an ingest is asked for: the request in an event, for one source, and the folder of recorded files it may
name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from shared import events
from shared.config import Settings
from shared.ingest.files import DataFileError
from shared.observability import fields, log


def asked(cloud_event: Any, source: events.Source) -> events.Received[events.IngestRequest] | None:
    """The request, or None when it is meant for other sources. Raises EventError naming the field at fault."""
    received = events.receive(cloud_event, events.IngestRequest)
    if source not in received.message.sources:
        log.info("not for this source", extra=fields(sources=received.message.sources))
        return None
    return received


def recorded_folder(request: events.IngestRequest, chosen: Settings) -> Path:
    """The folder of recorded files that the request, or else the setting, names. Raises DataFileError."""
    folder = Path(request.data_dir) if request.data_dir else chosen.data_dir
    if not folder.is_dir():
        raise DataFileError(f"{folder}: no such folder")
    return folder
