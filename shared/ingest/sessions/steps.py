"""A run over FastF1's sessions in steps that continue by message: session by session, and within one driver by driver.

A driver's telemetry is a Parquet part in ``fastf1/<run>/<session>/``; a part that is there is not made again. When all
are, they are loaded once. FastF1's own files are kept between steps, so that a step begins where the last one ended.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import pyarrow as pa

from shared.bootstrap import Ports
from shared.errors import F1Error
from shared.events import IngestRequest
from shared.ingest.fastf1 import Rejected
from shared.ingest.load import RAW_BUCKET, load, put_parquet, quarantine
from shared.ingest.progress import Progress
from shared.ingest.request import going_on
from shared.ingest.sessions import source
from shared.ingest.sessions.cache import kept_cache
from shared.ingest.sessions.tables import RACE, Key, corner_rows, session_rows
from shared.ingest.telemetry import TABLE, samples
from shared.observability import fields, log, stage

STEP_SECONDS = 400.0
"""A step takes on no driver after this long; an event-driven function has nine minutes, a session loads in one."""


class _Run(NamedTuple):
    """What all of a step's work needs."""

    opened: Ports
    request: IngestRequest
    name: str
    now: dt.datetime
    over: Callable[[], bool]
    jolpica_url: str


def step(
    opened: Ports,
    request: IngestRequest,
    run: str,
    now: dt.datetime,
    jolpica_url: str,
    clock: Callable[[], float] = time.monotonic,
    seconds: float = STEP_SECONDS,
) -> IngestRequest | None:
    """Work on the run for some ``seconds``; the request to continue with, or None when it is over. Raises TryLater when
    the timing service has not what is asked for yet; what was fetched stays."""
    until = clock() + seconds
    this = _Run(opened, request, run, now, lambda: clock() >= until, jolpica_url)
    done = Progress(opened.objects, f"fastf1/{run}")
    sessions = _sessions(this)
    for number, (season, round_) in enumerate(sessions, start=1):
        if number <= done.units():
            continue
        if this.over():
            return going_on(request, "fastf1", run)
        key = f"{season}_{round_:02d}_{request.session}"
        with kept_cache(opened.objects, key) as folder, source.using(folder, jolpica_url):
            whole = _session(this, season, round_, number == len(sessions))
        if not whole:
            return going_on(request, "fastf1", run)
        done.note(number)
    if not sessions and request.batch_id is not None:  # the batch must not wait for sessions that never come
        load(opened.warehouse, opened.objects, "fastf1", request, [], (), True, "none")
    return None


def _sessions(this: _Run) -> list[tuple[int, int]]:
    """Season and round of what is asked for and was held, in order; kept with the run, for a calendar may change."""
    name = f"fastf1/{this.name}/sessions.json"
    known = [entry.name for entry in this.opened.objects.list(RAW_BUCKET, name)]
    if known:
        return [tuple(each) for each in json.loads(this.opened.objects.get(RAW_BUCKET, name).data)]
    until = min(this.now.date(), this.request.until) if this.request.until else this.now.date()
    found = []
    for season in sorted(set(this.request.seasons)):
        if this.request.rounds is not None:
            held = sorted(set(this.request.rounds))
        else:
            with kept_cache(this.opened.objects, f"{season}") as folder, source.using(folder, this.jolpica_url):
                held = source.rounds(season, until)
        found += [(season, number) for number in held]
    this.opened.objects.put(RAW_BUCKET, name, json.dumps(found).encode())
    return found


def _session(this: _Run, season: int, number: int, last: bool) -> bool:
    """Take in one session; whether it is whole, or the step's time was over first."""
    request, opened = this.request, this.opened
    name = request.session
    try:
        session = source.load(season, number, name, request.telemetry, this.now)
    except source.SessionMissing as error:
        log.warning("session given up", extra=fields(reason=str(error)))
        again = {"sources": ["fastf1"], "origin": "network", "seasons": [season], "rounds": [number], "session": name}
        record = Rejected("raw_laps", f"{season}_{number:02d}", None, str(error), json.dumps(again))
        quarantine(opened.warehouse, "fastf1", [record], this.now)
        if last and request.batch_id is not None:
            load(opened.warehouse, opened.objects, "fastf1", request, [], (), True, f"{season}_{number:02d}_{name}")
        return True
    key = Key(season, number, name, _race_date(this, session, season, number), str(session.event["EventName"]))
    stored: dict[str, list[str]] = {}
    extra: list[tuple[str, pa.Table]] = []
    if request.telemetry:
        parts = _telemetry_parts(this, session, key)
        if parts is None:
            return False
        if name == RACE:
            stored = {TABLE: parts} if parts else {}
            extra = _corners(this, session, key)
    rows = session_rows(session, key)
    quarantine(opened.warehouse, "fastf1", rows.rejected, this.now)
    races = {key.race_id} if name == RACE else set()
    tables = rows.tables + extra
    load(opened.warehouse, opened.objects, "fastf1", request, tables, races, last, key.name, stored=stored)
    return True


