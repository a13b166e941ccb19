"""Reads a running race's documents, in parallel, and keeps them briefly: live races are answered from these."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from pydantic import ValidationError

from shared.errors import NotFound, StoreError
from shared.live import positions
from shared.live.documents import BUCKET, RACE_DOCUMENT, CarDocument, Document, DrivenDocument, RaceDocument, read
from shared.live.positions import CarPosition, Positions
from shared.observability import fields, log
from shared.ports import Listed, ObjectStore
from shared.race.telemetry import LapTelemetry

KEPT_SECONDS = 0.1
"""Longest that this cache keeps an answer behind the store: a lap is to reach a recommendation within a second."""
LIST_SECONDS = 2.0
"""The same for the list of races."""
MAX_RACES = 8
READERS = 8


class LiveRace(NamedTuple):
    """A race's documents as read; ``cars`` sorted by driver, ``positions`` by driver, ``driven``: the laps that
    telemetry tells, in order, by driver."""

    race: RaceDocument
    cars: tuple[CarDocument, ...]
    positions: Mapping[str, CarPosition] = {}
    driven: Mapping[str, tuple[LapTelemetry, ...]] = {}


class LiveReader:
    """Documents of races, each object read again only when its generation has changed."""

    def __init__(self, objects: Callable[[], ObjectStore], clock: Callable[[], float] = time.monotonic) -> None:
        self._objects, self._clock = objects, clock
        self._kept: dict[str, tuple[float, LiveRace | None]] = {}
        self._documents: dict[str, dict[str, tuple[int, Document | Positions]]] = {}
        self._listed: tuple[float, tuple[RaceDocument, ...]] = (-math.inf, ())
        self._lock, self._list_lock = threading.Lock(), threading.Lock()
        self._pool = ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="live")

    def race(self, race_id: str) -> LiveRace | None:
        """The documents of a race, at most KEPT_SECONDS old; None where there are none. Raises StoreError."""
        with self._lock:
            kept = self._kept.get(race_id)
            if kept is not None and self._clock() - kept[0] < KEPT_SECONDS:
                return kept[1]
            began = self._clock()
            found = self._read(race_id)
            self._kept[race_id] = (began, found)
            while len(self._kept) > MAX_RACES:
                oldest = min(self._kept, key=lambda name: self._kept[name][0])
                del self._kept[oldest]
                self._documents.pop(oldest, None)
            return found

    def races(self) -> tuple[RaceDocument, ...]:
        """The race documents of what is kept, at most LIST_SECONDS old: the race last written to first, MAX_RACES of
        them. Raises StoreError."""
        with self._list_lock:
            if self._clock() - self._listed[0] >= LIST_SECONDS:
                self._listed = (self._clock(), self._list())
            return self._listed[1]

    def _list(self) -> tuple[RaceDocument, ...]:
        written: dict[str, int] = {}
        entries: dict[str, Listed] = {}
        for entry in self._objects().list(BUCKET):
            race_id, _, rest = entry.name.partition("/")
            written[race_id] = max(written.get(race_id, 0), entry.generation)
            if rest == f"{RACE_DOCUMENT}.json":
                entries[race_id] = entry
        newest = sorted(entries, key=lambda race_id: written[race_id], reverse=True)[:MAX_RACES]
        found = self._pool.map(self._fetch, [entries[race_id] for race_id in newest])
        documents = (kept[1] for _, kept in found if kept is not None)
        return tuple(document for document in documents if isinstance(document, RaceDocument))

    def _read(self, race_id: str) -> LiveRace | None:
        listed = self._objects().list(BUCKET, f"{race_id}/")
        known = self._documents.get(race_id, {})
        stale = [entry for entry in listed if known.get(entry.name, (0, None))[0] != entry.generation]
        fresh = {name: found for name, found in self._pool.map(self._fetch, stale) if found is not None}
        documents = {entry.name: known[entry.name] for entry in listed if entry.name in known} | fresh
        self._documents[race_id] = documents
        if not documents:
            return None
        cars = [document for _, document in documents.values() if isinstance(document, CarDocument)]
        races = [document for _, document in documents.values() if isinstance(document, RaceDocument)]
        race = races[0] if races else RaceDocument(race_id=race_id)
        found = [document.cars for _, document in documents.values() if isinstance(document, Positions)]
        driven = {
            document.driver_id: tuple(document.laps[lap] for lap in sorted(document.laps))
            for _, document in documents.values()
            if isinstance(document, DrivenDocument)
        }
        return LiveRace(race, tuple(sorted(cars, key=lambda car: car.driver_id)), found[0] if found else {}, driven)

    def _fetch(self, entry: Listed) -> tuple[str, tuple[int, Document | Positions] | None]:
        try:
            found = self._objects().get(BUCKET, entry.name)
            race_id = entry.name.partition("/")[0]
            if entry.name == positions.object_name(race_id):
                return entry.name, (found.generation, positions.read(found.data))
            return entry.name, (found.generation, read(entry.name, found.data))
        except NotFound:
            return entry.name, None
        except ValidationError as error:
            log.error("a live document cannot be read", extra=fields(name=entry.name, error=str(error)[:300]))
            raise StoreError(f"the live document {entry.name} cannot be read") from error
