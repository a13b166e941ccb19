"""The routes: which there are, and what each answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from shared.contract.answers import (
    CircuitAnswer,
    CircuitSummary,
    HealthAnswer,
    MetricsAnswer,
    ModelAnswer,
    ModelReport,
    PitLoss,
    RecommendAnswer,
    TrainingData,
)
from shared.contract.errors import ContractError, shown
from shared.contract.openapi import openapi_json
from shared.contract.requests import RecommendRequest, parse_recommend
from shared.contract.simulation import SimulateAnswer, SimulateRequest, parse_simulate
from shared.serving import judged, reading
from shared.serving.bodies import read_json
from shared.serving.live import completed, list_live, read_live
from shared.serving.responses import cacheable, json_response
from shared.serving.service import Service

KEPT_SECONDS = 60
"""How long a client may keep what only another bundle or another race changes."""


class Call(NamedTuple):
    """A request on its way: what it came with, and the notes of its log line."""

    service: Service
    request: Request
    args: Mapping[str, Any]
    notes: dict[str, Any]


class Route(NamedTuple):
    """What answers on a path, and whether it takes a key."""

    handler: Callable[[Call], Response]
    needs_key: bool = True


def recommend(call: Call) -> Response:
    """POST /recommend."""
    started = time.perf_counter()
    call.service.bundle()
    body, warnings = completed(call.service, read_json(call.request))
    request = parse_recommend(body)
    timings = {"parse": time.perf_counter() - started}
    _note(call.notes, request)
    answer, call.notes["cached"] = call.service.recommend(request, timings, warnings)
    return _timed(call, answer, timings, started)


def simulate(call: Call) -> Response:
    """POST /simulate."""
    started = time.perf_counter()
    call.service.bundle()
    request = parse_simulate(read_json(call.request))
    timings = {"parse": time.perf_counter() - started}
    _note(call.notes, request)
    answer, call.notes["cached"] = call.service.simulate(request, timings)
    return _timed(call, answer, timings, started)


def _note(notes: dict[str, Any], request: RecommendRequest | SimulateRequest) -> None:
    notes["circuit"] = request.circuit_id
    notes["lap"] = request.lap
    notes["cars"] = len(request.field) if request.field is not None else None
    notes["scenarios"] = request.n_scenarios
    notes["seed"] = request.seed


def _timed(
    call: Call, answer: RecommendAnswer | SimulateAnswer, timings: Mapping[str, float], started: float
) -> Response:
    call.notes["model_version"] = answer.model_version
    call.notes["stages_ms"] = {name: round(1000 * seconds, 1) for name, seconds in timings.items()}
    latency = round(1000 * (time.perf_counter() - started), 1)
    return json_response(answer.model_copy(update={"latency_ms": latency}))


def live_races(call: Call) -> Response:
    """GET /live."""
    call.service.bundle()
    return json_response(_list(list_live(call.service)))


def live(call: Call) -> Response:
    """GET /live/{race_id}."""
    call.service.bundle()
    return json_response(read_live(call.service, call.args["race_id"]))


def health(call: Call) -> Response:
    """GET /health: 200 once models are loaded and kernels compiled, 503 before."""
    call.service.bundle()
    return json_response(HealthAnswer())


def model(call: Call) -> Response:
    """GET /model."""
    bundle = call.service.bundle()
    manifest = bundle.manifest
    reports = tuple(
        ModelReport.model_validate({**report, "served_by": bundle.served_by(report)}) for report in _models(manifest)
    )
    return _kept(
        call,
        ModelAnswer(
            version=str(manifest["version"]),
            created_at=str(manifest["created_at"]),
            synthetic=bool(manifest["synthetic"]),
            data=TrainingData.model_validate(manifest["data"]),
            models=reports,
        ),
    )


def _models(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    models = manifest.get("models", [])
    return (
        [{"name": name, **report} for name, report in models.items()] if isinstance(models, Mapping) else list(models)
    )


def circuits(call: Call) -> Response:
    """GET /circuits: all of them, without curves and corners."""
    tables = call.service.bundle().tables["circuits"]
    rows = (CircuitSummary(**_summary(circuit_id, tables[circuit_id])) for circuit_id in sorted(tables))
    return _kept(call, _list(rows))


def circuit(call: Call) -> Response:
    """GET /circuits/{circuit_id}."""
    circuit_id = call.args["circuit_id"]
    tables: Mapping[str, Any] = call.service.bundle().tables["circuits"]
    if circuit_id not in tables:
        raise ContractError(
            404, "circuit_not_found", f"No circuit {shown(circuit_id)} is known; GET /circuits lists them."
        )
    row = tables[circuit_id]
    corners = [{"number": c["number"], "distance": c["distance"]} for c in row.get("corners") or ()]
    return _kept(
        call,
        CircuitAnswer.model_validate(
            {**_summary(circuit_id, row), "tire_curves": row.get("tire_curves") or {}, "corners": corners}
        ),
    )


def _summary(circuit_id: str, row: Mapping[str, Any]) -> dict[str, Any]:
    loss = row.get("pit_loss") or {}
    return {
        "circuit_id": circuit_id,
        "name": row.get("name", circuit_id),
        "pit_loss": PitLoss(**{status: loss.get(status) for status in PitLoss.model_fields}),
        "races": row.get("races", 0),
        **{key: row.get(key) for key in ("total_laps", "safety_car_rate", "vsc_rate", "overtaking")},
    }


def profiles(call: Call) -> Response:
    """GET /driver-profiles."""
    return _kept(call, _list(reading.profiles(call.service.bundle().tables)))


def profile(call: Call) -> Response:
    """GET /driver-profile/{driver_id}."""
    return _kept(call, reading.profile(call.service.bundle().tables, call.args["driver_id"]))


def races(call: Call) -> Response:
    """GET /races."""
    return _kept(call, reading.races(call.service.store))


def race_laps(call: Call) -> Response:
    """GET /races/{race_id}/laps."""
    return _kept(call, reading.laps(call.service.store, call.args["race_id"]))


def seasons(call: Call) -> Response:
    """GET /seasons."""
    return _kept(call, _list(reading.seasons(call.service.bundle().tables)))


def scorecard(call: Call) -> Response:
    """GET /model/scorecard."""
    return _kept(call, judged.scorecard())


def cards(call: Call) -> Response:
    """GET /model/cards."""
    return _kept(call, _list(judged.cards(call.service.bundle())))


def drift(call: Call) -> Response:
    """GET /model/drift."""
    return _kept(call, judged.drift(call.service.store))


def metrics(call: Call) -> Response:
    """GET /metrics."""
    return json_response(MetricsAnswer.model_validate(call.service.metrics.snapshot()))


def openapi(call: Call) -> Response:
    """GET /openapi.json."""
    return cacheable(json_response(openapi_json()), call.request, KEPT_SECONDS, public=True)


def _kept(call: Call, body: BaseModel | str) -> Response:
    return cacheable(json_response(body), call.request, KEPT_SECONDS)


def _list(rows: Iterable[BaseModel]) -> str:
    return "[" + ",".join(row.model_dump_json() for row in rows) + "]"


ROUTES = {
    "recommend": Route(recommend),
    "simulate": Route(simulate),
    "profiles": Route(profiles),
    "profile": Route(profile),
    "races": Route(races),
    "race_laps": Route(race_laps),
    "metrics": Route(metrics),
    "live": Route(live),
    "live_races": Route(live_races),
    "health": Route(health, needs_key=False),
    "model": Route(model),
    "scorecard": Route(scorecard),
    "cards": Route(cards),
    "drift": Route(drift),
    "seasons": Route(seasons),
    "circuits": Route(circuits),
    "circuit": Route(circuit),
    "openapi": Route(openapi, needs_key=False),
}
URLS = Map(
    [
        Rule("/recommend", endpoint="recommend", methods=["POST"]),
        Rule("/simulate", endpoint="simulate", methods=["POST"]),
        Rule("/driver-profiles", endpoint="profiles", methods=["GET"]),
        Rule("/driver-profile/<driver_id>", endpoint="profile", methods=["GET"]),
        Rule("/races", endpoint="races", methods=["GET"]),
        Rule("/races/<race_id>/laps", endpoint="race_laps", methods=["GET"]),
        Rule("/metrics", endpoint="metrics", methods=["GET"]),
        Rule("/live", endpoint="live_races", methods=["GET"]),
        Rule("/live/<race_id>", endpoint="live", methods=["GET"]),
        Rule("/seasons", endpoint="seasons", methods=["GET"]),
        Rule("/model/scorecard", endpoint="scorecard", methods=["GET"]),
        Rule("/model/cards", endpoint="cards", methods=["GET"]),
        Rule("/model/drift", endpoint="drift", methods=["GET"]),
        Rule("/health", endpoint="health", methods=["GET"]),
        Rule("/model", endpoint="model", methods=["GET"]),
        Rule("/circuits", endpoint="circuits", methods=["GET"]),
        Rule("/circuits/<circuit_id>", endpoint="circuit", methods=["GET"]),
        Rule("/openapi.json", endpoint="openapi", methods=["GET"]),
    ],
    strict_slashes=False,
    merge_slashes=False,
)
