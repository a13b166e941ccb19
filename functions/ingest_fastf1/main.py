"""FastF1's sessions into the raw tables: laps, weather, race control.

This takes recorded files, a season a manifest; asked for the network, it says that it cannot yet.
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
from shared.errors import F1Error
from shared.ingest.ergast import read_ergast
from shared.ingest.fastf1 import lap_files, read_laps, read_race_control, read_weather
from shared.ingest.files import DataFileError
from shared.ingest.load import load, quarantine
from shared.observability import fields, log, set_up, stage

set_up(settings())


@functions_framework.cloud_event
def ingest_fastf1(cloud_event: Any) -> None:
    """Ingest the seasons that a request names. Raises EventError, and DataFileError naming file and column."""
    request = events.receive(cloud_event, events.IngestRequest).message
    if "fastf1" not in request.sources:
        log.info("not for this source", extra=fields(sources=request.sources))
        return
    if request.origin != "recorded":
        raise F1Error("ingest_fastf1 reads recorded files only")
    chosen = settings()
    folder = Path(request.data_dir) if request.data_dir else chosen.data_dir
    if not folder.is_dir():
        raise DataFileError(f"{folder}: no such folder")
    races = read_ergast(folder, request.until)["raw_races"]
    files = [path for path in lap_files(folder) if int(path.stem) in request.seasons]
    for path in files:
        with stage("ingest_fastf1", file=path.name) as counted:
            counted.update(_season(ports(chosen), request, folder, path, races, last=path == files[-1]))
    if not files:
        log.warning("no lap files of these seasons", extra=fields(folder=str(folder), seasons=request.seasons))
        if request.batch_id is not None:  # the batch must not wait for laps that never come
            load(ports(chosen).warehouse, ports(chosen).objects, "fastf1", request, [], (), True, "none")


def _season(
    opened: Ports, request: events.IngestRequest, folder: Path, path: Path, races: pa.Table, last: bool
) -> dict[str, Any]:
    laps, events_only, rejected = read_laps(path, races, request.until)
    if request.rounds is not None:
        laps = laps.filter(pc.is_in(laps["round"], value_set=pa.array(list(request.rounds), pa.int64())))
    present = pa.concat_tables([races, events_only])
    present = present.filter(pc.is_in(present["race_id"], value_set=laps["race_id"].combine_chunks()))
    quarantine(opened.warehouse, "fastf1", rejected, dt.datetime.now(dt.UTC))
    tables = [
        ("raw_events", events_only),
        ("raw_laps", laps),
        ("raw_weather", read_weather(folder, present)),
        ("raw_race_control", read_race_control(folder, present)),
    ]
    ids = set(laps["race_id"].to_pylist())
    loaded = load(opened.warehouse, opened.objects, "fastf1", request, tables, ids, last, path.stem)
    return {"laps": laps.num_rows, "set_aside": len(rejected), "known": loaded.known}
