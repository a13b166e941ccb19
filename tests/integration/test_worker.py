"""The worker's application: functions mounted side by side, its own routes, and an event's way through all of it."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import werkzeug.serving
from werkzeug.test import Client

from shared import events
from shared.adapters.embedded.delivery import Delivery, cloud_event, cloud_events
from shared.adapters.embedded.event_bus import Claimed, SqliteBus
from shared.bootstrap import ports
from shared.config import ROOT, Settings
from shared.telemetry import CarSample
from tools.worker import application

SAMPLE = CarSample(race_id="2023_01", driver_id="VER", sampled_at=dt.datetime.now(dt.UTC), speed=300.0)


@pytest.fixture
def app(state: Settings) -> Any:
    return application(ports(state), ["stream_features"])


def bus_of(state: Settings) -> SqliteBus:
    bus = ports(state).bus
    assert isinstance(bus, SqliteBus)
    return bus


def claimed(message: events.Message, identity: str = "m1") -> Claimed:
    data = message.model_dump_json().encode()
    return Claimed(1, "s", identity, message.TOPIC, data, {}, None, "2023-03-05T15:00:00Z", 1)


def test_health_names_the_functions_mounted(app: Any) -> None:
    assert Client(app).get("/health").json == {"status": "healthy", "functions": ["/stream_features"]}


def test_an_event_posted_to_a_function_s_path_reaches_it(app: Any, state: Settings) -> None:
    headers, body = cloud_event(claimed(SAMPLE))
    assert Client(app).post("/stream_features", data=body, headers=headers).status_code == 200
    assert ports(state).warehouse.query("SELECT speed FROM live_features").to_pylist() == [{"speed": 300.0}]


def test_a_function_that_is_not_there_is_not_found(app: Any) -> None:
    assert Client(app).post("/train", data=b"{}").status_code == 404


def test_training_is_loaded_when_its_first_event_comes(state: Settings) -> None:
    code = (
        "import sys\nfrom werkzeug.test import Client\nfrom shared.bootstrap import ports\n"
        "from tools.server import function_names\nfrom tools.worker import application\n"
        "app = application(ports(), [name for name in function_names() if name != 'recommend'])\n"
        "print('jax' in sys.modules)\n"
        "print(Client(app).post('/train', data=b'{}').status_code, 'jax' in sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    before, status, after = ran.stdout.split()
    assert (before, after) == ("False", "True"), ran.stderr
    assert int(status) >= 400


def test_the_audit_message_of_a_recommendation_is_stored_once(app: Any, state: Settings) -> None:
    made = events.RecommendationMade(
        made_at=dt.datetime.now(dt.UTC), request={"lap": 3}, answer={"seed": 7}, seed=7, model_version="v1"
    )
    headers, body = cloud_event(claimed(made))
    for _ in range(2):
        assert Client(app).post("/store_recommendations", data=body, headers=headers).status_code == 200
    (row,) = ports(state).warehouse.query("SELECT * FROM recommendations").to_pylist()
    assert (row["seed"], row["model_version"], json.loads(row["request"])) == (7, "v1", {"lap": 3})


def test_an_audit_message_that_cannot_be_read_is_refused(app: Any) -> None:
    assert Client(app).post("/store_recommendations", data=b"{}").status_code == 400


@pytest.fixture
def delivering(app: Any, state: Settings, tmp_path: Path) -> Iterator[Delivery]:
    server = werkzeug.serving.make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    backoff = (state.queue_backoff_min, state.queue_backoff_max)
    delivery = Delivery(bus_of(state), tmp_path / "lock", "127.0.0.1", server.port, backoff)
    delivery.start()
    yield delivery
    delivery.stop(0.5)
    server.shutdown()


def test_published_samples_become_rows_and_what_fails_is_told(delivering: Delivery, app: Any, state: Settings) -> None:
    bus = bus_of(state)
    for number in range(20):
        events.publish(bus, SAMPLE.model_copy(update={"lap": number}), ordering_key="VER")
    bus.publish("features-ready", b"{}")  # nobody is mounted for it here
    deadline = time.monotonic() + 60
    while bus.waiting() and time.monotonic() < deadline:
        time.sleep(0.05)
    status = Client(app).get("/status").json
    assert status["waiting"] == {}
    assert [(letter["subscription"], letter["attempts"]) for letter in status["dead"]] == [("train", 5)]
    laps = ports(state).warehouse.query("SELECT lap FROM live_features ORDER BY received_at")["lap"].to_pylist()
    assert laps == list(range(20))


def test_several_samples_in_one_request_are_handled_each_by_itself(app: Any, state: Settings) -> None:
    several = [claimed(SAMPLE.model_copy(update={"lap": n}), f"m{n}") for n in range(30)]
    several[3] = several[3]._replace(data=b"{nonsense")
    headers, body = cloud_events(several)
    for _ in range(2):
        response = Client(app).post("/stream_features", data=body, headers=headers)
        assert (response.status_code, response.json) == (200, {"refused": {}})
    warehouse = ports(state).warehouse
    assert sorted(warehouse.query("SELECT lap FROM live_features")["lap"].to_pylist()) == [0, 1, 2, *range(4, 30)]
    assert len(warehouse.query("SELECT * FROM quarantine").to_pylist()) == 1


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"[{}]", b'[{"specversion": "1.0"}]', b"\xff"])
def test_what_is_no_batch_is_refused_as_a_whole(app: Any, body: bytes) -> None:
    headers, _ = cloud_events([])
    response = Client(app).post("/stream_features", data=body, headers=headers)
    assert (response.status_code, list(response.json or {})) == (400, ["error"])
