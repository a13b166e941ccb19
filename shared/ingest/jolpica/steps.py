"""A run of requests to Jolpica in steps, each of a few minutes, that continue by message.

A run is what one ingest request asks for. Its units are the lists and then the seasons, in order; a unit's rows are
loaded when all its pages are in. How far the run is stands in ``ergast/<run>/progress.json``; the pages kept there tell
the rest. Whatever is delivered again, or twice at once, does work that is done already and changes nothing.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from shared.bootstrap import Ports
from shared.events import IngestRequest
from shared.ingest.fastf1 import Rejected
from shared.ingest.files import concat
from shared.ingest.jolpica.client import Client
from shared.ingest.jolpica.fetch import Failed, Fetcher
from shared.ingest.jolpica.resources import Wanted, calendar, lists, of_season
from shared.ingest.jolpica.rows import SchemaChanged, parse
from shared.ingest.load import load, quarantine
from shared.ingest.progress import Progress
from shared.ingest.request import TryLater, going_on
from shared.observability import fields, log

STEP_SECONDS = 420.0
"""A step takes on no request after this long; an event-driven function has nine minutes."""


def step(
    opened: Ports,
    request: IngestRequest,
    run: str,
    client: Client,
    today: dt.date,
    clock: Callable[[], float] = time.time,
    seconds: float = STEP_SECONDS,
) -> IngestRequest | None:
    """Work on the run for ``seconds`` at most; the request to continue with, or None when the run is over. Raises
    TryLater when nothing at all could be done, so that the event comes again later; what was fetched stays."""
    until = clock() + seconds
    fetcher = Fetcher(client, opened.objects, run, until)
    seasons = sorted(set(request.seasons))
    done = Progress(opened.objects, f"ergast/{run}")
    unit, moved = done.units(), False
    while unit <= len(seasons):
        try:
            if unit == 0:
                _lists(opened, request, fetcher, run)
            else:
                _season(opened, request, fetcher, run, seasons[unit - 1], today)
        except TryLater as stopped:
            if not (moved or fetcher.fetched):
                raise
            log.info("the run goes on by message", extra=fields(run=run, unit=unit, reason=str(stopped)))
            return going_on(request, "ergast", run)
        unit, moved = unit + 1, True
        done.note(unit)
    return None


def _lists(opened: Ports, request: IngestRequest, fetcher: Fetcher, run: str) -> None:
    tables, rejected = _tables(fetcher, lists(), {}, request, run)
    quarantine(opened.warehouse, "ergast", rejected, dt.datetime.now(dt.UTC))
    load(opened.warehouse, opened.objects, "ergast", request, tables, (), False, "lists")


def _season(opened: Ports, request: IngestRequest, fetcher: Fetcher, run: str, season: int, today: dt.date) -> None:
    last = season == max(request.seasons)
    latest = min(today, request.until) if request.until is not None else today
    tables, rejected = _tables(fetcher, [calendar(season)], {}, request, run)
    races: set[str] = set()
    if tables:
        events = tables[0][1]
        dates = dict(zip(events["race_id"].to_pylist(), events["race_date"].to_pylist(), strict=True))
        past = sorted(int(race[5:]) for race, day in dates.items() if day <= latest)
        more, set_aside = _tables(fetcher, of_season(season, past, request.rounds), dates, request, run)
        tables, rejected = _until(tables + more, request.until), rejected + set_aside
        races = {race for name, rows in tables if name == "raw_results" for race in rows["race_id"].to_pylist()}
    quarantine(opened.warehouse, "ergast", rejected, dt.datetime.now(dt.UTC))
    if tables or (last and request.batch_id is not None):  # a backfill is completed whatever became of its last season
        load(opened.warehouse, opened.objects, "ergast", request, tables, races, last, str(season))


def _tables(
    fetcher: Fetcher, wanted: Sequence[Wanted], dates: Mapping[str, dt.date], request: IngestRequest, run: str
) -> tuple[list[tuple[str, pa.Table]], list[Rejected]]:
    """Rows by raw table, and what must be looked at: records set aside, and requests and pages that failed."""
    parts: dict[str, list[pa.Table]] = {}
    rejected: list[Rejected] = []
    failed: list[Failed] = []
    for each in wanted:
        pages = fetcher.pages(each)
        if isinstance(pages, Failed):
            failed.append(pages)
            continue
        try:
            parsed = parse(each, pages, dates)
        except SchemaChanged as error:
            log.error("pages cannot be used", extra=fields(path=each.path, reason=str(error)))
            failed.append(Failed(each, str(error)))
            continue
        parts.setdefault(each.resource.table, []).append(parsed.rows)
        rejected += parsed.rejected
    fetcher.settle()
    rejected += [_for_review(each, dates, request, run) for each in failed]
    return [(table, concat(table, rows)) for table, rows in parts.items()], rejected


def _for_review(failed: Failed, dates: Mapping[str, dt.date], request: IngestRequest, run: str) -> Rejected:
    """A failed request as a record set aside: what to ask for again, and where its pages are."""
    wanted = failed.wanted
    season = [int(wanted.path[:4])] if wanted.path[:4].isdigit() else list(request.seasons)
    rounds = [int(wanted.race_id[5:])] if wanted.race_id else None
    again = {"sources": ["ergast"], "origin": "network", "seasons": season, "rounds": rounds}
    record = {"path": wanted.path, "pages": f"ergast/{run}/{wanted.path}", "ask_again": again}
    day = dates.get(wanted.race_id) if wanted.race_id else None
    return Rejected(wanted.resource.table, wanted.race_id, day, failed.reason, json.dumps(record, sort_keys=True))


def _until(tables: list[tuple[str, pa.Table]], day: dt.date | None) -> list[tuple[str, pa.Table]]:
    """Nothing dated after ``day``."""
    if day is None:
        return tables
    return [(name, rows.filter(pc.less_equal(rows["race_date"], pa.scalar(day, pa.date32())))) for name, rows in tables]
