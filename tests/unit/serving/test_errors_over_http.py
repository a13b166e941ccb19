"""Every error of the contract, as a client meets it."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.fakes.serving import KEY, Api, field_car, make_service, problems, request_body, wsgi

FORBIDDEN = ("Traceback", "<html", "<!doctype", "shared/", "line 1 in")


def assert_refused(response: Any, status: int, code: str) -> None:
    """The one envelope, as JSON, with nothing of the inside in it."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/json"
    error = response.json["error"]
    assert error["code"] == code
    assert error["message"]
    assert isinstance(error["fields"], list)
    assert not [word for word in FORBIDDEN if word.lower() in response.text.lower()]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nul",
        b'{"lap": NaN}',
        b'{"lap": Infinity}',
        b'"\xff"',
        b'{"a":"\\ud800"}',
        b"\xef\xbb\xbf{}",
        b"{} {}",
    ],
)
def test_what_is_not_json_is_a_400(api: Api, body: bytes) -> None:
    assert_refused(api.post(body), 400, "malformed_json")


@pytest.mark.parametrize("bomb", [b"[" * 500_000, b'{"a":' * 150_000, b"[" * 100_000 + b"]" * 100_000])
def test_a_depth_bomb_is_a_400(api: Api, bomb: bytes) -> None:
    assert_refused(api.post(bomb), 400, "malformed_json")


def test_a_number_of_many_thousand_digits_is_refused(api: Api) -> None:
    response = api.post(json.dumps(request_body()).replace('"lap": 15', '"lap": ' + "9" * 20_000))
    assert response.status_code in (400, 422)
    assert len(response.data) < 2000


@pytest.mark.parametrize("key", [None, "", "wrong", KEY + "x", KEY[:-1], "ключ", "x" * 100_000])
def test_without_a_right_key_every_guarded_route_is_a_401(api: Api, key: str | None) -> None:
    headers = {} if key is None else {"X-API-Key": key.encode().decode("latin-1")}
    for method, path in (("POST", "/recommend"), ("GET", "/model"), ("GET", "/circuits"), ("GET", "/circuits/bahrain")):
        assert_refused(api.client.open(path, method=method, headers=headers), 401, "unauthorized")


def test_health_and_the_openapi_document_take_no_key(api: Api) -> None:
    assert api.client.get("/health").json == {"status": "healthy"}
    assert api.client.get("/openapi.json").json["openapi"] == "3.1.0"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nothing",
        "/recommend/x",
        "/simulate/x",
        "/races/2023_01",
        "/driver-profile",
        "/circuits//bahrain",
        "/%00",
        "/..%2f",
    ],
)
def test_a_route_that_is_not_there_is_a_404(api: Api, path: str) -> None:
    assert_refused(api.get(path), 404, "not_found")


def test_an_unknown_circuit_is_a_404_that_escapes_what_was_asked(api: Api) -> None:
    response = api.get("/circuits/%3Cscript%3E")
    assert_refused(response, 404, "circuit_not_found")
    assert "<" not in response.text


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/recommend", "OPTIONS, POST"),
        ("POST", "/health", "GET, HEAD, OPTIONS"),
        ("DELETE", "/circuits", "GET, HEAD, OPTIONS"),
    ],
)
def test_another_method_is_a_405_that_names_the_right_ones(api: Api, method: str, path: str, allow: str) -> None:
    response = api.client.open(path, method=method)
    assert_refused(response, 405, "method_not_allowed")
    assert response.headers["Allow"] == allow


def test_a_body_over_one_mebibyte_is_a_413(api: Api) -> None:
    assert_refused(api.post(b'"' + b"x" * (1 << 20) + b'"'), 413, "body_too_large")


def test_a_body_of_just_one_mebibyte_is_read(api: Api) -> None:
    text = json.dumps(request_body()).encode()
    assert api.post(text + b" " * ((1 << 20) - len(text))).status_code == 200


def test_a_chunked_body_is_counted_as_it_comes(api: Api) -> None:
    environ = EnvironBuilder(
        "/recommend", method="POST", headers={"X-API-Key": KEY, "Content-Type": "application/json"}
    ).get_environ()
    environ.pop("CONTENT_LENGTH", None)
    environ["wsgi.input"] = io.BytesIO(b" " * (3 << 20))
    environ["wsgi.input_terminated"] = True
    _, status, _ = run_wsgi_app(wsgi(api.service), environ)
    assert status.startswith("413")


def test_a_stated_length_far_over_the_limit_is_refused_without_reading_it(api: Api) -> None:
    class Unread(io.RawIOBase):
        def readinto(self, buffer: Any) -> int:
            raise AssertionError("the body was read")

    environ = EnvironBuilder(
        "/recommend", method="POST", headers={"X-API-Key": KEY, "Content-Type": "application/json"}
    ).get_environ()
    environ["CONTENT_LENGTH"] = str(10**12)
    environ["wsgi.input"] = Unread()
    _, status, _ = run_wsgi_app(wsgi(api.service), environ)
    assert status.startswith("413")


