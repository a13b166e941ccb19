"""Profiles, recorded races, what may be kept by a client, and what the instance counts."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from shared.contract.openapi import SIMULATE_EXAMPLE
from shared.errors import StoreError
from shared.models.bundle import SHIPPED, Bundle
from shared.ports import Object
from shared.serving.judged import SCORECARD, cards, scorecard
from tests.fakes.serving import Api, EmptyStore, bundle, make_service, problems, request_body

TRAIT = {"value": 0.6, "low": 0.5, "high": 0.7, "n": 40}
PROFILE = {
    "name": "Max Verstappen", "teams": ["Red Bull"], "seasons": [2022, 2023], "aggression": TRAIT,
    "consistency": TRAIT, "pressure_response": None, "tire_management": TRAIT, "data_quality": "good",
}  # fmt: skip
INDEX = [{"race_id": "2023_01", "season": 2023, "round": 1, "name": "Bahrain Grand Prix", "circuit_id": "bahrain"}]

DRIFT = {
    "generated_at": "2024-07-08T00:00:00+00:00", "race_id": "2024_12", "races": ["2024_11", "2024_12"],
    "model_version": "fake-1", "verdict": "watch", "training_started": False,
    "models": [{
        "name": "tires", "verdict": "watch", "reasons": ["age: further than usual"],
        "features": [{"name": "age", "psi": 0.2, "ks": 0.1, "psi_limit": 0.1, "ks_limit": 0.2, "verdict": "watch"}],
        "residual": {"mean": 0.1, "low": -0.1, "high": 0.2},
    }],
    "events": [{"name": "safety_car", "expected": 0.8, "observed": 0.5, "low": 0.4, "high": 1.2, "verdict": "fine"}],
}  # fmt: skip


class Races(EmptyStore):
    """A store of one race; ``broken``: none can be read."""

    broken = False

    def get(self, bucket: str, name: str) -> Any:
        if self.broken:
            raise StoreError("disk")
        told = {
            ("races", "index.json"): INDEX,
            ("races", "2023_01/laps.json"): {"race_id": "2023_01", "laps": []},
            ("models", "drift/latest.json"): DRIFT,
        }
        found = told.get((bucket, name))
        return super().get(bucket, name) if found is None else Object(json.dumps(found).encode(), 1)


def serving(tmp_path: Path, **options: Any) -> Api:
    service = make_service(tmp_path, **options)
    service.start(block=True)
    return Api(service)


def test_a_driver_is_found_by_code_and_by_ergast_id_in_any_case(tmp_path: Path) -> None:
    profiles = {"max_verstappen": PROFILE, "verstappen": {**PROFILE, "name": "Jos Verstappen"}}
    api = serving(tmp_path, load=lambda folder: bundle(profiles=profiles))
    for name in ("VER", "ver", "max_verstappen"):
        assert api.get(f"/driver-profile/{name}").json["name"] == "Max Verstappen"
    old = api.get("/driver-profile/verstappen").json
    assert (old["driver_id"], old["ergast_id"], old["pressure_response"]) == ("verstappen", "verstappen", None)
    assert [row["driver_id"] for row in api.get("/driver-profiles").json] == ["verstappen", "VER"]
    assert api.get("/driver-profile/senna").json["error"]["code"] == "driver_not_found"


def test_a_bundle_without_profiles_has_none(api: Api) -> None:
    assert api.get("/driver-profiles").json == []
    missing = api.get("/driver-profile/VER")
    assert missing.status_code == 404
    assert "no driver profiles" in missing.json["error"]["message"]


def test_recorded_races_are_told_as_stored_and_none_is_an_empty_list(api: Api, tmp_path: Path) -> None:
    assert api.get("/races").json == []
    assert api.get("/races/2023_01/laps").status_code == 404
    stored = serving(tmp_path, store=Races())
    assert stored.get("/races").json == INDEX
    assert stored.get("/races/2023_01/laps").json == {"race_id": "2023_01", "laps": []}
    for race in ("2023_02", "2023-01", "..%2findex.json", "2023_01%00"):
        assert stored.get(f"/races/{race}/laps").status_code == 404


def test_a_store_that_cannot_be_read_is_a_503_to_try_again(tmp_path: Path) -> None:
    api = serving(tmp_path)
    store = Races()
    store.broken = True
    api.service.store = lambda: store
    for path in ("/races", "/races/2023_01/laps", "/model/drift"):
        response = api.get(path)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "2")


def test_seasons_are_told_newest_first_with_their_drivers_by_name(tmp_path: Path) -> None:
    api = serving(tmp_path, load=lambda folder: bundle(profiles={"max_verstappen": PROFILE}))
    (season,) = api.get("/seasons").json
    assert season["season"] == 2023
    assert season["drivers"][:2] == [
        {"driver_id": "VER", "name": "Max Verstappen", "team": "Red Bull Racing"},
        {"driver_id": "LEC", "name": None, "team": "Ferrari"},
    ]


def test_the_cards_of_the_bundle_that_ships_are_told_in_the_order_of_its_reports() -> None:
    shipped = Bundle.load(SHIPPED)
    told = cards(shipped)
    assert told
    assert [card.name for card in told] == [r["name"] for r in shipped.manifest["models"] if r["name"] in shipped.cards]
    assert all(card.purpose and card.truth for card in told)


def test_a_card_of_a_rule_that_rests_on_no_data_is_told_with_the_bundles_day() -> None:
    shipped = Bundle.load(SHIPPED)
    fuel = {**shipped.cards["fuel"], "until": None}
    told = cards(dataclasses.replace(shipped, cards={**shipped.cards, "fuel": fuel}))
    assert next(card.until for card in told if card.name == "fuel") == shipped.manifest["data"]["until"]


def test_every_circuit_of_the_bundle_that_ships_has_its_laps_and_its_name(tmp_path: Path) -> None:
    shipped = Bundle.load(SHIPPED)
    told = {row["circuit_id"]: row for row in serving(tmp_path, load=lambda folder: shipped).get("/circuits").json}
    assert set(told) == set(shipped.tables["circuits"])
    assert [name for name, row in told.items() if not 40 <= row["total_laps"] <= 80] == []
    assert (told["spa"]["total_laps"], told["monaco"]["total_laps"], told["bahrain"]["total_laps"]) == (44, 78, 57)
    assert [circuit_id for circuit_id, row in told.items() if row["name"] == circuit_id] == []


def test_a_bundle_without_cards_has_none(api: Api) -> None:
    assert api.get("/model/cards").json == []


def test_drift_is_null_before_there_is_a_report_and_then_told_as_stored(api: Api, tmp_path: Path) -> None:
    assert api.get("/model/drift").json == {"drift": None}
    assert serving(tmp_path, store=Races()).get("/model/drift").json == {"drift": DRIFT}


def test_the_scorecard_of_this_version_is_told_with_baselines_and_reliability(api: Api) -> None:
    told = api.get("/model/scorecard").json["scorecard"]
    written = json.loads(SCORECARD.read_text(encoding="utf-8"))
    assert (told["races"], told["goals"]) == (written["races"], written["goals"])
    assert {"forecast", "table"} <= set(told["places"]["0.5"])
    assert told["reliability"] == written["reliability"]
    assert told["calls"] == written["calls"]


def test_a_scorecard_that_is_missing_or_broken_is_null(tmp_path: Path) -> None:
    assert json.loads(scorecard(tmp_path / "none.json")) == {"scorecard": None}
    (tmp_path / "broken.json").write_text('{"races": "many"}')
    assert json.loads(scorecard(tmp_path / "broken.json")) == {"scorecard": None}


@pytest.mark.parametrize(
    "path",
    [
        "/model",
        "/model/scorecard",
        "/model/drift",
        "/model/cards",
        "/seasons",
        "/circuits",
        "/circuits/bahrain",
        "/races",
        "/driver-profiles",
        "/openapi.json",
    ],
)
def test_what_is_static_has_an_etag_and_is_not_sent_twice(api: Api, path: str) -> None:
    first = api.get(path)
    assert first.status_code == 200
    assert "must-revalidate" in first.headers["Cache-Control"]
    again = api.get(path, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["X-Content-Type-Options"] == "nosniff"
    assert api.get(path, **{"If-None-Match": '"other"'}).status_code == 200
    unknown = api.client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert unknown.status_code == (304 if path == "/openapi.json" else 401)


def test_what_changes_is_never_kept(api: Api) -> None:
    for response in (api.post(request_body()), api.get("/health"), api.get("/metrics"), api.get("/circuits/none")):
        assert response.headers["Cache-Control"] == "no-store"
        assert "ETag" not in response.headers


def test_the_example_of_a_whole_race_is_answered(api: Api) -> None:
    response = api.post(SIMULATE_EXAMPLE, path="/simulate")
    assert response.status_code == 200, response.text
    assert [row["driver_id"] for row in response.json["cars"]] == ["VER", "LEC"]
    assert response.json["first_lap"] == 1


@pytest.mark.parametrize(
    ("change", "path", "text"),
    [
        ({"grid_position": None}, "field[0].grid_position", "required on the grid"),
        ({"grid_position": 2}, "field[1].grid_position", "the place of field[0]"),
        ({"driver_id": "leclerc"}, "field[1].driver_id", "who already stands at field[0]"),
        ({"in_pit": True}, "field[0].in_pit", "on the grid"),
        ({"tire_age": 31}, "field[0].tire_age", "at most 30"),
        ({"strategy": [{"lap": 57, "compound": "HARD"}]}, "field[0].strategy[0].lap", "56"),
        ({"strategy": [{"lap": 9, "compound": "HARD"}] * 2}, "field[0].strategy[1].lap", "one a lap"),
        ({"strategy": [{"lap": 9, "compound": "HARD"}] * 6}, "field[0].strategy", "at most 5"),
    ],
)
def test_a_race_that_contradicts_itself_is_a_422_that_says_so(api: Api, change: Any, path: str, text: str) -> None:
    one, two = SIMULATE_EXAMPLE["field"]
    response = api.post({**SIMULATE_EXAMPLE, "field": [{**one, **change}, two]}, path="/simulate")
    assert response.status_code == 422
    assert text in problems(response)[path]


@pytest.mark.parametrize(
    ("compare", "path", "text"),
    [
        ({"driver_id": "HAM", "strategy": []}, "compare.driver_id", "a car of field"),
        ({"driver_id": "VER", "strategy": [{"lap": 57, "compound": "HARD"}]}, "compare.strategy[0].lap", "56"),
        ({"driver_id": "VER"}, "compare.strategy", "required"),
    ],
)
def test_a_plan_to_compare_that_cannot_be_is_a_422(api: Api, compare: Any, path: str, text: str) -> None:
    response = api.post({**SIMULATE_EXAMPLE, "compare": compare}, path="/simulate")
    assert response.status_code == 422
    assert text in problems(response)[path]


def test_after_the_start_place_and_gap_are_required(api: Api) -> None:
    found = problems(api.post({**SIMULATE_EXAMPLE, "lap": 10}, path="/simulate"))
    assert {"field[0].position", "field[0].gap_to_leader", "field[1].position"} <= set(found)
    placed = [{"driver_id": "VER", "tire_compound": "HARD", "tire_age": 9, "position": 1, "gap_to_leader": 0}]
    over = api.post({**SIMULATE_EXAMPLE, "field": placed, "lap": 57}, path="/simulate")
    assert "less than total_laps" in problems(over)["lap"]


def test_the_instance_counts_what_it_did_and_what_it_had_already(api: Api) -> None:
    for _ in range(2):
        assert api.post(request_body(n_scenarios=2000)).status_code == 200
    api.post(request_body(lap=0))
    told = api.get("/metrics").json
    assert told["requests"] == {"recommend 200": 2, "recommend 422": 1}
    assert told["errors"] == {"invalid_request": 1}
    assert told["answers"] == {"computed": 1, "cached": 1}
    assert told["scenarios"] == 2000
    assert told["latency"]["recommend"]["n"] == 3
    assert "recommend.engine" in told["latency"]
    assert set(told["start_seconds"]) == {"load", "warm_up"}
