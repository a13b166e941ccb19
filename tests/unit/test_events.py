"""Messages and the envelopes they come in."""

from __future__ import annotations

import base64
import datetime as dt
import json
from typing import Any

import pytest
from cloudevents.http import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from shared import events
from shared.errors import EventError
from shared.telemetry import CarSample

READY = events.FeaturesReady(races=("2023_01",), until=dt.date(2023, 3, 5), fingerprint="0" * 64)


class MemoryBus:
    """A bus that keeps what is published."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes, dict[str, str], str | None]] = []

    def publish(self, topic: str, data: bytes, attributes: Any = None, ordering_key: str | None = None) -> str:
        self.sent.append((topic, data, dict(attributes or {}), ordering_key))
        return str(len(self.sent))


def push(data: bytes, **message: Any) -> dict[str, Any]:
    """A raw Pub/Sub push body."""
    content = {"data": base64.b64encode(data).decode(), "messageId": "m1", "publishTime": "2023-03-05T15:00:00Z"}
    return {"message": content | message, "subscription": "projects/p/subscriptions/s", "deliveryAttempt": 3}


def eventarc(body: Any, kind: str = events.PUBLISHED) -> CloudEvent:
    return CloudEvent({"type": kind, "source": "//pubsub.googleapis.com/projects/p/topics/t", "id": "e1"}, body)


DATA = READY.model_dump_json().encode()
ENVELOPES: dict[str, Any] = {
    "raw push": push(DATA),
    "raw push as text": json.dumps(push(DATA)),
    "raw push as bytes": json.dumps(push(DATA)).encode(),
    "messagePublished": eventarc(push(DATA)),
    "messagePublished, data as text": eventarc(json.dumps(push(DATA))),
    "structured CloudEvent": {
        "specversion": "1.0",
        "type": events.PUBLISHED,
        "id": "1",
        "source": "s",
        "data": push(DATA),
    },
}


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_a_message_is_read_from_every_envelope(envelope: str) -> None:
    received = events.receive(ENVELOPES[envelope], events.FeaturesReady)
    assert received.message == READY
    assert (received.id, received.envelope.attempt) == ("m1", 3)
    assert received.envelope.published_at == "2023-03-05T15:00:00Z"


NOTIFICATION = {
    "bucketId": "manifests",
    "objectId": "a/b.json",
    "objectGeneration": "7",
    "eventType": "OBJECT_FINALIZE",
}
RESOURCE = {"bucket": "manifests", "name": "a/b.json", "generation": "7", "kind": "storage#object"}
FINALIZED: dict[str, Any] = {
    "storage CloudEvent": eventarc(RESOURCE, events.FINALIZED),
    "notification with attributes": push(b"", attributes=NOTIFICATION),
    "notification by Eventarc": eventarc(push(b"{}", attributes=NOTIFICATION)),
    "notification with the resource alone": push(json.dumps(RESOURCE).encode()),
}


@pytest.mark.parametrize("envelope", FINALIZED)
def test_a_written_object_is_read_from_every_envelope(envelope: str) -> None:
    found = events.receive_object(FINALIZED[envelope])
    assert (found.bucket, found.name, found.generation) == ("manifests", "a/b.json", 7)


BROKEN: dict[str, Any] = {
    "no object `message`": {"subscription": "s"},
    "no `message.messageId`": {"message": {"data": ""}},
    "not base64": push(b"") | {"message": {"messageId": "1", "data": "???"}},
    "is not text": {"message": {"messageId": "1", "data": 5}},
    "attributes` is not an object": {"message": {"messageId": "1", "data": "", "attributes": []}},
    "features-ready: not JSON": push(b"\xff{"),
    "a JSON list where an object": push(b"[]"),
    "races": push(b'{"until": "2023-03-05", "fingerprint": "x"}'),
    "version": push(json.dumps({**json.loads(DATA), "version": 2}).encode()),
    "races.0": push(json.dumps({**json.loads(DATA), "races": ["2023-1"]}).encode()),
    "event: not JSON": b"{",
    "deliveryAttempt": push(DATA) | {"deliveryAttempt": "often"},
    "event type is 'other'": eventarc(push(DATA), "other"),
    "carries int": eventarc(5),
    "not a CloudEvent": 7,
}


@pytest.mark.parametrize("problem", BROKEN)
def test_what_cannot_be_read_is_refused_with_the_reason(problem: str) -> None:
    with pytest.raises(EventError) as caught:
        events.receive(BROKEN[problem], events.FeaturesReady)
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        (eventarc({"bucket": "manifests", "name": "a"}, events.FINALIZED), "generation"),
        (push(b"", attributes=NOTIFICATION | {"eventType": "OBJECT_DELETE"}), "OBJECT_DELETE"),
        (push(b"nonsense"), "not JSON"),
    ],
)
def test_what_announces_no_object_is_refused(event: Any, problem: str) -> None:
    with pytest.raises(EventError, match=problem):
        events.receive_object(event)


def test_a_newer_sender_may_add_fields() -> None:
    data = json.dumps({**json.loads(DATA), "added_later": True}).encode()
    assert events.receive(push(data), events.FeaturesReady).message == READY


def test_a_published_message_is_received_as_it_was() -> None:
    bus = MemoryBus()
    sample = CarSample(race_id="2023_01", driver_id="VER", sampled_at=dt.datetime.now(dt.UTC), speed=311.5)
    events.publish(bus, sample, ordering_key="VER", kind="car")
    ((topic, data, attributes, key),) = bus.sent
    at = str(round(1000 * sample.sampled_at.timestamp()))
    assert (topic, key) == ("telemetry", "VER")
    assert attributes == {"version": "1", "kind": "car", "sampled_ms": at}
    assert events.receive(push(data), CarSample).message == sample


def test_every_topic_has_one_message() -> None:
    kinds = events.Message.__subclasses__()
    assert len({kind.TOPIC for kind in kinds}) == len(kinds) == 7


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["message", "data", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(JSON)
def test_no_body_whatever_raises_anything_but_event_error(body: Any) -> None:
    for form in (
        body,
        json.dumps(body),
        eventarc(body),
        {"message": {"messageId": "1", "data": body, "attributes": body}},
    ):
        for read in (lambda event: events.receive(event, CarSample), events.receive_object):
            with pytest.raises(EventError):
                read(form)
