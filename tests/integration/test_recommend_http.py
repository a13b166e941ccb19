"""The whole function over HTTP: fuzzed from its own OpenAPI document, attacked through a socket, and asked for real.

The fuzzing and the attacks run on a fake engine, for the simulation is not their subject; the last tests run the real
one on the bundle that ships.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import waitress
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import load_all_checks
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks as openapi_checks

from shared.config import ROOT
from shared.contract.openapi import FULL_EXAMPLE, SIMULATE_EXAMPLE
from shared.contract.requests import parse_recommend
from shared.models.bundle import SHIPPED, Bundle
from shared.serving.service import Service
from tests.fakes.serving import KEY, Api, field_car, make_service, request_body, wsgi
from tools.client import Client, Refused
from tools.refusals import refuse_in_json

EXAMPLES = {
    "recommend": 160, "simulate": 100, "circuit": 20, "profile": 20, "race_laps": 20, "live": 10, "circuits": 5,
    "profiles": 5, "races": 5, "model": 5, "metrics": 5, "health": 5,
}  # fmt: skip
"""Requests by operation, for each of the two kinds: such as the schema allows, and such as it forbids."""
CHECKS = [
    schemathesis.checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Service:
    service = make_service(tmp_path_factory.mktemp("state"))
    service.start(block=True)
    return service


@pytest.fixture(scope="module")
def document(fake: Service) -> Any:
    load_all_checks()
    return schemathesis.openapi.from_wsgi("/openapi.json", wsgi(fake))


def fuzz(document: Any, operation: str, mode: GenerationMode) -> list[int]:
    """Statuses of the answers to EXAMPLES[operation] generated requests, each checked against the document."""
    statuses: list[int] = []
    found = next(o.ok() for o in document.get_all_operations() if o.ok().definition.raw["operationId"] == operation)

    @settings(
        max_examples=EXAMPLES[operation],
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(found.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        response = case.call(headers={"X-API-Key": KEY})
        statuses.append(response.status_code)
        case.validate_response(response, checks=CHECKS)

    ask()
    return statuses


@pytest.mark.parametrize("operation", sorted(EXAMPLES))
def test_what_the_schema_allows_is_answered_or_refused_as_the_document_says(document: Any, operation: str) -> None:
    statuses = fuzz(document, operation, GenerationMode.POSITIVE)
    assert statuses
    assert set(statuses) <= {200, 404, 422}


@pytest.mark.slow
@pytest.mark.parametrize("operation", ["recommend", "simulate", "circuit", "profile", "race_laps"])
def test_what_the_schema_forbids_is_refused_as_the_document_says(document: Any, operation: str) -> None:
    statuses = fuzz(document, operation, GenerationMode.NEGATIVE)
    assert statuses
    assert max(statuses) < 500
    assert {400, 404, 405, 415, 422} & set(statuses)


@pytest.fixture(scope="module")
def port(fake: Service) -> int:
    """A real server in front of the app."""
    refuse_in_json()
    server = waitress.create_server(wsgi(fake), host="127.0.0.1", port=0, threads=4, channel_timeout=5, ident=None)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    return int(server.effective_port)  # it ends with the process: closed under its thread, that would fail


HEAD = f"POST /recommend HTTP/1.1\r\nHost: x\r\nX-API-Key: {KEY}\r\nContent-Type: application/json\r\n".encode()


def exchange(port: int, *parts: bytes, timeout: float = 10.0) -> bytes:
    """What the server sends back for these bytes, until it closes or falls silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as wire:
        for part in parts:
            try:
                wire.sendall(part)
            except OSError:
                break
        received = b""
        while True:
            try:
                chunk = wire.recv(65536)
            except OSError:
                return received
            received += chunk
            if not chunk or complete(received):
                return received


def complete(received: bytes) -> bool:
    head, found, body = received.partition(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(found) and bool(lengths) and len(body) >= lengths[0]


def test_a_chunked_body_is_read_and_a_chunked_flood_is_a_413(port: int) -> None:
    body = json.dumps(request_body()).encode()
    chunk = b"%x\r\n%s\r\n" % (len(body), body)
    assert exchange(port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunk, b"0\r\n\r\n").startswith(b"HTTP/1.1 200")
    flood = b"%x\r\n%s\r\n" % (1 << 19, b" " * (1 << 19))
    answer = exchange(port, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", flood, flood, flood, b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413")
    assert b'"code":"body_too_large"' in answer


def test_bodies_that_never_come_do_not_keep_others_from_being_answered(port: int) -> None:
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(12)]
    try:
        for wire in slow:
            wire.sendall(HEAD + b'Content-Length: 900\r\n\r\n{"driver_id"')
        body = json.dumps(request_body()).encode()
        answer = exchange(port, HEAD + b"Content-Length: %d\r\n\r\n" % len(body), body)
        assert answer.startswith(b"HTTP/1.1 200")
    finally:
        for wire in slow:
            wire.close()


