"""Where the cars of a running race are: one small object a race, ``<race>/_positions.json`` in the bucket ``live``.

It holds the newest position of each car by event time, for maps alone. Every sample is durable in ``live_features``
before, and the car's next one is newer: a write that fails or a process that ends loses nothing that matters. Samples
do not wait for the object: one a second and race writes it, with what came since, and the others go on.
"""

from __future__ import annotations

import datetime as dt
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from shared.errors import NotFound, PreconditionFailed, StoreError
from shared.live.documents import BUCKET
from shared.observability import fields, log
from shared.ports import ObjectStore
from shared.telemetry import CarSample

POSITIONS = "_positions"
SPACING = 1.0
"""Seconds between writes of one race's object, by all instances together: what Cloud Storage admits."""
METERS = 0.1
"""The feed's unit."""
FORGET_SECONDS = 5.0
"""A position that could not be written for so long is given up: the car's next ones are newer, and a race that is told
again from its start must not meet the end of the last telling."""
MAX_RACES = 256


class CarPosition(BaseModel):
    """A car on the feed's map, meters, at a moment by the feed's clock."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    at: AwareDatetime
    x: float
    y: float


class Positions(BaseModel):
    """The object: newest position of each car."""

    model_config = ConfigDict(frozen=True, extra="allow")
    version: Literal[1] = 1
    race_id: str
    cars: dict[str, CarPosition] = {}
    written_at: AwareDatetime | None = None


def object_name(race_id: str) -> str:
    """Name of a race's object in the bucket ``live``."""
    return f"{race_id}/{POSITIONS}.json"


def position_of(sample: CarSample) -> CarPosition | None:
    """Where the sample says that the car is; None where it does not."""
    if sample.x is None or sample.y is None:
        return None
    return CarPosition(at=sample.sampled_at, x=round(sample.x * METERS, 1), y=round(sample.y * METERS, 1))


def merged(a: Mapping[str, CarPosition], b: Mapping[str, CarPosition]) -> dict[str, CarPosition]:
    """The newest of each car by event time, whichever way round; sorted by driver."""
    newest = dict(a)
    for driver, position in b.items():
        known = newest.get(driver)
        if known is None or _rank(position) > _rank(known):
            newest[driver] = position
    return dict(sorted(newest.items()))


@dataclass
class _Race:
    """What came since this process last wrote the race's object; ``due`` and the times noted by the monotonic clock."""

    due: float = 0.0
    writing: bool = False
    pending: dict[str, tuple[float, CarPosition]] = field(default_factory=dict)


class PositionBoard:
    """Brings samples' positions into the objects of their races; any number of threads and processes may."""

    def __init__(
        self,
        objects: Callable[[], ObjectStore],
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        clock: Callable[[], float] = time.monotonic,
        spacing: float = SPACING,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._objects, self._now, self._clock, self._spacing, self._chance = objects, now, clock, spacing, chance
        self._races: dict[str, _Race] = {}
        self._guard = threading.Lock()

    def note(self, sample: CarSample) -> None:
        """Take the sample's position, and write those of its race where that is due. Never raises for the store: the
        sample is stored elsewhere, and the next one tries again."""
        position = position_of(sample)
        if position is None:
            return
        at = self._clock()
        with self._guard:
            race = self._races.get(sample.race_id)
            if race is None:
                self._make_room(at)
                race = self._races[sample.race_id] = _Race()
            _keep(race.pending, sample.driver_id, (at, position))
            if race.writing or at < race.due:
                return
            race.writing = True
            taken, race.pending = race.pending, {}
        wait, written = self._spacing, False
        try:
            fresh = {driver: position for driver, (noted, position) in taken.items() if at - noted < FORGET_SECONDS}
            wait, written = self._write(sample.race_id, fresh)
        finally:
            with self._guard:
                if not written:
                    for driver, noted in taken.items():
                        _keep(race.pending, driver, noted)
                race.due, race.writing = self._clock() + wait, False

    def _write(self, race_id: str, fresh: Mapping[str, CarPosition]) -> tuple[float, bool]:
        """Seconds until this process should try next, and whether the positions are in the object now."""
        name = object_name(race_id)
        try:
            before, generation = _read(self._objects(), race_id)
            since = self._since(before)
            if since < self._spacing:  # another instance wrote it
                return self._spacing - since + 0.1 * self._spacing * self._chance(), False
            cars = merged(before.cars, fresh)
            if cars != before.cars:
                after = before.model_copy(update={"cars": cars, "written_at": self._now()})
                data = after.model_dump_json(exclude_none=True).encode()
                self._objects().put(BUCKET, name, data, if_generation=generation)
        except PreconditionFailed:
            return self._spacing * self._chance(), False
        except StoreError as error:
            log.warning("positions not written; the next sample tries again", extra=fields(race=race_id, error=error))
            return self._spacing * (1 + self._chance()), False
        return self._spacing, True

    def _since(self, before: Positions) -> float:
        """Seconds since the object was written; a clock that is behind the writer's holds nothing up."""
        if before.written_at is None:
            return self._spacing
        since = (self._now() - before.written_at).total_seconds()
        return since if since >= 0 else self._spacing

    def _make_room(self, at: float) -> None:
        if len(self._races) >= MAX_RACES:
            self._races = {name: race for name, race in self._races.items() if race.writing or at < race.due + 60.0}


def read(data: bytes) -> Positions:
    """The positions in an object's bytes. Raises ValidationError."""
    return Positions.model_validate_json(data)


def _read(objects: ObjectStore, race_id: str) -> tuple[Positions, int]:
    try:
        found = objects.get(BUCKET, object_name(race_id))
    except NotFound:
        return Positions(race_id=race_id), 0
    try:
        return read(found.data), found.generation
    except ValidationError:  # what cannot be read is written anew: it holds nothing that does not come again
        return Positions(race_id=race_id), found.generation


def _keep(pending: dict[str, tuple[float, CarPosition]], driver: str, noted: tuple[float, CarPosition]) -> None:
    known = pending.get(driver)
    if known is None or noted[0] - known[0] >= FORGET_SECONDS or _rank(noted[1]) > _rank(known[1]):
        pending[driver] = noted


def _rank(position: CarPosition) -> tuple[dt.datetime, float, float]:
    return position.at, position.x, position.y
