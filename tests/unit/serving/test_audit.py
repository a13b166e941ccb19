"""What was asked and answered is published, and never at the cost of the answer."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.errors import BusError
from tests.fakes.serving import Api, make_service, request_body


class Bus:
    """Keeps what is published; ``hold`` makes it slow, ``fault`` makes it fail."""

    def __init__(self, hold: threading.Event | None = None, fault: Exception | None = None) -> None:
        self.hold, self.fault = hold, fault
        self.messages: list[tuple[str, dict[str, Any]]] = []
        self.attributes: list[dict[str, str]] = []

    def publish(
        self, topic: str, data: bytes, attributes: Mapping[str, str] | None = None, ordering_key: str | None = None
    ) -> str:
        if self.hold is not None:
            self.hold.wait(10)
        if self.fault is not None:
            raise self.fault
        self.messages.append((topic, json.loads(data)))
        self.attributes.append(dict(attributes or {}))
        return "1"


def client(state_dir: Path, bus: Bus) -> Api:
    service = make_service(state_dir, bus=lambda: bus)
    service.start(block=True)
    return Api(service)


def test_every_answer_is_published_before_it_is_given(tmp_path: Path) -> None:
    bus = Bus()
    response = client(tmp_path, bus).post(request_body(seed=4))
    ((topic, message),) = bus.messages
    assert topic == "recommendations"
    assert message["request"] == request_body(seed=4)
    assert message["answer"]["forecast"] == response.json["forecast"]
    assert (message["seed"], message["model_version"]) == (4, "fake-1")


def test_the_requests_trace_goes_on_with_its_message_and_with_no_other(tmp_path: Path) -> None:
    bus, trace = Bus(), "4bf92f3577b34da6a3ce929d0e0e4736"
    api = client(tmp_path, bus)
    api.post(request_body(seed=1), headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    api.post(request_body(seed=2))
    assert [attributes.get("trace") for attributes in bus.attributes] == [trace, None]


def test_what_is_refused_and_the_warm_up_are_not_published(tmp_path: Path) -> None:
    bus = Bus()
    assert client(tmp_path, bus).post(request_body(lap=0)).status_code == 422
    assert bus.messages == []


def test_a_bus_that_fails_costs_no_answer(tmp_path: Path) -> None:
    assert client(tmp_path, Bus(fault=BusError("full"))).post(request_body()).status_code == 200


def test_a_bus_that_hangs_costs_a_bounded_wait(tmp_path: Path) -> None:
    hold = threading.Event()
    bus = Bus(hold=hold)
    started = time.monotonic()
    assert client(tmp_path, bus).post(request_body()).status_code == 200
    assert time.monotonic() - started < 30  # it would hang for good otherwise
    assert bus.messages == []
    hold.set()
