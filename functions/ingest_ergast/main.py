"""Ergast's tables into the raw tables: races, results, qualifying, sprints, pit stops, circuits, drivers, constructors.

This takes recorded files; asked for the network, it says that it cannot yet.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import functions_framework
import pyarrow.compute as pc

from shared import events
from shared.bootstrap import ports
from shared.config import settings
from shared.errors import F1Error
from shared.ingest.ergast import ERGAST_TABLES, read_ergast
from shared.ingest.files import DataFileError
from shared.ingest.load import load
from shared.observability import fields, log, set_up, stage

set_up(settings())


@functions_framework.cloud_event
def ingest_ergast(cloud_event: Any) -> None:
    """Ingest the seasons that a request names. Raises EventError, and DataFileError naming file and column."""
    request = events.receive(cloud_event, events.IngestRequest).message
    if "ergast" not in request.sources:
        log.info("not for this source", extra=fields(sources=request.sources))
        return
    if request.origin != "recorded":
        raise F1Error("ingest_ergast reads recorded files only")
    chosen = settings()
    folder = Path(request.data_dir) if request.data_dir else chosen.data_dir
    if not folder.is_dir():
        raise DataFileError(f"{folder}: no such folder")
    opened = ports(chosen)
    with stage("ingest_ergast", seasons=len(request.seasons)) as counted:
        tables = []
        for name, rows in read_ergast(folder, request.until).items():
            if name in ERGAST_TABLES and "season" in rows.column_names:
                wanted = pc.is_in(rows["season"], value_set=_int64(request.seasons))
                if request.rounds is not None:
                    wanted = pc.and_(wanted, pc.is_in(rows["round"], value_set=_int64(request.rounds)))
                tables.append((name, rows.filter(wanted)))
            else:
                tables.append((name, rows))
        results = dict(tables)["raw_results"]
        races = set(results["race_id"].to_pylist())
        label = f"{min(request.seasons)}-{max(request.seasons)}"
        loaded = load(opened.warehouse, opened.objects, "ergast", request, tables, races, True, label)
        counted.update(rows=sum(part.rows for part in loaded.manifest.parts), known=loaded.known)


def _int64(values: tuple[int, ...]) -> Any:
    import pyarrow as pa

    return pa.array(list(values), pa.int64())
