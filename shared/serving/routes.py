"""The routes: which there are, and what each answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from shared.contract.answers import (
    CircuitAnswer,
    CircuitSummary,
    HealthAnswer,
    ModelAnswer,
    ModelReport,
    PitLoss,
    TrainingData,
)
from shared.contract.errors import ContractError, shown
from shared.contract.openapi import openapi_json
from shared.contract.requests import RecommendRequest, parse_recommend
from shared.serving.bodies import read_json
from shared.serving.live import completed, read_live
from shared.serving.responses import json_response
from shared.serving.service import Service


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
    body, notes = completed(call.service, read_json(call.request))
    request = parse_recommend(body)
    timings = {"parse": time.perf_counter() - started}
    _note(call.notes, request)
    answer = call.service.recommend(request, timings, notes)
    latency = round(1000 * (time.perf_counter() - started), 1)
    call.notes["model_version"] = answer.model_version
    call.notes["stages_ms"] = {name: round(1000 * seconds, 1) for name, seconds in timings.items()}
    return json_response(answer.model_copy(update={"latency_ms": latency}))


def _note(notes: dict[str, Any], request: RecommendRequest) -> None:
    notes["circuit"] = request.circuit_id
    notes["lap"] = request.lap
    notes["cars"] = len(request.field) if request.field is not None else None
    notes["scenarios"] = request.n_scenarios
    notes["seed"] = request.seed


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
    manifest = call.service.bundle().manifest
    reports = tuple(ModelReport.model_validate(report) for report in _models(manifest))
    return json_response(
        ModelAnswer(
            version=str(manifest["version"]),
            created_at=str(manifest["created_at"]),
            synthetic=bool(manifest["synthetic"]),
            data=TrainingData.model_validate(manifest["data"]),
            models=reports,
        )
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
    return json_response("[" + ",".join(row.model_dump_json() for row in rows) + "]")


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
    return json_response(
        CircuitAnswer.model_validate(
            {**_summary(circuit_id, row), "tire_curves": row.get("tire_curves") or {}, "corners": corners}
        )
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


def openapi(call: Call) -> Response:
    """GET /openapi.json."""
    return json_response(openapi_json())


ROUTES = {
    "recommend": Route(recommend),
    "live": Route(live),
    "health": Route(health, needs_key=False),
    "model": Route(model),
    "circuits": Route(circuits),
    "circuit": Route(circuit),
    "openapi": Route(openapi, needs_key=False),
}
URLS = Map(
    [
        Rule("/recommend", endpoint="recommend", methods=["POST"]),
        Rule("/live/<race_id>", endpoint="live", methods=["GET"]),
        Rule("/health", endpoint="health", methods=["GET"]),
        Rule("/model", endpoint="model", methods=["GET"]),
        Rule("/circuits", endpoint="circuits", methods=["GET"]),
        Rule("/circuits/<circuit_id>", endpoint="circuit", methods=["GET"]),
        Rule("/openapi.json", endpoint="openapi", methods=["GET"]),
    ],
    strict_slashes=False,
    merge_slashes=False,
)
