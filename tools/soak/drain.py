"""The worker's work without its server: takes events from the queue, runs the functions on them, acknowledges, until
nothing is left. A process that does this can be killed at any point and another one goes on.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from typing import Any

from cloudevents.http import from_http

from functions.ingest_ergast.main import ingest_ergast
from functions.ingest_fastf1.main import ingest_fastf1
from functions.preprocess.main import preprocess
from shared.adapters.embedded.delivery import cloud_event
from shared.adapters.embedded.dialect import translated
from shared.adapters.embedded.event_bus import Claimed, SqliteBus
from shared.adapters.embedded.object_store import FileObjectStore
from shared.adapters.embedded.warehouse import DuckDBWarehouse
from shared.bootstrap import ports
from shared.config import settings
from shared.errors import BusError, F1Error
from shared.features.sql import STEPS, statement
from shared.ingest import lease

FUNCTIONS: dict[str, Any] = {
    "ingest-ergast": ingest_ergast,
    "ingest-fastf1": ingest_fastf1,
    "preprocess": preprocess,
}
"""Function by the name of its subscription."""

for _step in STEPS:
    translated(statement(_step))  # once, before any fork

LEASE_SECONDS = 2.0
"""A killed process leaves its leases to run out; here they do so in seconds. One process at a time is at work, so that
nobody else can take what a living one holds."""

RETRY_SECONDS = 0.2

YOUNG_SECONDS = 1.1
"""The object store announces a lost notification of objects older than a second."""


def drain(subscriptions: Sequence[str] = tuple(FUNCTIONS)) -> int:
    """Handle every event of these subscriptions, and those that follow from them; how many there were."""
    opened = ports(settings())
    bus, store = opened.bus, opened.objects
    assert isinstance(bus, SqliteBus)
    assert isinstance(store, FileObjectStore)
    assert isinstance(opened.warehouse, DuckDBWarehouse)  # opened first, as the worker does
    bus.release()
    handled = 0
    while True:
        store.reconcile()
        before = handled
        for name in subscriptions:
            for message in bus.claim(name, 1):
                _deliver(bus, name, message)
                handled += 1
        if handled == before:
            time.sleep(YOUNG_SECONDS)
            store.reconcile()
            if not any(bus.waiting().get(name) for name in subscriptions):
                return handled


@contextlib.contextmanager
def _short_leases() -> Iterator[None]:
    """Leases of ``LEASE_SECONDS`` within the block."""
    usual, lease.SECONDS = lease.SECONDS, LEASE_SECONDS
    try:
        yield
    finally:
        lease.SECONDS = usual


def _deliver(bus: SqliteBus, name: str, message: Claimed) -> None:
    """Acknowledge what was handled; what failed comes again. Raises BusError where it was the last attempt."""
    try:
        with _short_leases():
            FUNCTIONS[name](from_http(*cloud_event(message)))
    except F1Error as error:
        if bus.reject(message, str(error), RETRY_SECONDS):
            raise BusError(f"{name}: failed for good: {error}") from error
        time.sleep(RETRY_SECONDS)
    else:
        bus.acknowledge(message)