@pytest.mark.parametrize(
    ("wire", "status"),
    [
        (b"GET /health HTTP/1.1\r\nHost: x\r\n broken: <script>\r\nno colon here\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 300_000 + b"\r\n\r\n", 431),
        (HEAD + b"Content-Length: -5\r\n\r\n", 400),
        (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", 501),
        (HEAD + b"Content-Length: 99999999999\r\n\r\n", 413),
    ],
)
def test_what_the_server_itself_cannot_read_is_refused_in_json(port: int, wire: bytes, status: int) -> None:
    head, _, body = exchange(port, wire).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.") and b" %d " % status in head.split(b"\r\n")[0]
    assert b"content-type: application/json" in head.lower()
    assert b"x-content-type-options: nosniff" in head.lower()
    assert json.loads(body)["error"]["code"]
    assert b"waitress" not in head + body and b"<" not in body


def test_an_empty_path_is_a_404_in_json_and_no_redirect(port: int) -> None:
    answer = exchange(port, b"GET http://x HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 404")
    assert b'"code":"not_found"' in answer


def test_the_typed_client_asks_every_route_and_tells_errors_by_code(port: int) -> None:
    client = Client(f"http://127.0.0.1:{port}", KEY)
    assert client.health().status == "healthy"
    assert len(client.recommend(request_body()).forecast) == 20
    assert client.recommend(parse_recommend(request_body(seed=3))).seed == 3
    assert [car.driver_id for car in client.simulate(SIMULATE_EXAMPLE).cars] == ["VER", "LEC"]
    assert client.circuits() == client.circuits()  # the second comes as a 304
    assert client.circuit("bahrain").races == 6
    assert (client.races(), client.driver_profiles(), client.model().version) == ([], [], "fake-1")
    assert client.metrics().requests["circuits 304"] >= 1
    for ask in (lambda: client.driver_profile("a b/c"), lambda: client.laps("2023_01"), lambda: client.live("2023_01")):
        with pytest.raises(Refused) as missing:
            ask()
        assert missing.value.status == 404
    with pytest.raises(Refused) as refused:
        client.recommend(request_body(lap=0))
    assert (refused.value.status, refused.value.fields[0].path) == (422, "lap")
    with pytest.raises(Refused, match="401 unauthorized"):
        Client(f"http://127.0.0.1:{port}", "wrong").model()


def test_requests_at_once_never_mix(fake: Service) -> None:
    answers: dict[int, Any] = {}

    def ask(i: int) -> None:
        cars = [field_car(f"D{i}_{place}", place) for place in range(2, 4 + i)]
        answers[i] = Api(fake).post(request_body(driver_id=f"EGO{i}", seed=i, field=cars))

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, response in answers.items():
        assert response.status_code == 200
        assert response.json["seed"] == i
        assert response.json["explanation"] == [f"EGO{i}"]
        assert [row["driver_id"] for row in response.json["forecast"]] == [
            f"EGO{i}", *(f"D{i}_{place}" for place in range(2, 4 + i)),
        ]  # fmt: skip


STARTED = """
import functions_framework, json, sys
client = functions_framework.create_app(target="recommend", source="functions/recommend/main.py").test_client()
heavy = [name for name in ("pandas", "xgboost", "sklearn", "duckdb", "google.cloud.bigquery") if name in sys.modules]
asked = {path: client.get(path) for path in ("/robots.txt", "/favicon.ico", "/a//b", "/a%0ab", "/health")}
print(json.dumps({"heavy": heavy, "answers": {path: [r.status_code, r.content_type] for path, r in asked.items()}}))
"""


def test_the_function_as_deployed_imports_nothing_heavy_and_answers_in_json_alone(tmp_path: Path) -> None:
    settings = {"F1_STATE_DIR": str(tmp_path), "F1_MODEL_BUNDLE": str(tmp_path / "absent"), "F1_LOG_LEVEL": "ERROR"}
    done = subprocess.run(
        [sys.executable, "-c", STARTED],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert told["heavy"] == []
    assert {path: status for path, (status, _) in told["answers"].items()} == {
        "/robots.txt": 404, "/favicon.ico": 404, "/a//b": 404, "/a%0ab": 404, "/health": 503,
    }  # fmt: skip
    assert {kind for _, kind in told["answers"].values()} == {"application/json"}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Api:
    """The real engine on the bundle that ships."""
    from shared.strategy.recommend import recommend

    folder = tmp_path_factory.mktemp("state")
    service = make_service(folder, engine=recommend, simulator=None, load=Bundle.load, shipped=SHIPPED)
    service.start(block=True)
    return Api(service)


def near_the_end(**changes: Any) -> dict[str, Any]:
    """Five laps to go, the fewest scenarios: cheap to simulate."""
    late = {"lap": 52, "season": 2023, "tire_age": 20, "tire_compound": "HARD", "fuel_remaining": 12.0}
    used = {"compounds_used": ["SOFT", "HARD"], "pit_stops": 1, "n_scenarios": 1000, "seed": 5}
    return request_body(**{**late, **used, **changes})


@pytest.mark.slow
def test_a_real_answer_holds_the_contracts_promises(real: Api) -> None:
    response = real.post(near_the_end(candidates=[[], [{"lap": 54, "compound": "SOFT"}]]))
    assert response.status_code == 200, response.text
    answer = response.json
    rows = [row["position_probabilities"] for row in answer["forecast"]]
    assert len(rows) == 20
    assert all(len(row) == 20 and abs(sum(row) - 1) < 1e-3 for row in rows)
    assert all(abs(sum(column) - 1) < 1e-3 for column in zip(*rows, strict=True))
    ego = next(row for row in answer["forecast"] if row["driver_id"] == "VER")
    assert ego["win_probability"] == answer["pit_strategy"]["win_probability"]
    assert (answer["n_scenarios"], answer["seed"]) == (1000, 5)
    assert answer["model_version"] == real.get("/model").json["version"]
    assert any("field was not given" in warning for warning in answer["warnings"])


@pytest.mark.slow
def test_a_real_answer_comes_again_byte_for_byte(real: Api) -> None:
    body = near_the_end(field=[field_car("LEC", 2, tire_age=22), field_car("HAM", 3, tire_age=9, tire_compound="SOFT")])
    one = real.post(body).json
    assert real.post(body).json == {**one, "latency_ms": pytest.approx(0, abs=1e9)}, "kept"
    real.service.forget()
    two = real.post(body).json
    for answer in (one, two):
        assert answer.pop("latency_ms") > 0
    assert json.dumps(one) == json.dumps(two)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"lap": 57},
        {"lap": 56},
        {"field": []},
        {"driver_id": "xyz", "circuit_id": "nowhere", "season": 2031, "total_laps": 57},
        {"season": 1950, "circuit_id": "indianapolis", "total_laps": 57},
        {"tire_compound": "WET", "compounds_used": ["WET"]},
        {"track_status": "RED"},
        {"track_status": "SC", "position": 20, "gap_to_leader": 30},
        {"tire_sets": []},
        {"tire_sets": [{"compound": "SOFT", "age": 40}], "compounds_used": ["HARD"]},
        {"min_stops": 5},
        {"max_stint_laps": 1},
        {"rain": [{"from_lap": 53, "probability": 1.0}]},
        {"candidates": [[{"lap": lap, "compound": "SOFT"} for lap in range(53, 57)]]},
        {"gap_to_leader": 7200, "position": 12},
        {"fuel_remaining": 0},
        {"position": 26, "gap_to_leader": 100},
    ],
)
def test_the_corners_of_the_contract_are_answered_for_real(real: Api, changes: dict[str, Any]) -> None:
    response = real.post(near_the_end(**changes))
    assert response.status_code == 200, response.text
    total = [
        sum(column) for column in zip(*(r["position_probabilities"] for r in response.json["forecast"]), strict=True)
    ]
    assert all(abs(value - 1) < 1e-3 for value in total)


