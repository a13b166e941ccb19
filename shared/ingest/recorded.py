"""Recorded files of FastF1 and its like into the raw tables: a manifest for each race's telemetry, then one a season
for laps, weather, race control and stationary times.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from shared.bootstrap import Ports
from shared.events import IngestRequest
from shared.ingest import recorded_telemetry
from shared.ingest.ergast import read_ergast
from shared.ingest.fastf1 import lap_files, read_laps, read_race_control, read_weather
from shared.ingest.load import load, put_parquet, quarantine
from shared.ingest.recorded_telemetry import Recording
from shared.ingest.telemetry import TABLE
from shared.observability import fields, log, stage


def ingest(opened: Ports, request: IngestRequest, folder: Path) -> None:
    """Ingest the seasons asked for. Raises DataFileError naming file and column; what was loaded before it stays."""
    ergast = read_ergast(folder, request.until)
    if request.telemetry:
        found, rejected = recorded_telemetry.recordings(folder, ergast["raw_races"])
        quarantine(opened.warehouse, "fastf1", rejected, dt.datetime.now(dt.UTC))
        for recording in filter(lambda each: _wanted(request, each), found):
            with stage("telemetry", race_id=recording.race_id) as counted:
                counted.update(_telemetry(opened, request, recording))
    files = [path for path in lap_files(folder) if int(path.stem) in request.seasons]
    for path in files:
        with stage("ingest_fastf1", file=path.name) as counted:
            counted.update(_season(opened, request, folder, path, ergast, last=path == files[-1]))
    if not files:
        log.warning("no lap files of these seasons", extra=fields(folder=str(folder), seasons=request.seasons))
        if request.batch_id is not None:  # the batch must not wait for laps that never come
            load(opened.warehouse, opened.objects, "fastf1", request, [], (), True, "none")


def _wanted(request: IngestRequest, recording: Recording) -> bool:
    return (
        recording.season in request.seasons
        and (request.rounds is None or recording.round in request.rounds)
        and (request.until is None or recording.race_date <= request.until)
    )


def _telemetry(opened: Ports, request: IngestRequest, recording: Recording) -> dict[str, Any]:
    """One race's telemetry. Its manifest names no race: no feature comes from telemetry, so none is made anew."""
    names: list[str] = []
    emptied: dict[str, int] = {}
    total = lapless = 0
    for driver, made in recorded_telemetry.drivers(recording):
        name = f"fastf1/recorded/{recording.race_id}/{driver}.parquet"
        put_parquet(opened.objects, name, made.rows)
        names.append(name)
        total, lapless = total + made.rows.num_rows, lapless + made.lapless
        for column, n in made.emptied.items():
            emptied[column] = emptied.get(column, 0) + n
    tables = [
        ("raw_telemetry_laps", recorded_telemetry.lap_rows(recording)),
        ("raw_corners", recorded_telemetry.corner_rows(recording)),
    ]
    label = f"{recording.race_id}-telemetry"
    loaded = load(opened.warehouse, opened.objects, "fastf1", request, tables, (), False, label, stored={TABLE: names})
    return {"samples": total, "readings_emptied": emptied, "without_lap": lapless, "known": loaded.known}


def _season(
    opened: Ports, request: IngestRequest, folder: Path, path: Path, ergast: dict[str, pa.Table], last: bool
) -> dict[str, Any]:
    races = ergast["raw_races"]
    laps, events_only, rejected = read_laps(path, races, request.until)
    if request.rounds is not None:
        laps = laps.filter(pc.is_in(laps["round"], value_set=pa.array(request.rounds, pa.int64())))
    present = pa.concat_tables([races, events_only])
    present = present.filter(pc.is_in(present["race_id"], value_set=laps["race_id"].combine_chunks()))
    stops, unread = recorded_telemetry.pit_stop_times(
        folder, int(path.stem), present.to_pandas(), recorded_telemetry.who_took_part(ergast)
    )
    quarantine(opened.warehouse, "fastf1", rejected + unread, dt.datetime.now(dt.UTC))
    tables = [
        ("raw_events", events_only),
        ("raw_laps", laps),
        ("raw_weather", read_weather(folder, present)),
        ("raw_race_control", read_race_control(folder, present)),
        ("raw_pit_stop_times", stops),
    ]
    ids = set(laps["race_id"].to_pylist())
    loaded = load(opened.warehouse, opened.objects, "fastf1", request, tables, ids, last, path.stem)
    return {"laps": laps.num_rows, "set_aside": len(rejected) + len(unread), "known": loaded.known}
