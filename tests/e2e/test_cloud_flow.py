"""A race from the request to its features on Google's side: the functions behind push subscriptions of the Pub/Sub
emulator, which also gets fake-gcs-server's notifications; rows in bqemulator. Only the request is sent by hand.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import waitress
from google.cloud import pubsub_v1
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from shared import events
from shared.adapters.gcp.object_store import CloudObjectStore
from shared.adapters.subscriptions import SUBSCRIPTIONS
from shared.bootstrap import Ports, ports
from shared.config import settings
from shared.features.sql import STEPS
from shared.tables import TABLES
from tools.emulators import run
from tools.server import load_function
from tools.synthesize import synthesize

pytestmark = pytest.mark.slow

FUNCTIONS = ("ingest_ergast", "ingest_fastf1", "preprocess")
PROJECT = "flow"


@pytest.fixture
def cloud(
    bigquery_emulator: str, pubsub_emulator: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ports]:
    """The functions, subscribed; tables, buckets and topics as Terraform makes them."""
    prefix = f"{uuid.uuid4().hex[:12]}-"
    with ExitStack() as stack:
        notified = (pubsub_emulator, PROJECT, f"{prefix}manifests", events.MANIFESTS_FINALIZED)
        storage = stack.enter_context(run.storage(notified))
        for name, value in {
            "F1_BACKEND": "gcp",
            "F1_GCP_PROJECT": PROJECT,
            "F1_GCP_DATASET": f"flow_{uuid.uuid4().hex[:8]}",
            "F1_GCP_BUCKET_PREFIX": prefix,
            "F1_STATE_DIR": str(tmp_path / "state"),
            "BIGQUERY_EMULATOR_HOST": bigquery_emulator,
            "STORAGE_EMULATOR_HOST": storage,
            "PUBSUB_EMULATOR_HOST": pubsub_emulator,
        }.items():
            monkeypatch.setenv(name, value)
        opened = ports(settings())
        opened.warehouse.ensure(TABLES.values())
        assert isinstance(opened.objects, CloudObjectStore)
        for bucket in ("raw", "manifests", "races", "models", "live"):
            opened.objects.client.create_bucket(prefix + bucket)
        mounts = {f"/{name}": _at_root(load_function(name)) for name in FUNCTIONS}
        server = waitress.create_server(DispatcherMiddleware(_nowhere, mounts), host="127.0.0.1", port=0, threads=4)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        _subscribe(f"http://127.0.0.1:{server.effective_port}")
        yield opened
        server.close()


def _at_root(function: Any) -> Any:
    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        environ["PATH_INFO"] = environ.get("PATH_INFO") or "/"
        return function(environ, start_response)

    return answer


def _nowhere(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("404 Not Found", [])
    return [b""]


def _subscribe(address: str) -> None:
    """Topics; push subscriptions of the functions; a pull subscription that shows what preprocess announces."""
    publisher, subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
    for topic in ("ingest-requests", events.MANIFESTS_FINALIZED, "features-ready"):
        publisher.create_topic(name=publisher.topic_path(PROJECT, topic))
    for subscription in SUBSCRIPTIONS:
        if subscription.path.removeprefix("/") in FUNCTIONS:
            subscriber.create_subscription(
                request={
                    "name": subscriber.subscription_path(PROJECT, subscription.name),
                    "topic": publisher.topic_path(PROJECT, subscription.topic),
                    "push_config": {"push_endpoint": f"{address}{subscription.path}"},
                    "ack_deadline_seconds": 600,
                }
            )
    shown = {
        "name": subscriber.subscription_path(PROJECT, "shown"),
        "topic": publisher.topic_path(PROJECT, "features-ready"),
    }
    subscriber.create_subscription(request=shown)


def _announced(seconds: float = 300.0) -> list[dict[str, Any]]:
    """What came on features-ready, once something has come."""
    subscriber = pubsub_v1.SubscriberClient()
    path = subscriber.subscription_path(PROJECT, "shown")
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        request = {"subscription": path, "max_messages": 10, "return_immediately": True}
        found = subscriber.pull(request=request).received_messages
        if found:
            subscriber.acknowledge(subscription=path, ack_ids=[each.ack_id for each in found])
            return [json.loads(each.message.data) for each in found]
        time.sleep(0.3)
    return []


def test_a_request_leads_by_events_to_features_and_the_same_again_to_nothing(cloud: Ports, tmp_path: Path) -> None:
    synthesize(tmp_path / "made", 1, seed=7)
    request = events.IngestRequest(seasons=(2018,), data_dir=str(tmp_path / "made"), synthetic=True, batch_id="one")
    events.publish(cloud.bus, request)
    (message,) = _announced()
    assert (message["races"], message["synthetic"]) == (["2018_01"], True)
    counts = {table: _count(cloud, table) for table in STEPS}
    assert {table for table, rows in counts.items() if not rows} == {"era_laps"}, "made races have no laps before 2018"
    assert json.loads(cloud.objects.get("races", "2018_01/laps.json").data)["laps"]
    generation = cloud.objects.get("races", "index.json").generation
    events.publish(cloud.bus, request)
    assert _announced(8.0) == []
    assert {table: _count(cloud, table) for table in STEPS} == counts
    assert cloud.objects.get("races", "index.json").generation == generation


def _count(cloud: Ports, table: str) -> int:
    where = "WHERE race_date > DATE '2000-01-01'" if TABLES[table].partition_by == "race_date" else ""
    return int(cloud.warehouse.query(f"SELECT COUNT(*) AS n FROM {table} {where}")["n"][0].as_py())
