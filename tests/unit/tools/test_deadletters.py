"""The command that lists and replays dead letters."""

from __future__ import annotations

import json

import pytest

from shared.adapters.embedded import event_bus
from shared.config import Settings
from tools.deadletters import main


@pytest.fixture
def dead(state: Settings) -> list[str]:
    bus = event_bus.open_port(state)
    ids = [bus.publish("telemetry", b"{}") for _ in range(2)]
    for _ in range(bus.subscriptions["stream-features"].max_attempts):
        for message in bus.claim("stream-features", 10):
            bus.reject(message, "HTTP 500: no table", delay=0)
    assert [letter.id for letter in bus.dead_letters()] == ids
    return ids


def test_the_list_tells_id_subscription_and_error(dead: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = "".join(capsys.readouterr().out.split())
    assert "2deadletters" in shown
    assert "stream" in shown


def test_one_can_be_looked_into_before_it_is_sent_again(state: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    bus = event_bus.open_port(state)
    samples = {
        b'{"race_id": "2023_01", "driver_id": "VER"}': {"race_id": "2023_01", "driver_id": "VER"},
        b"\xff!": "\\xff!",
    }
    ids = {bus.publish("telemetry", data, {"version": "1"}): shown for data, shown in samples.items()}
    for _ in range(bus.subscriptions["stream-features"].max_attempts):
        for message in bus.claim("stream-features", 10):
            bus.reject(message, "HTTP 500: " + "no table " * 100, delay=0)
    for identity, data in ids.items():
        assert main(["show", identity]) == 0
        shown = json.loads(capsys.readouterr().out)
        assert (shown["id"], shown["topic"], shown["subscription"]) == (identity, "telemetry", "stream-features")
        assert (shown["data"], shown["attributes"], shown["attempts"]) == (data, {"version": "1"}, 5)
        assert len(shown["error"]) > 800, "the whole error"
    assert main(["show", "nonsense"]) == 1
    assert "no dead letter nonsense" in capsys.readouterr().err


def test_one_or_all_are_sent_again(dead: list[str], state: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    bus = event_bus.open_port(state)
    assert main(["replay", dead[0]]) == 0
    assert [letter.id for letter in bus.dead_letters()] == dead[1:]
    assert main(["replay", "--all"]) == 0
    assert bus.waiting() == {"stream-features": 2}
    assert main([]) == 0
    assert "no dead letters" in capsys.readouterr().out


def test_an_unknown_id_is_told(dead: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "nonsense"]) == 1
    assert "no dead letter nonsense" in capsys.readouterr().err


def test_replay_wants_ids_or_all_and_not_both(state: Settings) -> None:
    for arguments in (["replay"], ["replay", "x", "--all"]):
        with pytest.raises(SystemExit):
            main(arguments)
