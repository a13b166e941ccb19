"""The adapters under contract: each fixture runs its tests once for every backend that is at hand."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pytest
from google.cloud import pubsub_v1

from shared.adapters.embedded.event_bus import SqliteBus, Subscription
from shared.adapters.embedded.object_store import FileObjectStore
from shared.adapters.embedded.warehouse import DuckDBWarehouse
from shared.adapters.gcp.event_bus import CloudBus
from shared.adapters.gcp.object_store import CloudObjectStore
from shared.adapters.gcp.warehouse import BigQueryWarehouse
from shared.ports import EventBus, ObjectStore, Warehouse
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


BACKENDS = ("embedded", "gcp")


@pytest.fixture(params=BACKENDS)
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    """An empty warehouse that holds the contract's tables."""
    if request.param == "embedded":
        return DuckDBWarehouse(tables={table.name: table for table in (LAPS, CIRCUITS)})
    opened: BigQueryWarehouse = request.getfixturevalue("bigquery")
    opened.ensure((LAPS, CIRCUITS))
    return opened


@pytest.fixture
def bigquery(bigquery_emulator: str, monkeypatch: pytest.MonkeyPatch) -> BigQueryWarehouse:
    """The adapter on an emulator, with a dataset of the test's own, which is not made yet."""
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", bigquery_emulator)
    return BigQueryWarehouse("contract", f"d_{uuid.uuid4().hex}", tables={})


@pytest.fixture(params=BACKENDS)
def open_objects(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], ObjectStore]:
    """Opens one store anew each time, as another process would."""
    if request.param == "embedded":
        return lambda: FileObjectStore(tmp_path / "objects")
    return request.getfixturevalue("cloud_storage")


@pytest.fixture
def cloud_storage(storage_emulator: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], CloudObjectStore]:
    """Opens the adapter on an emulator, with buckets of the test's own."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", storage_emulator)
    prefix = f"{uuid.uuid4().hex}-"
    CloudObjectStore("contract", prefix).client.create_bucket(f"{prefix}races")
    return lambda: CloudObjectStore("contract", prefix)


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


class Listening(Protocol):
    """A bus and its subscribers: ``first`` and ``second`` listen to ``laps``, ``other`` to ``stops``."""

    bus: EventBus

    def take(self, subscription: str) -> list[Taken]:
        """Messages that are due, leased."""

    def acknowledge(self, subscription: str, taken: Taken) -> None:
        """The message was handled."""

    def reject(self, subscription: str, taken: Taken) -> None:
        """The message was not handled, and is due again."""


class Taken(NamedTuple):
    """A message as a subscriber gets it."""

    id: str
    data: bytes
    attributes: dict[str, str]
    ordering_key: str
    handle: Any


class EmbeddedListening:
    """The queue in SQLite."""

    def __init__(self, bus: SqliteBus) -> None:
        self.bus = bus

    def take(self, subscription: str) -> list[Taken]:
        found = self.bus.claim(subscription, 1000)
        return [Taken(each.id, each.data, each.attributes, each.ordering_key or "", each) for each in found]

    def acknowledge(self, subscription: str, taken: Taken) -> None:
        self.bus.acknowledge(taken.handle)

    def reject(self, subscription: str, taken: Taken) -> None:
        self.bus.reject(taken.handle, "no", delay=0)


class CloudListening:
    """Pub/Sub, with a pull subscription for each name."""

    def __init__(self, project: str) -> None:
        self.bus = CloudBus(project)
        self._project = project
        self._client = pubsub_v1.SubscriberClient()
        topics = pubsub_v1.PublisherClient()
        for topic in ("laps", "stops", "nobody-listens"):
            topics.create_topic(name=f"projects/{project}/topics/{topic}")
        for name, topic in (("first", "laps"), ("second", "laps"), ("other", "stops")):
            self._client.create_subscription(
                request={
                    "name": self._path(name),
                    "topic": f"projects/{project}/topics/{topic}",
                    "enable_message_ordering": True,
                }
            )

    def _path(self, subscription: str) -> str:
        return f"projects/{self._project}/subscriptions/{subscription}"

    def take(self, subscription: str) -> list[Taken]:
        """Pull until nothing comes for a while: one answer may hold fewer messages than there are."""
        found: list[Taken] = []
        quiet = 0
        while quiet < 4:
            request = {"subscription": self._path(subscription), "max_messages": 1000, "return_immediately": True}
            answer = self._client.pull(request=request)
            quiet = 0 if answer.received_messages else quiet + 1
            if quiet:
                time.sleep(0.05)
            for received in answer.received_messages:
                message = received.message
                attributes = dict(message.attributes)
                taken = Taken(message.message_id, message.data, attributes, message.ordering_key, received.ack_id)
                found.append(taken)
        return found

    def acknowledge(self, subscription: str, taken: Taken) -> None:
        self._client.acknowledge(subscription=self._path(subscription), ack_ids=[taken.handle])

    def reject(self, subscription: str, taken: Taken) -> None:
        self._client.modify_ack_deadline(
            subscription=self._path(subscription), ack_ids=[taken.handle], ack_deadline_seconds=0
        )


@pytest.fixture(params=BACKENDS)
def listening(request: pytest.FixtureRequest) -> Listening:
    """A bus with subscribers."""
    if request.param == "embedded":
        return EmbeddedListening(request.getfixturevalue("bus"))
    return request.getfixturevalue("cloud_listening")


@pytest.fixture
def cloud_listening(pubsub_emulator: str, monkeypatch: pytest.MonkeyPatch) -> CloudListening:
    """Pub/Sub's emulator, in a project of the test's own."""
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub_emulator)
    return CloudListening(f"p-{uuid.uuid4().hex[:20]}")
