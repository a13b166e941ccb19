"""A race told again at its own pace, and what a person may do to it while it runs."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from shared.telemetry import Telemetry, event_id
from tools.replaying import sources
from tools.replaying.player import Control, Progress, play, read_control
from tools.replaying.recording import Recording


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(scope="module")
def recording() -> Recording:
    return sources.simulated(seed=6)


def test_every_message_is_published_once_when_its_time_has_come(recording: Recording) -> None:
    clock, sent = Clock(), []
    begun = recording.session.sampled_at

    def publish(message: Telemetry) -> None:
        sent.append((clock.now, message))

    play(recording, publish, Control(60.0), clock=clock, sleep=clock.sleep)
    assert [message for _, message in sent] == list(recording.messages)
    for wall, message in sent:
        due = max(0.0, (message.sampled_at - begun).total_seconds() / 60.0)
        assert due - 1e-6 <= wall <= due + 0.05


def test_a_pause_holds_the_race_and_a_new_speed_counts_from_then_on(recording: Recording) -> None:
    clock, at = Clock(), []

    def look(control: Control) -> Control:
        return Control(100.0, paused=10.0 <= clock.now < 20.0) if clock.now < 30.0 else Control(1000.0)

    def told(progress: Progress, control: Control) -> bool:
        at.append((clock.now, progress.at))
        return clock.now < 35.0

    play(recording, lambda message: None, Control(100.0), look, told, clock, clock.sleep)
    held = [moment for wall, moment in at if 10.3 < wall < 20.0]
    assert len(set(held)) <= 1
    last = at[-1]
    expected = recording.session.sampled_at + dt.timedelta(seconds=20.0 * 100 + (last[0] - 30.0) * 1000)
    assert abs((last[1] - expected).total_seconds()) < 400


def test_a_control_file_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "replay.json"
    before = Control(20.0)
    for text in ("", "{", "[]", '{"speed": 0}', '{"speed": "fast"}'):
        path.write_text(text)
        assert read_control(path, before) == before
    path.write_text(json.dumps({"paused": True}))
    assert read_control(path, before) == Control(20.0, True)
    assert read_control(tmp_path / "absent.json", before) == before


def test_an_event_keeps_its_id_however_often_it_is_told(recording: Recording) -> None:
    ids = [event_id(message) for message in recording.messages]
    assert len(set(ids)) == len(ids)
    assert ids == [event_id(message) for message in sources.simulated(seed=6).messages]
