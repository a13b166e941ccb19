"""Follows a running session in steps that continue by message: each connects to the stream, or opens the recording
where the last step left it, publishes what it tells on ``telemetry``, and keeps what the next one needs to go on.

A message is published under the event's own name, so that what a step that died had published already is known by it.
Between two steps on the live stream a second or two pass without a connection: laps that end within them are not told.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import logging
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from shared import events
from shared.bootstrap import Ports
from shared.config import Settings
from shared.errors import EventError, NotFound
from shared.events import IngestRequest
from shared.ingest.ergast import race_id
from shared.ingest.files import DataFileError
from shared.ingest.live.lines import read_line
from shared.ingest.live.translate import Translator
from shared.ingest.load import RAW_BUCKET
from shared.ingest.request import TryLater, going_on, recorded_folder
from shared.live.handler import EVENT_ID
from shared.observability import fields, log, stage
from shared.race.calendars import circuit_of_event
from shared.telemetry import Telemetry, event_id

STEP_SECONDS = 400.0
KEEP_SECONDS = 5.0
"""The state is kept this often, so that a step that dies costs no more than that is told twice."""
LONGEST = dt.timedelta(hours=6)
"""A run ends after this long even if the stream never says that the session is over."""
PAUSE = 0.2
PATIENCE = 60.0
THREADS = 8
MOST_WAITING = 500


def step(
    opened: Ports,
    request: IngestRequest,
    run: str,
    chosen: Settings,
    now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    clock: Callable[[], float] = time.monotonic,
    seconds: float = STEP_SECONDS,
) -> IngestRequest | None:
    """Follow for ``seconds``; the request to continue with, or None when the session is over. Raises EventError for a
    request that names not one race, DataFileError for a recording that is not there, TryLater where the timing service
    says nothing at all."""
    if len(request.seasons) != 1 or request.rounds is None or len(request.rounds) != 1:
        raise EventError("ingest-requests: live needs one of seasons and one of rounds: the race that runs")
    season, number = request.seasons[0], request.rounds[0]
    name = f"fastf1/{run}/live.json"
    kept = _kept(opened, name) or {"began": now().isoformat(), "offset": 0, "translator": {}}
    translator = Translator(
        race_id(season, number),
        lambda event: circuit_of_event(event, season),
        "live" if request.recording is None else "recorded",
        kept["translator"],
    )
    until, keep_at = clock() + seconds, clock() + KEEP_SECONDS
    over, read, unread = False, 0, 0
    with (
        stage("live", run=run) as counted,
        _lines(request, chosen, kept["offset"]) as lines,
        _Publisher(opened) as publisher,
    ):
        for line, offset in lines:
            if line is not None:
                read += 1
                try:
                    for message in translator.messages(read_line(line)):
                        publisher.publish(message)
                except ValueError as error:
                    unread += 1
                    log.info("a line cannot be read", extra=fields(reason=str(error), line=line[:200]))
                kept["offset"] = offset
            over = translator.over
            if over or clock() >= until:
                break
            if clock() >= keep_at:
                publisher.flush()
                _keep(opened, name, kept, translator)
                keep_at = clock() + KEEP_SECONDS
        else:
            over = over or request.recording is not None
        publisher.flush()
        counted.update(published=publisher.published, lines=read, lines_unread=unread, over=over)
    _keep(opened, name, kept, translator)
    if not read and not over:
        raise TryLater("the timing service's stream says nothing", PATIENCE)
    if over or now() - dt.datetime.fromisoformat(kept["began"]) > LONGEST:
        return None
    return going_on(request, "fastf1", run)


class _Publisher:
    """Publishes several messages at a time: a feed sends a hundred a second, and a bus in the cloud takes its time."""

    def __init__(self, opened: Ports) -> None:
        self._bus = opened.bus
        self._pool = ThreadPoolExecutor(THREADS, "publish")
        self._waiting: list[Future[str]] = []
        self.published = 0

    def __enter__(self) -> _Publisher:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    def publish(self, message: Telemetry) -> None:
        """Send it soon. Raises BusError of one sent earlier."""
        self._waiting.append(self._pool.submit(events.publish, self._bus, message, **{EVENT_ID: event_id(message)}))
        if len(self._waiting) >= MOST_WAITING:
            self.flush()

    def flush(self) -> None:
        """Wait until all are sent. Raises BusError."""
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.result()
            self.published += 1


def _kept(opened: Ports, name: str) -> dict[str, Any] | None:
    try:
        found = json.loads(opened.objects.get(RAW_BUCKET, name).data)
        assert isinstance(found, dict)
        return found
    except NotFound:
        return None


def _keep(opened: Ports, name: str, kept: dict[str, Any], translator: Translator) -> None:
    kept["translator"] = translator.kept()
    opened.objects.put(RAW_BUCKET, name, json.dumps(kept).encode())


@contextlib.contextmanager
def _lines(request: IngestRequest, chosen: Settings, offset: int) -> Iterator[Iterator[tuple[str | None, int]]]:
    """Lines with the offset behind each, from a recording in the data folder or from the timing service; None while
    nothing comes."""
    if request.recording is not None:
        path = recorded_folder(request, chosen) / request.recording
        if not path.is_file():
            raise DataFileError(f"{path}: no such recording")
        yield _read(path, offset)
        return
    with tempfile.TemporaryDirectory(prefix="live-") as folder:
        path = Path(folder) / "stream.txt"
        path.touch()
        follower = _Connection(path)
        try:
            yield _tail(path, follower.alive)
        finally:
            follower.stop()


def _read(path: Path, offset: int) -> Iterator[tuple[str | None, int]]:
    with path.open("rb") as file:
        file.seek(offset)
        for line in file:
            offset += len(line)
            yield line.decode("utf-8", "replace"), offset


def _tail(path: Path, alive: Callable[[], bool]) -> Iterator[tuple[str | None, int]]:
    """Whole lines as they are written, until the writer ends."""
    with path.open("rb") as file:
        rest = b""
        while True:
            running = alive()
            chunk = file.readline()
            if chunk:
                rest += chunk
                if rest.endswith(b"\n"):
                    yield rest.decode("utf-8", "replace"), 0
                    rest = b""
            elif not running:
                return
            else:
                yield None, 0
                time.sleep(PAUSE)


class _Connection:
    """FastF1's live timing client in a thread, writing to a file until it is told to stop or nothing comes for a
    minute."""

    def __init__(self, path: Path) -> None:
        from fastf1.livetiming.client import SignalRClient

        self._client = SignalRClient(str(path), filemode="a", timeout=60, logger=logging.getLogger("f1.live"))
        self._thread = threading.Thread(target=self._run, name="live-timing", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._client.start()
        except Exception as error:  # whatever the client meets, the step goes on to say that nothing came
            log.warning("no connection to the timing service", extra=fields(reason=repr(error)))

    def alive(self) -> bool:
        """Whether more may come."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Close the connection. FastF1 has no public way to."""
        connection = self._client._connection
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.stop()
        self._client.timeout = 0.001  # its watch ends at the next look
        self._thread.join(5.0)
