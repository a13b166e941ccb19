"""FastF1, held at arm's length: its global state, the errors it swallows and the interpreter it would end are met
here."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fastf1
import fastf1.ergast.interface
import fastf1.logger
import fastf1.mvapi

from shared.errors import F1Error
from shared.ingest.request import TryLater

PATIENCE = dt.timedelta(days=3)
"""Timing data are published within hours of a session; what is missing after this long is not coming."""
PAUSE = 600.0

_one_at_a_time = threading.Lock()


class SessionMissing(F1Error):
    """There is no such session, or the timing service has nothing of it."""


@contextlib.contextmanager
def using(folder: Path, jolpica_url: str) -> Iterator[None]:
    """Let FastF1 use this cache and Jolpica; one session at a time, since both are settings of its module."""
    with _one_at_a_time:
        fastf1.logger.set_log_level("ERROR")
        # Responses are not cached a second time as fetched: telemetry is a hundred megabytes of text.
        fastf1.Cache.configure(cache_dir=str(folder), use_requests_cache=False)
        fastf1.ergast.interface.BASE_URL = jolpica_url
        yield


def rounds(season: int, until: dt.date) -> list[int]:
    """Rounds of a season that were held by ``until``. Raises TryLater where the schedule cannot be had."""
    try:
        schedule = fastf1.get_event_schedule(season, include_testing=False)
    except ValueError as error:
        raise TryLater(f"no schedule of {season}: {error}", PAUSE) from None
    held = schedule[schedule["EventDate"].dt.date <= until]
    return [int(number) for number in held["RoundNumber"]]


def load(season: int, number: int, name: str, telemetry: bool, now: dt.datetime) -> Any:
    """A session, loaded. Raises SessionMissing, or TryLater while its data may still come."""
    where = f"{season} round {number} {name}"
    try:
        session = fastf1.get_session(season, number, name)
    except ValueError as error:
        if "schedule" in str(error):
            raise TryLater(f"{where}: {error}", PAUSE) from None
        raise SessionMissing(f"{where}: {error}") from None
    try:
        session.load(laps=True, telemetry=telemetry, weather=True, messages=True)
        usable = len(session.laps) > 0
    except SystemExit:  # FastF1 ends the interpreter when it cannot fetch
        usable = False
    except fastf1.exceptions.DataNotLoadedError:
        usable = False
    except fastf1.exceptions.RateLimitExceededError as error:
        raise TryLater(f"{where}: {error}", PAUSE) from None
    if not usable:
        answered = getattr(session, "_session_info", None) is not None
        if not answered or now.replace(tzinfo=None) - session.date < PATIENCE:
            raise TryLater(f"{where}: the timing service has no laps of it yet", PAUSE)
        raise SessionMissing(f"{where}: the timing service has no laps of it")
    return session


def circuit(session: Any) -> Any:
    """FastF1's circuit information, its distances measured along the fastest lap that telemetry covers whole. What
    ``session.get_circuit_info`` does takes the fastest of all, and fails where the feed broke off before it. Raises
    what FastF1 raises where the circuit cannot be had."""
    meeting = session.session_info["Meeting"]["Circuit"]
    found = fastf1.mvapi.get_circuit_info(year=session.event.year, circuit_key=meeting["Key"])
    if found is None:
        raise SessionMissing(f"no circuit {meeting['Key']} ({meeting.get('ShortName')})")
    ends = {number: data["SessionTime"].max() for number, data in session.car_data.items() if len(data)}
    laps = session.laps
    covered = laps[laps["Time"] <= laps["DriverNumber"].map(ends)]
    fastest = covered.pick_fastest()
    if fastest is not None:
        found.add_marker_distance(reference_lap=fastest)
    return found
