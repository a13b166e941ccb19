"""What any event bus must do, and what the embedded queue promises its deliverer."""

from __future__ import annotations

import concurrent.futures
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from shared.adapters.embedded.event_bus import Claimed, SqliteBus, Subscription
from shared.errors import BusError
from tests.contract.conftest import Listening


def claim(bus: SqliteBus, subscription: str = "first", limit: int = 100) -> list[Claimed]:
    return bus.claim(subscription, limit)


def test_a_message_reaches_every_subscription_of_its_topic(listening: Listening) -> None:
    identity = listening.bus.publish("laps", b"data", {"version": "1"})
    for subscription in ("first", "second"):
        (message,) = listening.take(subscription)
        assert (message.id, message.data, message.attributes) == (identity, b"data", {"version": "1"})
    assert listening.take("other") == []


def test_ids_differ_between_messages(listening: Listening) -> None:
    assert len({listening.bus.publish("laps", b"same") for _ in range(20)}) == 20


def test_a_message_that_is_being_handled_is_not_given_out_twice(listening: Listening) -> None:
    listening.bus.publish("laps", b"1")
    assert len(listening.take("first")) == 1
    assert listening.take("first") == []


def test_a_message_refused_comes_again_and_one_acknowledged_does_not(listening: Listening) -> None:
    identity = listening.bus.publish("stops", b"1")
    (message,) = listening.take("other")
    listening.reject("other", message)
    (again,) = listening.take("other")
    assert (again.id, again.data) == (identity, b"1")
    listening.acknowledge("other", again)
    assert listening.take("other") == []


def test_messages_of_one_ordering_key_come_in_the_order_they_were_published(listening: Listening) -> None:
    for number in range(3):
        for driver in ("VER", "LEC"):
            listening.bus.publish("laps", f"{driver}{number}".encode(), ordering_key=driver)
    seen: list[bytes] = []
    while messages := listening.take("first"):
        for message in messages:
            assert message.data.startswith(message.ordering_key.encode())
            seen.append(message.data)
            listening.acknowledge("first", message)
    for driver in (b"VER", b"LEC"):
        assert [data for data in seen if data.startswith(driver)] == [driver + b"0", driver + b"1", driver + b"2"]
    assert len(seen) == 6


def test_a_topic_nobody_listens_to_takes_messages(listening: Listening) -> None:
    assert listening.bus.publish("nobody-listens", b"1")


@pytest.mark.parametrize(
    ("topic", "data", "attributes", "problem"),
    [
        ("lapse", b"1", {}, "no topic 'lapse'"),
        ("", b"1", {}, "no topic"),
        ("laps", b"", {}, "neither data nor attributes"),
        ("laps", b"x" * 10_000_001, {}, "10,000,001 bytes"),
        ("laps", "text", {}, "bytes, not str"),
        ("laps", b"1", {"version": 1}, "'version'"),
    ],
)
def test_a_message_that_no_topic_takes_is_refused(
    listening: Listening, topic: str, data: bytes, attributes: dict[str, str], problem: str
) -> None:
    for ordering_key in (None, "VER"):
        with pytest.raises(BusError, match=problem):
            listening.bus.publish(topic, data, attributes, ordering_key)
    listening.bus.publish("laps", b"good", ordering_key="VER")
    assert [message.data for message in listening.take("first")] == [b"good"]


def test_publishers_side_by_side_lose_nothing(listening: Listening) -> None:
    def publish(number: int) -> str:
        return listening.bus.publish("stops", str(number).encode())

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(publish, range(200)))
    assert {message.id for message in listening.take("other")} == ids


def test_the_queue_gives_out_one_message_of_a_key_at_a_time(bus: SqliteBus) -> None:
    for number in range(3):
        for driver in ("VER", "LEC"):
            bus.publish("laps", f"{driver}{number}".encode(), ordering_key=driver)
    rounds = []
    while messages := claim(bus):
        rounds.append([message.data for message in messages])
        for message in messages:
            bus.acknowledge(message)
    assert rounds == [[b"VER0", b"LEC0"], [b"VER1", b"LEC1"], [b"VER2", b"LEC2"]]