@pytest.mark.slow
def test_a_real_race_is_told_lap_by_lap_and_again_the_same(real: Api) -> None:
    one = real.post(SIMULATE_EXAMPLE, path="/simulate").json
    real.service.forget()
    two = real.post(SIMULATE_EXAMPLE, path="/simulate").json
    assert json.dumps({**one, "latency_ms": 0}) == json.dumps({**two, "latency_ms": 0})
    ver = one["cars"][0]
    assert [len(ver[name]) for name in ("lap_times", "fuel", "positions")] == [57, 57, 57]
    assert (ver["positions"][0]["lap"], ver["positions"][-1]["lap"]) == (1, 57)
    assert all(85 < lap < 140 for lap in ver["lap_times"])
    assert ver["fuel"] == sorted(ver["fuel"], reverse=True)
    most = ver["stops"][0]
    assert [stop["compound"] for stop in most["stops"]] == ["HARD", "HARD"]
    assert most["share"] > 0.8
    assert sum(stops["share"] for stops in one["cars"][1]["stops"]) <= 1.0 + 1e-6
    assert one["race_time"]["p10"] < one["race_time"]["median"] < one["race_time"]["p90"]
    assert sum(row["win_probability"] for row in one["forecast"]) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.slow
def test_answers_on_more_scenarios_converge_within_their_own_stated_errors(real: Api) -> None:
    plans = [[{"lap": lap, "compound": "SOFT"}] for lap in (54, 55)]
    few, more, many = (
        real.post(near_the_end(n_scenarios=n, seed=n, candidates=plans, objective="position")).json
        for n in (1000, 10_000, 100_000)
    )
    for coarse, fine in ((few, more), (more, many)):
        rows = {row["driver_id"]: row for row in fine["forecast"]}
        share = 1 / coarse["n_scenarios"] + 1 / fine["n_scenarios"]
        for row in coarse["forecast"]:
            for name in ("win_probability", "podium_probability", "points_probability"):
                p = rows[row["driver_id"]][name]
                # the two searches may settle on plans a lap apart; five errors and half a point leave room for it
                assert abs(row[name] - p) < 5 * (p * (1 - p) * share) ** 0.5 + 0.005
        judged = {json.dumps(plan["stops"]): plan for plan in fine["alternatives"]}
        both = [
            (plan, judged[json.dumps(plan["stops"])])
            for plan in coarse["alternatives"]
            if json.dumps(plan["stops"]) in judged
        ]
        assert both
        for one, other in both:
            error = (one["expected_points_stderr"] ** 2 + other["expected_points_stderr"] ** 2) ** 0.5
            assert abs(one["expected_points"] - other["expected_points"]) < 5 * error + 1e-6
    sizes = [max(plan["n_scenarios"] for plan in answer["alternatives"]) for answer in (few, more, many)]
    assert sizes[0] == 512  # the last round's first look settles it
    assert sizes[1] in (512, 4096)
    assert sizes[2] in (5000, 40_000)


