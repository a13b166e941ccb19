"""GET /live/{race_id}, and POST /recommend with a race instead of a field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.live import documents
from shared.live.positions import PositionBoard
from shared.telemetry import CarSample, PitVisit, Telemetry, WeatherSample
from tests.fakes.objects import MemoryStore
from tests.fakes.serving import Api, make_service
from tools.replaying import sources
from tools.replaying.recording import Recording


@pytest.fixture(scope="module")
def recording() -> Recording:
    return sources.simulated(seed=4)


def store_of(messages: list[Telemetry]) -> MemoryStore:
    kept: dict[str, documents.Document] = {}
    for message in messages:
        name = documents.object_name(message)
        assert name is not None
        kept[name] = documents.apply(kept.get(name) or documents.read(name, None), message)
    store = MemoryStore()
    for name, document in kept.items():
        assert document.updated_at is not None
        store.put("live", name, documents.write(document, document.updated_at))
    return store


def api_on(tmp_path: Path, messages: list[Telemetry]) -> Api:
    service = make_service(tmp_path, store=store_of(messages))
    service.start(block=True)
    return Api(service)


@pytest.fixture
def half_way(recording: Recording) -> list[Telemetry]:
    """All that came until the leader completed lap 30, and the weather."""
    line = min(m.sampled_at for m in recording.messages if m.kind == "timing" and m.lap == 30)
    told = [m for m in recording.messages if m.sampled_at <= line]
    return [*told, WeatherSample(race_id=recording.race_id, sampled_at=line, air_temp=25.5, rainfall=False)]


def test_a_race_that_runs_is_told_in_the_form_that_recommend_takes(
    tmp_path: Path, half_way: list[Telemetry], recording: Recording
) -> None:
    api = api_on(tmp_path, half_way)
    response = api.get(f"/live/{recording.race_id}")
    assert response.status_code == 200
    told = response.json
    assert (told["lap"], told["total_laps"], told["timing"]) == (30, recording.session.total_laps, "simulated")
    assert told["weather"]["air_temp"] == 25.5
    assert [car["position"] for car in told["field"]] == list(range(1, len(told["field"]) + 1))
    ego = told["field"][2]
    body: dict[str, Any] = {name: told[name] for name in ("circuit_id", "lap", "season", "total_laps", "track_status")}
    body |= {name: ego[name] for name in ("driver_id", "position", "tire_age", "tire_compound", "gap_to_leader")}
    answer = api.post({**body, "fuel_remaining": 40.0, "field": told["field"]})
    assert answer.status_code == 200, answer.text
    assert not any("ignored" in warning for warning in answer.json["warnings"])


def test_a_race_stands_for_its_field_and_only_the_driver_is_needed(
    tmp_path: Path, half_way: list[Telemetry], recording: Recording
) -> None:
    api = api_on(tmp_path, half_way)
    told = api.get(f"/live/{recording.race_id}").json
    driver = told["field"][4]["driver_id"]
    answer = api.post({"driver_id": driver, "race_id": recording.race_id})
    assert answer.status_code == 200, answer.text
    assert [row["driver_id"] for row in answer.json["forecast"]] == [car["driver_id"] for car in told["field"]]
    assert answer.json["explanation"] == [driver]
    assert any("fuel_remaining" in warning for warning in answer.json["warnings"])
    assert any("simulated" in warning for warning in answer.json["warnings"])
    assert not any("race_id was not used" in warning for warning in answer.json["warnings"])


def test_what_the_request_gives_overrides_the_live_state(
    tmp_path: Path, half_way: list[Telemetry], recording: Recording
) -> None:
    api = api_on(tmp_path, half_way)
    told = api.get(f"/live/{recording.race_id}").json
    driver = told["field"][4]["driver_id"]
    body = {"driver_id": driver, "race_id": recording.race_id, "fuel_remaining": 33.0, "position": 1, "lap": 20}
    answer = api.post({**body, "gap_to_leader": 0.0})
    assert answer.status_code == 200, answer.text
    assert answer.json["forecast"][0]["driver_id"] == driver
    assert not any("fuel_remaining" in warning for warning in answer.json["warnings"])


@pytest.mark.parametrize(
    ("body", "status", "code", "path"),
    [
        ({"driver_id": "NOBODY"}, 422, "invalid_request", "driver_id"),
        ({"driver_id": "SAA", "lap": 45}, 422, "invalid_request", "lap"),
        ({"driver_id": "SAA", "race_id": "1999_01"}, 404, "race_not_found", None),
        ({"driver_id": "SAA", "race_id": "nonsense"}, 422, "invalid_request", "race_id"),
        ({"driver_id": "SAA", "tire_age": -1}, 422, "invalid_request", "tire_age"),
    ],
)
def test_a_question_that_the_live_state_cannot_answer_says_why(
    tmp_path: Path, half_way: list[Telemetry], recording: Recording, body: dict[str, Any], status: int, code: str,
    path: str | None,
) -> None:  # fmt: skip
    response = api_on(tmp_path, half_way).post({"race_id": recording.race_id, **body})
    assert response.status_code == status
    assert response.json["error"]["code"] == code
    if path is not None:
        assert path in [problem["path"] for problem in response.json["error"]["fields"]]


def test_before_the_first_lap_the_grid_is_told_and_no_question_answered(tmp_path: Path, recording: Recording) -> None:
    api = api_on(tmp_path, [recording.session])
    told = api.get(f"/live/{recording.race_id}").json
    assert (told["lap"], len(told["field"])) == (0, 20)
    response = api.post({"driver_id": "SAA", "race_id": recording.race_id})
    assert (response.status_code, response.json["error"]["code"]) == (404, "race_not_started")


def test_a_race_nobody_keeps_is_a_404(api: Api) -> None:
    for name in ("2023_01", "nonsense", "..%2F..%2Fetc"):
        response = api.get(f"/live/{name}")
        assert response.status_code == 404
        assert response.json["error"]["code"] in ("race_not_found", "not_found")


def test_a_car_in_the_pit_lane_and_one_that_is_out_are_told(
    tmp_path: Path, half_way: list[Telemetry], recording: Recording
) -> None:
    last = half_way[-1].sampled_at
    visit = PitVisit(race_id=recording.race_id, sampled_at=last, driver_id="SAC", lap=30, action="in")
    cars = {
        c["driver_id"]: c for c in api_on(tmp_path, [*half_way, visit]).get(f"/live/{recording.race_id}").json["cars"]
    }
    assert cars["SAC"]["in_pit_lane"]
    assert 0 < cars["SAC"]["fuel_remaining"] < 105


def test_where_cars_are_is_told_with_them_even_before_their_first_line(tmp_path: Path, recording: Recording) -> None:
    store = store_of([recording.session])
    at = recording.session.sampled_at
    sample = CarSample(race_id=recording.race_id, driver_id="SAA", sampled_at=at, x=-12_345.0, y=678.0)
    PositionBoard(lambda: store).note(sample)
    service = make_service(tmp_path, store=store)
    service.start(block=True)
    (car,) = Api(service).get(f"/live/{recording.race_id}").json["cars"]
    assert (car["driver_id"], car["lap"], car["line_at"]) == ("SAA", 0, None)
    assert (car["track_position"]["x"], car["track_position"]["y"]) == (-1234.5, 67.8)
    lap = next(m for m in recording.messages if m.kind == "timing")
    (other,) = api_on(tmp_path, [recording.session, lap]).get(f"/live/{recording.race_id}").json["cars"]
    assert other["track_position"] is None


def test_the_races_that_are_kept_are_listed_the_last_written_first(tmp_path: Path, recording: Recording) -> None:
    session = recording.session
    other = session.model_copy(update={"race_id": "2017_20", "name": "Another"})
    api = api_on(tmp_path, [session, other])
    told = api.get("/live").json
    assert [race["race_id"] for race in told] == ["2017_20", recording.race_id]
    assert told[0] | {"updated_at": None} == {
        "race_id": "2017_20",
        "name": "Another",
        "season": 2017,
        "circuit_id": session.circuit_id,
        "total_laps": session.total_laps,
        "timing": "simulated",
        "updated_at": None,
    }


def test_no_race_is_listed_where_none_is_kept_or_none_has_begun(tmp_path: Path) -> None:
    visit = PitVisit(race_id="2023_01", sampled_at="2023-03-05T15:00:00Z", driver_id="VER", lap=1, action="in")
    assert api_on(tmp_path, []).get("/live").json == []
    assert api_on(tmp_path, [visit]).get("/live").json == []