def _race_date(this: _Run, session: Any, season: int, number: int) -> dt.date:
    """The day that Ergast's calendar names, where it is known, so that all sources share a partition."""
    found = this.opened.warehouse.query(
        "SELECT race_date FROM raw_races WHERE season = @season AND round = @round", {"season": season, "round": number}
    )
    return found["race_date"][0].as_py() if found.num_rows else session.event["EventDate"].date()


def _telemetry_parts(this: _Run, session: Any, key: Key) -> list[str] | None:
    """A part a driver; None when the step's time is over before the last."""
    folder = f"fastf1/{this.name}/{key.name}"
    kept = {entry.name for entry in this.opened.objects.list(RAW_BUCKET, f"{folder}/")}
    names: list[str] = []
    for driver in sorted(session.laps["Driver"].unique()):
        name = f"{folder}/{driver}.parquet"
        if name not in kept and f"{name}.none" not in kept:
            if this.over():
                log.info("telemetry goes on by message", extra=fields(session=key.name, done=len(names)))
                return None
            with stage("telemetry", session=key.name, driver=driver) as counted:
                rows = _driver(session, key, driver)
                counted.update(rows=0 if rows is None else rows.num_rows)
                if rows is None:
                    this.opened.objects.put(RAW_BUCKET, f"{name}.none", b"")
                    continue
                put_parquet(this.opened.objects, name, rows)
        elif f"{name}.none" in kept:
            continue
        names.append(name)
    return names


def _driver(session: Any, key: Key, driver: str) -> pa.Table | None:
    """All samples of a driver, lap by lap, car and position merged; None where the feed has none."""
    number = session.get_driver(driver)["DriverNumber"]
    if number not in session.car_data or number not in session.pos_data:
        return None
    parts = []
    end = min(session.car_data[number]["SessionTime"].max(), session.pos_data[number]["SessionTime"].max())
    for _, lap in session.laps.pick_drivers(driver).iterlaps():
        if not lap["LapStartTime"] < end:
            continue
        try:
            car = lap.get_car_data(pad=1, pad_side="both")
            position = lap.get_pos_data(pad=1, pad_side="both")
            merged = car.merge_channels(position).slice_by_lap(lap, interpolate_edges=True).add_distance()
        except (KeyError, ValueError, IndexError, TypeError) as error:  # FastF1 on laps without times or samples
            log.info("lap without telemetry", extra=fields(driver=driver, lap=lap["LapNumber"], reason=repr(error)))
            continue
        if len(merged) < 2:
            continue
        frame = merged[["RPM", "Speed", "nGear", "Throttle", "Brake", "DRS", "Distance", "X", "Y", "Z"]].copy()
        frame["Time"] = merged["Time"].dt.total_seconds()
        frame["LapNumber"] = int(lap["LapNumber"])
        parts.append(pa.Table.from_pandas(frame, preserve_index=False))
    if not parts:
        return None
    made = samples(pa.concat_tables(parts, promote_options="permissive"), key.season, key.round, key.race_date, driver)
    if made.emptied:
        log.info("readings emptied", extra=fields(driver=driver, **made.emptied))
    return made.rows


def _corners(this: _Run, session: Any, key: Key) -> list[tuple[str, pa.Table]]:
    """The circuit's corners; what keeps them away is recorded for review and stops nothing."""
    try:
        return [("raw_corners", corner_rows(source.circuit(session).corners, key))]
    except (F1Error, AttributeError, KeyError, ValueError, TypeError, OSError) as error:
        reason = f"no corners: {error!r}"
        log.warning("corners given up", extra=fields(session=key.name, reason=reason))
        record = Rejected("raw_corners", key.race_id, key.race_date, reason, json.dumps({"session": key.name}))
        quarantine(this.opened.warehouse, "fastf1", [record], this.now)
        return []