@pytest.mark.slow
def test_real_requests_at_once_never_mix_and_are_answered_as_they_would_be_alone(real: Api) -> None:
    asked = [
        near_the_end(driver_id=driver, seed=seed, field=[field_car("LEC", 2, tire_age=seed), field_car("SAI", 3)])
        for seed, driver in enumerate(("VER", "HAM", "ALO", "max_verstappen", "PER", "NOR"), start=2)
    ]

    def answered(body: Any) -> str:
        answer = real.post(body).json
        return json.dumps({**answer, "latency_ms": 0})

    alone = [answered(body) for body in asked]
    real.service.forget()
    with ThreadPoolExecutor(len(asked)) as pool:
        at_once = list(pool.map(answered, asked))
    assert at_once == alone
    assert len(set(alone)) == len(asked)
    assert [json.loads(text)["forecast"][0]["driver_id"] for text in at_once] == [body["driver_id"] for body in asked]


@pytest.mark.slow
def test_the_contracts_own_example_is_answered_for_real(real: Api) -> None:
    response = real.post({**FULL_EXAMPLE, "n_scenarios": 1000})
    assert response.status_code == 200, response.text
    assert [row["driver_id"] for row in response.json["forecast"]] == ["VER", "LEC"]


@pytest.mark.slow
def test_the_real_bundle_tells_of_itself_and_its_circuits(real: Api) -> None:
    assert real.get("/model").json["synthetic"] is False
    circuits = real.get("/circuits").json
    assert len(circuits) > 20
    for row in circuits:
        one = real.get(f"/circuits/{row['circuit_id']}")
        assert one.status_code == 200
        assert one.json["races"] == row["races"]