def test_the_queue_keeps_nothing_of_a_topic_nobody_listens_to(bus: SqliteBus) -> None:
    assert bus.publish("nobody-listens", b"1")
    assert bus.waiting() == {}


def test_an_acknowledged_message_never_comes_again(bus: SqliteBus) -> None:
    bus.publish("laps", b"1")
    for subscription in ("first", "second"):
        bus.acknowledge(claim(bus, subscription)[0])
    bus.release()
    assert bus.waiting() == {}
    assert claim(bus) == []


def test_a_message_refused_comes_again_after_its_delay_with_its_attempts_counted(bus: SqliteBus) -> None:
    bus.publish("laps", b"1")
    (message,) = claim(bus)
    assert not bus.reject(message, "no", delay=60)
    assert claim(bus) == [], "not due yet"
    (other,) = claim(bus, "second")
    bus.reject(other, "no", delay=0)
    assert bus.failing() == [("first", 1, "no"), ("second", 1, "no")]
    (again,) = claim(bus, "second")
    assert (again.id, again.attempt) == (other.id, 2)


def test_a_message_refused_too_often_is_dead_until_replayed(bus: SqliteBus) -> None:
    identity = bus.publish("stops", b"1")
    outcomes = [bus.reject(claim(bus, "other")[0], f"error {n}", delay=0) for n in range(3)]
    assert outcomes == [False, False, True]
    assert claim(bus, "other") == []
    assert bus.waiting() == {}
    (letter,) = bus.dead_letters()
    assert (letter.id, letter.subscription, letter.attempts, letter.error) == (identity, "other", 3, "error 2")
    assert bus.replay("unknown") == 0
    assert bus.replay(identity) == 1
    assert bus.dead_letters() == []
    assert claim(bus, "other")[0].attempt == 1


def test_a_message_given_back_has_lost_no_attempt(bus: SqliteBus) -> None:
    bus.publish("stops", b"1")
    for _ in range(10):
        (message,) = claim(bus, "other")
        assert message.attempt == 1
        bus.release(message)


def test_an_object_is_announced_once_a_generation(bus: SqliteBus) -> None:
    for generation in (5, 5, 4, 7):
        bus.announce("stops", "manifests", "a.json", generation)
    found = [message.attributes["objectGeneration"] for message in claim(bus, "other")]
    assert found == ["5", "7"]


PUBLISHER = """
import sys
from pathlib import Path
from shared.adapters.embedded.event_bus import SqliteBus, Subscription
bus = SqliteBus(Path(sys.argv[1]), (Subscription("other", "stops", "/other"),), frozenset())
number = 0
while True:
    print(bus.publish("stops", str(number).encode()), flush=True)
    number += 1
"""


def test_a_message_accepted_outlasts_its_publisher_being_killed(tmp_path: Path) -> None:
    path = tmp_path / "queue.sqlite"
    publisher = subprocess.Popen([sys.executable, "-c", PUBLISHER, str(path)], stdout=subprocess.PIPE)
    assert publisher.stdout is not None
    accepted = [publisher.stdout.readline().decode().strip() for _ in range(20)]
    os.kill(publisher.pid, signal.SIGKILL)
    publisher.wait()
    accepted += [line.decode().strip() for line in publisher.stdout if line.endswith(b"\n")]
    bus = SqliteBus(path, (Subscription("other", "stops", "/other"),), frozenset())
    kept = [message.id for message in bus.claim("other", 100_000)]
    assert set(accepted) <= set(kept)
    assert len(kept) - len(accepted) <= 1, "at most the one being accepted"
    assert bus.publish("stops", b"after")


def test_a_queue_that_cannot_be_opened_says_where(tmp_path: Path) -> None:
    (tmp_path / "queue.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(BusError, match=r"queue\.sqlite cannot be opened"):
        SqliteBus(tmp_path / "queue.sqlite").publish("telemetry", b"1")
