"""The dashboard's hand on a replay."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from werkzeug.test import Client

from shared.config import Settings
from tools.dashboard.replay import ReplayRoute
from tools.replaying import remote, sources
from tools.replaying.player import Control, Progress
from tools.replaying.recording import Recording
from tools.replaying.remote import Remote


@pytest.fixture(scope="module")
def recording() -> Recording:
    return sources.simulated(seed=2)


@pytest.fixture
def client(tmp_path: Path) -> Client:
    route = ReplayRoute(Settings(F1_STATE_DIR=tmp_path, F1_API_KEYS="k"))  # type: ignore[call-arg, arg-type]

    def application(environ, start_response):  # type: ignore[no-untyped-def]
        from werkzeug.wrappers import Request

        return route(Request(environ))(environ, start_response)

    return Client(application)


KEY = {"X-API-Key": "k"}


def test_what_runs_is_told_and_does_as_it_is_asked(client: Client, tmp_path: Path, recording: Recording) -> None:
    replay = Remote(recording, tmp_path)
    replay.told(Progress(recording.start, 10, 4), Control(20))
    assert replay.look(Control(20)) == Control(20)
    told = client.get("/replay", headers=KEY).json
    assert told is not None
    assert (told["race_id"], told["lap"], told["speed"], told["paused"]) == (recording.race_id, 4, 20, False)
    answer = client.post("/replay", headers=KEY, json={"speed": 5, "paused": True})
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["paused"] is True
    assert replay.look(Control(20)) == Control(5, True)
    client.post("/replay", headers=KEY, json={"paused": False})
    assert replay.look(Control(5, True)) == Control(5, False)
    replay.over()
    assert client.get("/replay", headers=KEY).status_code == 404


def test_a_change_rests_on_the_one_before_though_the_replay_has_not_followed_it_yet(
    client: Client, tmp_path: Path, recording: Recording
) -> None:
    replay = Remote(recording, tmp_path)
    replay.look(Control(20, True))
    client.post("/replay", headers=KEY, json={"paused": False})
    answer = client.post("/replay", headers=KEY, json={"speed": 40})
    assert answer.json is not None
    assert (answer.json["speed"], answer.json["paused"]) == (40, False)
    assert replay.look(Control(20, True)) == Control(40, False)


def test_a_replay_that_died_is_not_one_that_runs(client: Client, tmp_path: Path, recording: Recording) -> None:
    Remote(recording, tmp_path).look(Control(20))
    path = tmp_path / remote.STATUS
    path.write_text(json.dumps(json.loads(path.read_text()) | {"told_at": time.time() - 60}))
    assert client.get("/replay", headers=KEY).status_code == 404
    path.write_text("{")
    assert client.get("/replay", headers=KEY).status_code == 404


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"speed": 0.4}, "speed"),
        ({"speed": 61}, "speed"),
        ({"speed": 10**400}, "speed"),
        ({"speed": -(10**400)}, "speed"),
        ({"speed": "fast"}, "speed"),
        ({"speed": True}, "speed"),
        ({"paused": 1}, "paused"),
        ([], "body"),
    ],
)
def test_what_it_cannot_do_is_refused_with_what_is_allowed(
    client: Client, tmp_path: Path, recording: Recording, body: object, path: str
) -> None:
    Remote(recording, tmp_path).look(Control(20))
    answer = client.post("/replay", headers=KEY, json=body)
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["error"]["fields"][0]["path"] == path
    assert "allowed" in answer.json["error"]["fields"][0]["problem"]
    assert not (tmp_path / remote.CONTROL).exists()


def test_nobody_without_a_key_learns_of_it_or_touches_it(client: Client, tmp_path: Path, recording: Recording) -> None:
    Remote(recording, tmp_path).look(Control(20))
    assert client.get("/replay").status_code == 401
    assert client.post("/replay", json={"paused": True}).status_code == 401
    assert client.put("/replay", headers=KEY).status_code == 405


def test_what_an_earlier_replay_was_told_is_not_for_the_next(tmp_path: Path, recording: Recording) -> None:
    remote.control(tmp_path, 5, True)
    assert Remote(recording, tmp_path).look(Control(20)) == Control(20)
