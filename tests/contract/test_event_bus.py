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


def claim(bus: SqliteBus, subscription: str = "first", limit: int = 100) -> list[Claimed]:
    return bus.claim(subscription, limit)


def test_a_message_reaches_every_subscription_of_its_topic(bus: SqliteBus) -> None:
    identity = bus.publish("laps", b"data", {"version": "1"})
    for subscription in ("first", "second"):
        (message,) = claim(bus, subscription)
        assert (message.id, message.data, message.attributes) == (identity, b"data", {"version": "1"})
    assert claim(bus, "other") == []


def test_ids_differ_between_messages(bus: SqliteBus) -> None:
    assert len({bus.publish("laps", b"same") for _ in range(20)}) == 20


def test_an_acknowledged_message_never_comes_again(bus: SqliteBus) -> None:
    bus.publish("laps", b"1")
    for subscription in ("first", "second"):
        bus.acknowledge(claim(bus, subscription)[0])
    bus.release()
    assert bus.waiting() == {}
    assert claim(bus) == []


def test_a_message_that_is_being_handled_is_not_given_out_twice(bus: SqliteBus) -> None:
    bus.publish("laps", b"1")
    assert len(claim(bus)) == 1
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


def test_messages_of_one_ordering_key_come_one_after_the_other(bus: SqliteBus) -> None:
    for number in range(3):
        bus.publish("laps", b"VER%d" % number, ordering_key="VER")
        bus.publish("laps", b"LEC%d" % number, ordering_key="LEC")
    seen = []
    while messages := claim(bus):
        assert len({message.ordering_key for message in messages}) == len(messages)
        for message in messages:
            seen.append(message.data)
            bus.acknowledge(message)
    assert [data for data in seen if data.startswith(b"VER")] == [b"VER0", b"VER1", b"VER2"]
    assert len(seen) == 6


def test_a_topic_nobody_listens_to_takes_messages_and_keeps_none(bus: SqliteBus) -> None:
    assert bus.publish("nobody-listens", b"1")
    assert bus.waiting() == {}


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
    bus: SqliteBus, topic: str, data: bytes, attributes: dict[str, str], problem: str
) -> None:
    with pytest.raises(BusError, match=problem):
        bus.publish(topic, data, attributes)
    assert bus.waiting() == {}


def test_publishers_side_by_side_lose_nothing(bus: SqliteBus) -> None:
    def publish(number: int) -> str:
        return bus.publish("stops", str(number).encode())

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(publish, range(200)))
    assert {message.id for message in claim(bus, "other", 1000)} == ids


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
