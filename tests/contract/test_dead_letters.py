"""Dead letters, on any bus: looked at without harm, sent again to the topic that they came from."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from google.cloud import pubsub_v1

from shared.adapters.embedded.event_bus import SqliteBus
from shared.adapters.gcp.dead_letters import CloudDeadLetters
from shared.adapters.subscriptions import Subscription
from shared.config import Settings
from shared.errors import BusError
from shared.ports import DeadLetter, DeadLetters
from tests.contract.conftest import BACKENDS
from tools import deadletters

LAPS = Subscription("first", "laps", "/first", max_attempts=5)
STOPS = Subscription("other", "stops", "/other", max_attempts=5)


class Backend(NamedTuple):
    """The port; ``give_up`` makes a dead letter of a subscription; ``due`` takes what waits there, by its data."""

    port: DeadLetters
    give_up: Callable[[Subscription, bytes, dict[str, str]], None]
    due: Callable[[Subscription], list[tuple[bytes, dict[str, str]]]]


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest, tmp_path: Any) -> Backend:
    if request.param == "embedded":
        return _embedded(SqliteBus(tmp_path / "queue.sqlite", (LAPS, STOPS), frozenset()))
    return request.getfixturevalue("on_pubsub")


def _embedded(bus: SqliteBus) -> Backend:
    def give_up(subscription: Subscription, data: bytes, attributes: dict[str, str]) -> None:
        bus.publish(subscription.topic, data, attributes)
        for _ in range(subscription.max_attempts):
            (claimed,) = bus.claim(subscription.name, 10)
            bus.reject(claimed, "HTTP 500: no table", delay=0)

    def due(subscription: Subscription) -> list[tuple[bytes, dict[str, str]]]:
        return [(each.data, each.attributes) for each in bus.claim(subscription.name, 100)]

    return Backend(bus, give_up, due)


@pytest.fixture
def on_pubsub(pubsub_emulator: str, monkeypatch: pytest.MonkeyPatch) -> Backend:
    """The emulator gives nothing up by itself: dead letters are published as Pub/Sub's service publishes them."""
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub_emulator)
    project = f"p-{uuid.uuid4().hex[:20]}"
    publisher, subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
    for subscription in (LAPS, STOPS):
        for topic, name in (
            (subscription.topic, subscription.name),
            (f"{subscription.name}-dead", f"{subscription.name}-dead"),
        ):
            path = f"projects/{project}/topics/{topic}"
            publisher.create_topic(name=path)
            subscriber.create_subscription(name=f"projects/{project}/subscriptions/{name}", topic=path)

    def give_up(subscription: Subscription, data: bytes, attributes: dict[str, str]) -> None:
        source = {
            "DeliveryCount": str(subscription.max_attempts),
            "Subscription": subscription.name,
            "SubscriptionProject": project,
            "TopicPublishTime": "2026-03-08T15:00:00.000+00:00",
            "DeliveryErrorMessage": "HTTP 500: no table",
        }
        added = {f"CloudPubSubDeadLetterSource{name}": value for name, value in source.items()}
        path = f"projects/{project}/topics/{subscription.name}-dead"
        publisher.publish(path, data, **attributes, **added).result(10)

    def due(subscription: Subscription) -> list[tuple[bytes, dict[str, str]]]:
        path = f"projects/{project}/subscriptions/{subscription.name}"
        found: list[tuple[bytes, dict[str, str]]] = []
        for _ in range(4):
            answer = subscriber.pull(
                request={"subscription": path, "max_messages": 100, "return_immediately": True}, timeout=10
            )
            found += [(each.message.data, dict(each.message.attributes)) for each in answer.received_messages]
            time.sleep(0.05)
        return found

    return Backend(CloudDeadLetters(project, (LAPS, STOPS), pull_seconds=0.5), give_up, due)


def letters_of(backend: Backend, count: int) -> list[DeadLetter]:
    """The dead letters, once there are ``count``: a pull that was cut off on a busy machine holds some for 10 s."""
    deadline = time.monotonic() + 60
    while len(letters := backend.port.dead_letters()) != count and time.monotonic() < deadline:
        time.sleep(0.5)
    return letters


def test_what_was_given_up_is_told_as_it_was_published(backend: Backend) -> None:
    assert backend.port.dead_letters() == []
    backend.give_up(LAPS, b"1", {"version": "1"})
    backend.give_up(STOPS, b"\xff", {"version": "1", "kind": "pit"})
    for _ in range(2):  # looking does no harm
        letters = letters_of(backend, 2)
        told = {(each.subscription, each.topic, each.data, each.attempts, each.error) for each in letters}
        assert told == {
            ("first", "laps", b"1", 5, "HTTP 500: no table"),
            ("other", "stops", b"\xff", 5, "HTTP 500: no table"),
        }
        assert {each.data: dict(each.attributes) for each in letters} == {
            b"1": {"version": "1"},
            b"\xff": {"version": "1", "kind": "pit"},
        }
        assert all(each.published_at.startswith("20") for each in letters)


def test_one_is_sent_again_and_the_others_stay(backend: Backend) -> None:
    for data in (b"1", b"2", b"3"):
        backend.give_up(LAPS, data, {"version": "1"})
    wanted = next(each for each in letters_of(backend, 3) if each.data == b"2")
    assert backend.port.replay("nonsense") == 0
    assert backend.port.replay(wanted.id) == 1
    assert backend.due(LAPS) == [(b"2", {"version": "1"})]
    assert {each.data for each in letters_of(backend, 2)} == {b"1", b"3"}


def test_all_are_sent_again_to_the_topics_that_they_came_from(backend: Backend) -> None:
    backend.give_up(LAPS, b"1", {"event_id": "e1"})
    backend.give_up(STOPS, b"2", {"version": "1"})
    letters_of(backend, 2)
    assert backend.port.replay() == 2
    assert backend.due(LAPS) == [(b"1", {"event_id": "e1"})]
    assert backend.due(STOPS) == [(b"2", {"version": "1"})]
    assert backend.port.dead_letters() == []
    assert backend.port.replay() == 0


def test_a_letter_that_cannot_be_published_again_stays(on_pubsub: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    on_pubsub.give_up(LAPS, b"1", {"version": "1"})

    def refuse(*_: object) -> str:
        raise BusError("no topic today")

    monkeypatch.setattr(on_pubsub.port, "_publish", refuse)
    with pytest.raises(BusError, match="no topic today"):
        on_pubsub.port.replay()
    assert [each.data for each in letters_of(on_pubsub, 1)] == [b"1"]


def test_a_project_without_subscriptions_of_dead_letters_says_so(
    pubsub_emulator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub_emulator)
    with pytest.raises(BusError, match="p-empty has no subscription of dead letters"):
        CloudDeadLetters("p-empty", pull_seconds=0.5).dead_letters()


def test_the_command_works_on_pubsub(
    on_pubsub: Backend, state: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    on_pubsub.give_up(LAPS, b'{"race_id": "2023_01"}', {"version": "1"})
    monkeypatch.setattr("shared.adapters.gcp.dead_letters.open_port", lambda chosen: on_pubsub.port)
    monkeypatch.setenv("F1_BACKEND", "gcp")
    monkeypatch.setenv("F1_GCP_PROJECT", f"contract-{uuid.uuid4().hex[:8]}")
    letters_of(on_pubsub, 1)
    assert deadletters.main([]) == 0
    assert "1deadletters" in "".join(capsys.readouterr().out.split())
    assert deadletters.main(["replay", "--all"]) == 0
    assert on_pubsub.due(LAPS) == [(b'{"race_id": "2023_01"}', {"version": "1"})]
