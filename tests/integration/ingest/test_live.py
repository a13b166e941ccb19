"""A recorded stream is followed in steps: from a request to telemetry messages and the live state made of them."""

from __future__ import annotations

import base64
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from functions.ingest_fastf1.main import ingest_fastf1
from shared import events
from shared.bootstrap import Ports, ports
from shared.config import Settings, settings
from shared.errors import EventError
from shared.ingest.files import DataFileError
from shared.ingest.live import follow
from shared.ingest.request import TryLater
from tests.fakes import stream

REQUEST = {"sources": ["fastf1"], "seasons": [2023], "rounds": [1], "live": True, "recording": "stream.txt"}


class Follower:
    """The function over ports of its own, and what it sent: telemetry by the event's name, and requests to itself."""

    def __init__(self, opened: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ports = opened
        self.telemetry: list[tuple[str, dict[str, Any]]] = []
        self.requests: list[dict[str, Any]] = []
        monkeypatch.setattr(events, "publish", self._publish)

    def _publish(self, bus: Any, message: events.Message, **attributes: str) -> str:
        if isinstance(message, events.IngestRequest):
            self.requests.append(message.model_dump(mode="json"))
        else:
            self.telemetry.append((attributes["event_id"], message.model_dump(mode="json")))
        return "1"

    def call(self, body: dict[str, Any]) -> None:
        """Deliver a request."""
        content = {"data": base64.b64encode(json.dumps(body).encode()).decode(), "messageId": "m1"}
        ingest_fastf1({"type": events.PUBLISHED, "specversion": "1.0", "data": {"message": content}})

    def run(self) -> int:
        """Follow to the end; the number of deliveries."""
        self.call(REQUEST)
        deliveries = 1
        while self.requests:
            self.call(self.requests.pop())
            deliveries += 1
        return deliveries


@pytest.fixture
def follower(state: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Follower:
    (tmp_path / "stream.txt").write_text("".join(f"{line}\n" for line in [*stream.snapshot(), *stream.changes()]))
    monkeypatch.setenv("F1_DATA_DIR", str(tmp_path))
    return Follower(ports(settings()), monkeypatch)


def test_a_recorded_stream_becomes_telemetry_messages(follower: Follower) -> None:
    assert follower.run() == 1
    kinds = [message["kind"] for _, message in follower.telemetry]
    assert kinds.count("timing") == 2 * stream.LAPS + stream.RETIRES_AFTER
    assert kinds.count("car") == 3 * 39
    assert len({identity for identity, _ in follower.telemetry}) == len(kinds)


def test_steps_that_continue_one_another_tell_the_same_as_one(
    follower: Follower, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower.run()
    once = {identity for identity, message in follower.telemetry if message["kind"] != "car"}
    monkeypatch.setenv("F1_STATE_DIR", str(tmp_path / "other"))
    other = Follower(ports(settings()), monkeypatch)
    ticks = itertools.count()
    monkeypatch.setattr(follow.step, "__defaults__", (follow.step.__defaults__[0], lambda: next(ticks), 50.0))
    assert other.run() > 3
    told = [identity for identity, message in other.telemetry if message["kind"] != "car"]
    assert set(told) == once
    assert len(told) == len(once)


def test_what_a_step_that_died_had_published_keeps_its_name(
    follower: Follower, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, calls = follow._keep, itertools.count()
    monkeypatch.setattr(follow, "KEEP_SECONDS", 0.0)

    def dying(*given: Any) -> None:
        if next(calls) == 40:
            raise OSError("the machine stopped")
        whole(*given)

    monkeypatch.setattr(follow, "_keep", dying)
    with pytest.raises(OSError, match="the machine stopped"):
        follower.call(REQUEST)
    follower.run()
    told = dict(follower.telemetry)
    assert sum(message["kind"] == "timing" for message in told.values()) == 2 * stream.LAPS + stream.RETIRES_AFTER


def test_live_needs_one_race(follower: Follower) -> None:
    with pytest.raises(EventError, match="live needs one of seasons and one of rounds"):
        follower.call(REQUEST | {"rounds": None})


def test_a_recording_that_is_not_there_is_named(follower: Follower) -> None:
    with pytest.raises(DataFileError, match=r"none\.txt: no such recording"):
        follower.call(REQUEST | {"recording": "none.txt"})


def test_a_stream_that_says_nothing_is_tried_again_later(follower: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    from fastf1.livetiming.client import SignalRClient

    def refused(self: SignalRClient) -> None:
        raise ConnectionError("no network here")

    monkeypatch.setattr(SignalRClient, "start", refused)
    with pytest.raises(TryLater, match="stream says nothing"):
        follower.call(REQUEST | {"recording": None})


def test_fastf1_s_client_is_followed_while_it_writes(follower: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    from fastf1.livetiming.client import SignalRClient

    def start(self: SignalRClient) -> None:
        with Path(self.filename).open("w") as file:
            for line in [*stream.snapshot(), *stream.changes()]:
                file.write(line[:20])
                file.flush()
                file.write(line[20:] + "\n")
                file.flush()

    monkeypatch.setattr(SignalRClient, "start", start)
    follower.call(REQUEST | {"recording": None})
    assert follower.requests == []
    kinds = [message["kind"] for _, message in follower.telemetry]
    assert kinds.count("timing") == 2 * stream.LAPS + stream.RETIRES_AFTER
