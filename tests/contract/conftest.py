"""The adapters under contract: each fixture runs its tests once for every backend that is at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from shared.adapters.embedded.event_bus import SqliteBus, Subscription
from shared.adapters.embedded.object_store import FileObjectStore
from shared.adapters.embedded.warehouse import DuckDBWarehouse
from shared.ports import ObjectStore, Warehouse
from shared.tables import Column, Table

LAPS = Table(
    "contract_laps",
    "Laps, as the contract needs them",
    (
        Column("race_date", "DATE", "day of the race", mode="REQUIRED"),
        Column("driver_id", "STRING", "three-letter code", mode="REQUIRED"),
        Column("lap", "INT64", "lap, from 1"),
        Column("lap_time", "FLOAT64", "lap time", unit="s"),
        Column("set_at", "TIMESTAMP", "when the lap ended"),
        Column("flags", "STRING", "flags shown", mode="REPEATED"),
    ),
    partition_by="race_date",
    cluster_by=("driver_id",),
)
CIRCUITS = Table(
    "contract_circuits",
    "An unpartitioned table",
    (Column("circuit_id", "STRING", "Ergast's reference", mode="REQUIRED"), Column("name", "STRING", "name")),
)


@pytest.fixture(params=["embedded"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    """An empty warehouse that holds the contract's tables."""
    return DuckDBWarehouse(tables={table.name: table for table in (LAPS, CIRCUITS)})


@pytest.fixture(params=["embedded"])
def open_objects(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], ObjectStore]:
    """Opens one store anew each time, as another process would."""
    return lambda: FileObjectStore(tmp_path / "objects")


@pytest.fixture
def objects(open_objects: Callable[[], ObjectStore]) -> ObjectStore:
    """An empty object store."""
    return open_objects()


@pytest.fixture
def bus(tmp_path: Path) -> SqliteBus:
    """A queue with two subscriptions to one topic and one to another."""
    subscriptions = (
        Subscription("first", "laps", "/first", max_attempts=3, ack_deadline=5.0),
        Subscription("second", "laps", "/second", max_attempts=3, ack_deadline=5.0),
        Subscription("other", "stops", "/other", max_attempts=3, ack_deadline=5.0),
    )
    return SqliteBus(tmp_path / "queue.sqlite", subscriptions, frozenset({"nobody-listens"}))
