"""The worker's work without its server: takes events from the queue, runs the functions on them, acknowledges, until
nothing is left. A process that does this can be killed at any point and another one goes on.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from cloudevents.http import from_http

from functions.ingest_ergast.main import ingest_ergast
from functions.ingest_fastf1.main import ingest_fastf1
from functions.preprocess.main import preprocess
from shared.adapters.embedded.delivery import cloud_event
from shared.adapters.embedded.dialect import translated
from shared.adapters.embedded.event_bus import SqliteBus
from shared.adapters.embedded.object_store import FileObjectStore
from shared.adapters.embedded.warehouse import DuckDBWarehouse
from shared.bootstrap import ports
from shared.config import settings
from shared.features.sql import STEPS, statement

FUNCTIONS: dict[str, Any] = {
    "ingest-ergast": ingest_ergast,
    "ingest-fastf1": ingest_fastf1,
    "preprocess": preprocess,
}
"""Function by the name of its subscription."""

for _step in STEPS:
    translated(statement(_step))  # once, before any fork

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
                FUNCTIONS[name](from_http(*cloud_event(message)))
                bus.acknowledge(message)
                handled += 1
        if handled == before:
            time.sleep(YOUNG_SECONDS)
            store.reconcile()
            if not any(bus.waiting().get(name) for name in subscriptions):
                return handled