def test_a_client_that_breaks_off_is_a_400(api: Api) -> None:
    environ = EnvironBuilder(
        "/recommend", method="POST", data=b'{"lap":', headers={"X-API-Key": KEY, "Content-Type": "application/json"}
    ).get_environ()
    environ["CONTENT_LENGTH"] = "500"
    _, status, _ = run_wsgi_app(wsgi(api.service), environ)
    assert status.startswith("400")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": ""},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_another_kind_of_body_is_a_415(api: Api, headers: dict[str, str]) -> None:
    assert_refused(api.post(request_body(), headers=headers), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("changes", "path", "given", "allowed"),
    [
        ({"lap": 0}, "lap", "0", "at least 1"),
        ({"lap": True}, "lap", "true", "a whole number"),
        ({"lap": "15"}, "lap", '"15"', "a whole number"),
        ({"lap": 15.5}, "lap", "15.5", "a whole number"),
        ({"lap": None}, "lap", "null", "a whole number"),
        ({"lap": 10**30}, "lap", "31 digits", "at most 200"),
        ({"position": 27}, "position", "27", "at most 26"),
        ({"gap_to_leader": -0.1}, "gap_to_leader", "-0.1", "at least 0"),
        ({"gap_to_leader": 7200.1}, "gap_to_leader", "7200.1", "at most 7200"),
        ({"fuel_remaining": 10**400}, "fuel_remaining", "401 digits", "a finite number"),
        ({"fuel_remaining": False}, "fuel_remaining", "false", "a finite number"),
        ({"tire_compound": "soft"}, "tire_compound", '"soft"', "'SOFT'"),
        ({"tire_compound": ["SOFT"]}, "tire_compound", "a list of 1", "'SOFT'"),
        ({"track_status": "PURPLE"}, "track_status", '"PURPLE"', "'GREEN'"),
        ({"objective": "glory"}, "objective", '"glory"', "'points'"),
        ({"n_scenarios": 999}, "n_scenarios", "999", "at least 1000"),
        ({"n_scenarios": 100_001}, "n_scenarios", "100001", "at most 100000"),
        ({"season": 1949}, "season", "1949", "at least 1950"),
        ({"driver_id": "<b>"}, "driver_id", "\\u003cb\\u003e", "text matching"),
        ({"driver_id": "VER\u0000"}, "driver_id", "\\u0000", "text matching"),
        ({"driver_id": "ＶＥＲ"}, "driver_id", "\\uff36", "text matching"),
        ({"driver_id": "V\u202eER"}, "driver_id", "\\u202e", "text matching"),
        ({"circuit_id": ""}, "circuit_id", '""', "text matching"),
        ({"circuit_id": "x" * 1000}, "circuit_id", "xxx", "text matching"),
        ({"field": {}}, "field", "an object", "a list"),
        ({"field": [1]}, "field[0]", "1", "an object"),
        ({"field": [field_car("LEC", 2)] * 27}, "field", "a list of 27", "at most 26"),
        ({"rain": [{"from_lap": 20, "probability": 1.01}]}, "rain[0].probability", "1.01", "at most 1"),
        ({"candidates": [[{"lap": 20, "compound": "HARD"}] * 6]}, "candidates[0]", "a list of 6", "at most 5"),
        ({"race_id": "2023-01"}, "race_id", '"2023-01"', "text matching"),
    ],
)
def test_a_value_out_of_range_is_a_422_that_tells_what_was_given_and_what_is_allowed(
    api: Api, changes: dict[str, Any], path: str, given: str, allowed: str
) -> None:
    response = api.post(request_body(**changes))
    assert_refused(response, 422, "invalid_request")
    assert given in problems(response)[path]
    assert allowed in problems(response)[path]


def test_a_number_past_the_range_of_a_double_is_a_422(api: Api) -> None:
    response = api.post(json.dumps(request_body()).replace("78.5", "1e400"))
    assert_refused(response, 422, "invalid_request")
    assert "finite" in problems(response)["fuel_remaining"]


@pytest.mark.parametrize("body", [[], None, 1, "x", True])
def test_a_body_that_is_no_object_is_a_422(api: Api, body: Any) -> None:
    assert_refused(api.post(json.dumps(body)), 422, "invalid_request")


def test_every_missing_field_is_named(api: Api) -> None:
    response = api.post({})
    assert_refused(response, 422, "invalid_request")
    assert set(problems(response)) == set(request_body())


def test_a_thousand_faults_are_told_in_a_short_answer(api: Api) -> None:
    response = api.post(request_body(tire_sets=[{"compound": "x" * 900, "age": -1}] * 40))
    assert_refused(response, 422, "invalid_request")
    assert len(response.data) < 8000


def test_a_name_that_stands_twice_counts_as_it_stands_last(api: Api) -> None:
    text = json.dumps(request_body())[:-1] + ', "seed": 1, "seed": 5}'
    assert api.post(text).json["seed"] == 5


def test_before_the_models_are_loaded_every_route_that_needs_them_is_a_503(tmp_path: Path) -> None:
    api = Api(make_service(tmp_path))
    for response in (api.post(request_body()), api.client.get("/health"), api.get("/model"), api.get("/circuits")):
        assert_refused(response, 503, "loading")
        assert int(response.headers["Retry-After"]) >= 1


def test_an_unexpected_fault_is_a_500_that_tells_nothing_and_a_log_that_tells_all(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def broken(*args: Any) -> Any:
        calls.append(1)
        if len(calls) > 1:
            raise ZeroDivisionError("secret inside")
        return None

    service = make_service(tmp_path, engine=broken)
    service.start(block=True)
    monkeypatch.setattr(logging.getLogger("f1"), "propagate", True)
    with caplog.at_level(logging.INFO, logger="f1"):
        response = Api(service).post(request_body())
    assert_refused(response, 500, "internal_error")
    assert "secret inside" not in response.text
    assert any(record.exc_info and "secret inside" in str(record.exc_info[1]) for record in caplog.records)
