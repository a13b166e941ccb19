"""Ergast's tables into the raw tables: races, results, sprints, qualifying, laps, pit stops, standings, circuits,
drivers, constructors, status. From Jolpica over the network, in steps that continue by message, or from recorded files.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import functions_framework
import pyarrow as pa
import pyarrow.compute as pc

from shared import events
from shared.bootstrap import Ports, ports
from shared.config import settings
from shared.ingest.ergast import ERGAST_TABLES, read_ergast
from shared.ingest.jolpica.client import Client
from shared.ingest.jolpica.limits import Limits
from shared.ingest.jolpica.steps import step
from shared.ingest.load import load
from shared.ingest.request import asked, recorded_folder, run_of
from shared.observability import set_up, stage

set_up(settings())


@functions_framework.cloud_event
def ingest_ergast(cloud_event: Any) -> None:
    """Ingest the seasons that a request names. Raises EventError; DataFileError naming file and column; TryLater when
    Jolpica may not be asked for now: the event comes again and goes on."""
    received = asked(cloud_event, "ergast")
    if received is None:
        return
    request, chosen = received.message, settings()
    opened = ports(chosen)
    with stage("ingest_ergast", seasons=len(request.seasons), origin=request.origin) as counted:
        if request.origin == "recorded":
            counted.update(_recorded(opened, request, recorded_folder(request, chosen)))
            return
        client = Client(chosen.jolpica_url, Limits(opened.objects, chosen.jolpica_per_hour))
        run = run_of(received)
        more = step(opened, request, run, client, dt.datetime.now(dt.UTC).date())
        if more is not None:
            events.publish(opened.bus, more)
        counted.update(run=run, over=more is None)


def _recorded(opened: Ports, request: events.IngestRequest, folder: Path) -> dict[str, Any]:
    tables = []
    for name, rows in read_ergast(folder, request.until).items():
        if name in ERGAST_TABLES and "season" in rows.column_names:
            wanted = pc.is_in(rows["season"], value_set=pa.array(request.seasons, pa.int64()))
            if request.rounds is not None:
                wanted = pc.and_(wanted, pc.is_in(rows["round"], value_set=pa.array(request.rounds, pa.int64())))
            tables.append((name, rows.filter(wanted)))
        else:
            tables.append((name, rows))
    races = set(dict(tables)["raw_results"]["race_id"].to_pylist())
    label = f"{min(request.seasons)}-{max(request.seasons)}"
    loaded = load(opened.warehouse, opened.objects, "ergast", request, tables, races, True, label)
    return {"rows": sum(part.rows for part in loaded.manifest.parts), "known": loaded.known}
