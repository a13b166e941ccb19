"""What the routes answer, and what every response carries."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from shared.contract.openapi import FULL_EXAMPLE
from tests.fakes.serving import KEY, Api, field_car, make_service, request_body

ORIGIN = "https://dashboard.example"


@pytest.fixture
def dashboard(tmp_path: Path) -> Api:
    service = make_service(tmp_path, chosen={"cors_origin": ORIGIN})
    service.start(block=True)
    return Api(service)


def test_the_minimum_of_eight_fields_is_enough(api: Api) -> None:
    response = api.post(request_body())
    assert response.status_code == 200
    assert len(response.json["forecast"]) == 20
    assert response.json["latency_ms"] > 0


def test_the_full_example_of_the_contract_is_answered(api: Api) -> None:
    response = api.post(FULL_EXAMPLE)
    assert response.status_code == 200
    assert [row["driver_id"] for row in response.json["forecast"]] == ["VER", "LEC"]
    assert response.json["seed"] == 7


def test_the_same_request_gives_the_same_bytes_but_for_the_latency(api: Api) -> None:
    one, two = (api.post(FULL_EXAMPLE).json for _ in range(2))
    assert one.pop("latency_ms") > 0
    assert two.pop("latency_ms") > 0
    assert json.dumps(one) == json.dumps(two)


def test_a_name_the_contract_does_not_know_is_ignored_and_named(api: Api) -> None:
    response = api.post(request_body(tyre_age=3, field=[field_car("LEC", 2, **{"<script>": 1})]))
    assert response.status_code == 200
    warnings = " ".join(response.json["warnings"])
    assert "tyre_age" in warnings
    assert "field[0].\\\\u003cscript" in warnings
    assert "<" not in response.text


def test_drivers_are_called_in_the_answer_what_the_request_calls_them(api: Api) -> None:
    body = request_body(driver_id="max_verstappen", field=[field_car("leclerc", 2), field_car("HAM", 3)])
    assert [row["driver_id"] for row in api.post(body).json["forecast"]] == ["max_verstappen", "leclerc", "HAM"]


def test_a_race_id_alone_is_a_404_until_live_state_is_served(api: Api) -> None:
    response = api.post({"driver_id": "VER", "race_id": "2023_01"})
    assert response.status_code == 404
    assert response.json["error"]["code"] == "race_not_found"


def test_a_race_id_beside_a_whole_request_is_a_warning(api: Api) -> None:
    response = api.post(request_body(race_id="2023_01"))
    assert response.status_code == 200
    assert any("race_id" in warning for warning in response.json["warnings"])


def test_circuits_are_listed_without_curves_and_told_one_by_one_with_them(api: Api) -> None:
    listed = api.get("/circuits").json
    assert [row["circuit_id"] for row in listed] == ["bahrain", "monaco"]
    assert "tire_curves" not in listed[0]
    one = api.get("/circuits/bahrain").json
    assert one["corners"] == [{"number": 1, "distance": 711.5}]
    assert one["tire_curves"]["SOFT"] == [0.0, 0.05]
    assert api.get("/circuits/monaco").json["pit_loss"] == {"green": None, "vsc": None, "sc": None}


def test_the_model_that_serves_tells_its_data_and_metrics(api: Api) -> None:
    model = api.get("/model").json
    assert model["version"] == "fake-1"
    assert model["data"] == {"until": "2023-12-31", "races": 6, "fingerprint": "00"}
    assert model["models"][0]["metrics"] == {"mae": 0.4}


def test_every_response_carries_the_security_headers(api: Api) -> None:
    for response in (api.get("/health"), api.get("/nothing"), api.post("{"), api.client.get("/circuits/a%0ab")):
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert len(response.headers["X-Request-Id"]) == 16
        assert "Access-Control-Allow-Origin" not in response.headers


def test_the_dashboards_origin_may_read_and_no_other(dashboard: Api) -> None:
    assert dashboard.get("/model", Origin=ORIGIN).headers["Access-Control-Allow-Origin"] == ORIGIN
    refused = dashboard.post("{", headers={"Origin": ORIGIN})
    assert refused.headers["Access-Control-Allow-Origin"] == ORIGIN
    for other in ("https://evil.example", "null", ORIGIN + ".evil.example", ORIGIN.upper()):
        response = dashboard.get("/model", Origin=other)
        assert "Access-Control-Allow-Origin" not in response.headers
        assert "Origin" in response.vary


def test_a_preflight_needs_no_key_and_tells_only_the_dashboard(dashboard: Api) -> None:
    headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
    response = dashboard.client.options("/recommend", headers=headers)
    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    assert "X-API-Key" in response.headers["Access-Control-Allow-Headers"]
    other = dashboard.client.options("/recommend", headers={**headers, "Origin": "https://evil.example"})
    assert other.status_code == 204
    assert not [name for name, _ in other.headers if name.startswith("Access-Control")]
    assert dashboard.client.options("/nothing", headers=headers).status_code == 404


def test_a_request_is_one_line_in_the_log_with_no_key_in_it(
    api: Api, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("f1"), "propagate", True)
    with caplog.at_level(logging.INFO, logger="f1"):
        response = api.post(request_body(seed=9))
    requests = {id(record): record.f1_fields for record in caplog.records if record.message == "request"}
    (told,) = [fields for fields in requests.values() if fields["id"] == response.headers["X-Request-Id"]]
    assert told["route"] == "recommend"
    assert told["status"] == 200
    assert told["circuit"] == "bahrain"
    assert told["scenarios"] == 10_000
    assert told["model_version"] == "fake-1"
    assert set(told["stages_ms"]) == {"parse", "situation", "queue", "engine"}
    assert KEY not in repr(told)


def test_a_bundle_that_cannot_be_had_leaves_a_503_that_names_no_path(tmp_path: Path) -> None:
    def load(folder: Path) -> object:
        raise OSError(f"{folder} is gone")

    service = make_service(tmp_path, load=load)
    service.start(block=False)
    for _ in range(200):
        response = Api(service).client.get("/health")
        if "No model bundle" in response.text:
            break
    assert response.status_code == 503
    assert str(tmp_path) not in response.text
