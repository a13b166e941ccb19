"""The delivery of events over HTTP, against a real server on loopback."""

from __future__ import annotations

import base64
import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared import events
from shared.adapters.embedded.delivery import BATCH_BYTES, BATCH_TYPE, Delivery, batches
from shared.adapters.embedded.event_bus import Claimed, SqliteBus, Subscription
from shared.errors import BusError


class Endpoint:
    """A server that notes what it is sent and answers the statuses it is given, then 204; and batches, of which it
    refuses the data that it is given, once each."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str], dict]] = []
        self.statuses: list[int] = []
        self.refused: list[bytes] = []
        self.batches: list[list[dict]] = []
        self.pause = 0.0
        self.most_at_once = self.at_once = 0
        self.guard = threading.Lock()
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with endpoint.guard:
                    endpoint.at_once += 1
                    endpoint.most_at_once = max(endpoint.most_at_once, endpoint.at_once)
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    if headers["content-type"] == BATCH_TYPE:
                        endpoint.batches.append(body)
                        self.answer_batch(body)
                        return
                    endpoint.seen.append((self.path, headers, body))
                    status = endpoint.statuses.pop(0) if endpoint.statuses else 204
                time.sleep(endpoint.pause)
                with endpoint.guard:
                    endpoint.at_once -= 1
                self.send_response(status)
                self.end_headers()

            def answer_batch(self, body: list[dict]) -> None:
                refused = {}
                for event in body:
                    data = base64.b64decode(event["data"]["message"]["data"])
                    if data in endpoint.refused:
                        endpoint.refused.remove(data)
                        refused[event["id"]] = f"no {data.decode()} today"
                status = endpoint.statuses.pop(0) if endpoint.statuses else 200
                answer = json.dumps({"refused": refused}).encode() if status == 200 else b"not now"
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    served = Endpoint()
    yield served
    served.server.shutdown()


@pytest.fixture
def bus(tmp_path: Path) -> SqliteBus:
    subscriptions = (
        Subscription("one-at-a-time", "laps", "/laps", max_attempts=3, max_in_flight=1),
        Subscription("many", "stops", "/stops", max_attempts=3, max_in_flight=4),
        Subscription("together", "samples", "/samples", max_attempts=3, max_in_flight=100, batch=50),
    )
    return SqliteBus(tmp_path / "queue.sqlite", subscriptions)


@pytest.fixture
def deliver(bus: SqliteBus, endpoint: Endpoint, tmp_path: Path) -> Iterator[Callable[[], Delivery]]:
    started: list[Delivery] = []

    def start() -> Delivery:
        delivery = Delivery(bus, tmp_path / "delivery.lock", "127.0.0.1", endpoint.port, (0.02, 0.1))
        delivery.start()
        started.append(delivery)
        return delivery

    yield start
    for delivery in started:
        delivery.stop(0.1)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "nothing came of it within 60 s"
        time.sleep(0.01)


def test_a_message_arrives_as_eventarc_sends_it(
    bus: SqliteBus, endpoint: Endpoint, deliver: Callable[[], Delivery]
) -> None:
    identity = bus.publish("laps", b"\x00data", {"version": "1"}, ordering_key="VER")
    deliver()
    until(lambda: not bus.waiting())
    ((path, headers, body),) = endpoint.seen
    assert path == "/laps"
    assert headers["ce-type"] == events.PUBLISHED
    assert headers["ce-id"] == identity
    assert headers["ce-specversion"] == "1.0"
    assert base64.b64decode(body["message"]["data"]) == b"\x00data"
    assert body["message"] | {"data": "", "publishTime": ""} == {
        "data": "",
        "messageId": identity,
        "publishTime": "",
        "attributes": {"version": "1"},
        "orderingKey": "VER",
    }
    assert (body["subscription"], body["deliveryAttempt"]) == ("projects/embedded/subscriptions/one-at-a-time", 1)


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_anything_but_success_is_tried_again(
    bus: SqliteBus, endpoint: Endpoint, deliver: Callable[[], Delivery], status: int
) -> None:
    endpoint.statuses = [status, status]
    bus.publish("laps", b"1")
    deliver()
    until(lambda: not bus.waiting())
    assert [body["deliveryAttempt"] for _, _, body in endpoint.seen] == [1, 2, 3]
    assert bus.dead_letters() == []


def test_a_message_refused_every_time_is_dead_with_the_last_answer(
    bus: SqliteBus, endpoint: Endpoint, deliver: Callable[[], Delivery]
) -> None:
    endpoint.statuses = [500] * 3
    identity = bus.publish("laps", b"1")
    deliver()
    until(lambda: bool(bus.dead_letters()))
    assert bus.dead_letters()[0].error.startswith("HTTP 500")
    bus.replay(identity)
    until(lambda: not bus.waiting())
    assert len(endpoint.seen) == 4
    assert bus.dead_letters() == []


def test_one_bad_message_does_not_hold_up_its_neighbors(
    bus: SqliteBus, endpoint: Endpoint, deliver: Callable[[], Delivery]
) -> None:
    endpoint.statuses = [500]
    for number in range(5):
        bus.publish("laps", str(number).encode())
    deliver()
    until(lambda: not bus.waiting())
    assert len(endpoint.seen) == 6


def test_a_subscription_has_no_more_in_flight_than_it_allows(
    bus: SqliteBus, endpoint: Endpoint, deliver: Callable[[], Delivery]
) -> None:
    endpoint.pause = 0.05
    for _ in range(4):
        bus.publish("laps", b"1")
    deliver()
    until(lambda: not bus.waiting())
    assert endpoint.most_at_once == 1
    for _ in range(8):
        bus.publish("stops", b"1")
    until(lambda: not bus.waiting())
    assert 2 <= endpoint.most_at_once <= 4


def test_only_one_process_delivers(bus: SqliteBus, deliver: Callable[[], Delivery]) -> None:
    deliver()
    with pytest.raises(BusError, match="another process already delivers"):
        deliver()


def test_what_a_dead_deliverer_held_is_delivered_by_the_next(
    bus: SqliteBus, endpoint: Endpoint, deliver: Callable[[], Delivery]
) -> None:
    bus.publish("laps", b"1")
    assert bus.claim("one-at-a-time", 1), "leased, and never answered"
    deliver()
    until(lambda: not bus.waiting())
    assert endpoint.seen[0][2]["deliveryAttempt"] == 2


def test_a_stop_gives_back_what_is_still_running(
    bus: SqliteBus, endpoint: Endpoint, deliver: Callable[[], Delivery]
) -> None:
    endpoint.pause = 8.0
    bus.publish("laps", b"1")
    delivery = deliver()
    until(lambda: bool(endpoint.seen))
    began = time.monotonic()
    delivery.stop(0.2)
    assert time.monotonic() - began < 7.0, "it waited for the answer"
    assert not delivery.alive
    assert bus.claim("one-at-a-time", 1)[0].attempt == 1


def test_with_nobody_listening_the_message_waits_its_backoff(tmp_path: Path) -> None:
    bus = SqliteBus(tmp_path / "q.sqlite", (Subscription("one", "laps", "/laps", max_attempts=2),))
    bus.publish("laps", b"1")
    delivery = Delivery(bus, tmp_path / "lock", "127.0.0.1", 9, (0.02, 0.1))
    delivery.start()
    until(lambda: bool(bus.dead_letters()))
    delivery.stop(0.1)
    assert "Connection" in bus.dead_letters()[0].error


def test_a_subscription_that_takes_batches_gets_several_messages_in_one_request(
    bus: SqliteBus, endpoint: Endpoint, deliver: Callable[[], Delivery]
) -> None:
    ids = [bus.publish("samples", str(number).encode(), {"kind": "car"}) for number in range(70)]
    deliver()
    until(lambda: not bus.waiting())
    assert endpoint.seen == []
    assert sorted(len(batch) for batch in endpoint.batches) == [20, 50]
    told = {event["id"]: event for batch in endpoint.batches for event in batch}
    assert set(told) == set(ids)
    first = told[ids[0]]
    assert (first["specversion"], first["type"]) == ("1.0", events.PUBLISHED)
    envelope = events.open_envelope(first)
    assert (envelope.id, envelope.data, envelope.attributes, envelope.attempt) == (ids[0], b"0", {"kind": "car"}, 1)


def test_each_message_of_a_batch_is_acknowledged_or_refused_by_itself(
    bus: SqliteBus, endpoint: Endpoint, deliver: Callable[[], Delivery]
) -> None:
    endpoint.refused = [b"3", b"4", b"4", b"4"]
    ids = [bus.publish("samples", str(number).encode()) for number in range(10)]
    deliver()
    until(lambda: not bus.waiting())
    delivered = [event["id"] for batch in endpoint.batches for event in batch]
    assert [delivered.count(identity) for identity in ids] == [1, 1, 1, 2, 3, 1, 1, 1, 1, 1]
    (letter,) = bus.dead_letters()
    assert (letter.id, letter.error) == (ids[4], "no 4 today")


def test_a_batch_that_is_not_answered_comes_again_whole(
    bus: SqliteBus, endpoint: Endpoint, deliver: Callable[[], Delivery]
) -> None:
    endpoint.statuses = [503, 204]  # refused; then answered with nothing that could be read
    for number in range(5):
        bus.publish("samples", str(number).encode())
    deliver()
    until(lambda: not bus.waiting())
    assert {event["data"]["deliveryAttempt"] for event in endpoint.batches[-1]} == {3}
    assert bus.dead_letters() == []


def claimed(number: int, attempt: int = 1, size: int = 1) -> Claimed:
    return Claimed(number, "together", f"m{number}", "samples", b"x" * size, {}, None, "", attempt)


def test_batches_shrink_with_every_attempt_and_are_bounded_in_bytes() -> None:
    for attempt, sizes in ((1, [200]), (2, [62, 62, 62, 14]), (3, [7] * 28 + [4]), (4, [1] * 200)):
        assert [len(batch) for batch in batches([claimed(n, attempt) for n in range(200)], 500)] == sizes
    large = [claimed(n, size=BATCH_BYTES // 3) for n in range(5)]
    assert [len(batch) for batch in batches(large, 500)] == [3, 2]
    assert [len(batch) for batch in batches([claimed(0, size=2 * BATCH_BYTES)], 500)] == [1]
    assert list(batches([], 500)) == []
