"""One at a time: a lease on a name, held as an object by compare-and-set, which runs out should its holder die."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator

from shared.errors import F1Error, NotFound, PreconditionFailed
from shared.ports import ObjectStore

BUCKET = "raw"
SECONDS = 600.0
"""An event-driven function ends after 540 s at the latest, so a lease older than this has no holder."""
PATIENCE = 60.0
PAUSE = 0.25


class Busy(F1Error):
    """Somebody else holds the lease; the event comes again later."""


@contextlib.contextmanager
def lease(
    objects: ObjectStore,
    name: str,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Hold the lease ``name`` within the block, waiting for it up to a minute. Raises Busy."""
    stored = f"leases/{name}.json"
    give_up = clock() + PATIENCE
    while (generation := _taken(objects, stored, clock())) is None:
        if clock() >= give_up:
            raise Busy(f"{name}: somebody else is at it")
        sleep(PAUSE)
    try:
        yield
    finally:
        with contextlib.suppress(NotFound, PreconditionFailed):  # it ran out, and another took it
            objects.delete(BUCKET, stored, if_generation=generation)


def _taken(objects: ObjectStore, stored: str, now: float) -> int | None:
    """The generation under which the lease is ours, or None while it is somebody else's."""
    try:
        found = objects.get(BUCKET, stored)
        if json.loads(found.data)["until"] > now:
            return None
        generation = found.generation
    except NotFound:
        generation = 0
    try:
        return objects.put(BUCKET, stored, json.dumps({"until": now + SECONDS}).encode(), if_generation=generation)
    except PreconditionFailed:
        return None
