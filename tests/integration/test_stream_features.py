"""stream_features under functions-framework, from the request's bytes to the row."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from shared.bootstrap import ports
from shared.config import Settings
from tools.server import load_function

SAMPLE = {
    "version": 1,
    "kind": "car",
    "race_id": "2023_01",
    "driver_id": "VER",
    "sampled_at": "2023-03-05T15:10:00.25Z",
}
SAMPLE |= {"lap": 3, "speed": 301.0, "rpm": 11500, "gear": 8, "throttle": 100, "brake": False, "drs": 12}

Send = Callable[..., int]


@pytest.fixture
def send(state: Settings) -> Send:
    client = load_function("stream_features").test_client()

    def post(data: bytes, identity: str) -> int:
        body = {"message": {"data": base64.b64encode(data).decode(), "messageId": identity}, "subscription": "s"}
        headers = {"ce-id": identity, "ce-source": "//pubsub", "ce-specversion": "1.0"}
        headers["ce-type"] = "google.cloud.pubsub.topic.v1.messagePublished"
        return client.post("/", data=json.dumps(body), headers=headers, content_type="application/json").status_code

    return post


def rows(state: Settings, table: str) -> list[dict[str, Any]]:
    return ports(state).warehouse.query(f"SELECT * FROM {table}").to_pylist()


def test_a_car_sample_is_one_row_however_often_it_is_delivered(send: Send, state: Settings) -> None:
    for _ in range(3):
        assert send(json.dumps(SAMPLE).encode(), "m1") == 200
    assert send(json.dumps(SAMPLE).encode(), "m2") == 200
    found = rows(state, "live_features")
    assert sorted(row["message_id"] for row in found) == ["m1", "m2"]
    assert (found[0]["driver_id"], found[0]["speed"], found[0]["gear"], found[0]["brake"]) == ("VER", 301.0, 8, False)
    assert found[0]["sampled_at"].isoformat() == "2023-03-05T15:10:00.250000+00:00"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (json.dumps(SAMPLE | {"version": 2}).encode(), "version"),
        (json.dumps(SAMPLE | {"kind": "tweet"}).encode(), "kind"),
        (json.dumps(SAMPLE | {"speed": -1}).encode(), "speed"),
        (b"\xffnot json", "JSON"),
    ],
)
def test_a_sample_that_cannot_be_read_is_quarantined_once_and_acknowledged(
    send: Send, state: Settings, data: bytes, reason: str
) -> None:
    assert send(data, "m1") == 200
    assert send(data, "m1") == 200
    (found,) = rows(state, "quarantine")
    assert found["source"] == "telemetry"
    assert reason in found["reason"]
    assert rows(state, "live_features") == []


def test_a_body_that_is_no_envelope_is_not_acknowledged(state: Settings) -> None:
    client = load_function("stream_features").test_client()
    assert client.post("/", data=b"{}", content_type="application/json").status_code >= 400
