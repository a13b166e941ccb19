"""The OpenAPI 3.1 document, made from the models that validate the requests. It holds the routes that are served."""

from __future__ import annotations

import functools
import json
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from shared.contract.answers import (
    CircuitAnswer,
    CircuitSummary,
    HealthAnswer,
    MetricsAnswer,
    ModelAnswer,
    ProfileAnswer,
    RecommendAnswer,
)
from shared.contract.errors import ErrorAnswer
from shared.contract.judged import DriftAnswer, ModelCard, ScorecardAnswer
from shared.contract.live import LiveAnswer, LiveSummary
from shared.contract.recorded import RaceLaps, RaceSummary, SeasonSummary
from shared.contract.requests import MINIMUM, RecommendRequest
from shared.contract.scalars import CIRCUIT_PATTERN, DRIVER_PATTERN
from shared.contract.simulation import SimulateAnswer, SimulateRequest

VERSION = "1.0.0"

MINIMAL_EXAMPLE: dict[str, Any] = {
    "driver_id": "VER",
    "circuit_id": "bahrain",
    "lap": 15,
    "position": 1,
    "tire_age": 15,
    "tire_compound": "SOFT",
    "fuel_remaining": 78.5,
    "gap_to_leader": 0.0,
}
FULL_EXAMPLE: dict[str, Any] = {
    **MINIMAL_EXAMPLE,
    "season": 2022,
    "total_laps": 57,
    "track_status": "GREEN",
    "compounds_used": ["SOFT"],
    "pit_stops": 0,
    "tire_sets": [{"compound": "HARD", "age": 0}, {"compound": "SOFT", "age": 3}],
    "rain": [{"from_lap": 30, "probability": 0.2}],
    "min_stops": 1,
    "max_stint_laps": None,
    "objective": "points",
    "n_scenarios": 10000,
    "seed": 7,
    "candidates": [[{"lap": 18, "compound": "HARD"}]],
    "field": [
        {
            "driver_id": "LEC",
            "team": "Ferrari",
            "position": 2,
            "gap_to_leader": 1.9,
            "tire_compound": "SOFT",
            "tire_age": 15,
            "compounds_used": ["SOFT"],
            "pit_stops": 0,
            "in_pit": False,
            "time_penalty": 0,
            "recent_laps": [
                {
                    "lap": 14,
                    "lap_time": 98.1,
                    "tire_compound": "SOFT",
                    "tire_age": 14,
                    "track_status": "GREEN",
                    "pit_in": False,
                    "pit_out": False,
                }
            ],
        }
    ],
}

SIMULATE_EXAMPLE: dict[str, Any] = {
    "season": 2023,
    "circuit_id": "bahrain",
    "n_scenarios": 2000,
    "seed": 7,
    "field": [
        {
            "driver_id": "VER",
            "team": "Red Bull Racing",
            "grid_position": 1,
            "tire_compound": "SOFT",
            "tire_age": 3,
            "strategy": [{"lap": 15, "compound": "HARD"}, {"lap": 36, "compound": "HARD"}],
        },
        {
            "driver_id": "LEC",
            "team": "Ferrari",
            "grid_position": 2,
            "tire_compound": "SOFT",
            "tire_age": 0,
        },
    ],
}
_SIGNED_IN = "A Google-signed identity token for this service's audience, of an account that is allowed."

_ERRORS = {
    400: ("malformed_json", "The body is not JSON."),
    401: ("unauthorized", "No key, or a wrong one."),
    404: ("not_found", "There is no such thing."),
    405: ("method_not_allowed", "The route does not take this method; `Allow` tells which it takes."),
    413: ("body_too_large", "The body is over 1 MiB."),
    415: ("unsupported_media_type", "The body is not application/json in UTF-8."),
    422: ("invalid_request", "A value is out of range, or the request contradicts itself."),
    429: ("too_many_requests", "The queue is full; `Retry-After` tells when to come back."),
    500: ("internal_error", "Something went wrong on the server's side."),
    503: ("loading", "Models are loading and kernels compiling."),
}
_HEADERS = {
    405: {"Allow": {"schema": {"type": "string"}, "description": "Methods that the route takes."}},
    429: {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds to wait."}},
    503: {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds to wait."}},
}
_ANSWERS: tuple[type[BaseModel], ...] = (
    RecommendAnswer,
    SimulateAnswer,
    ProfileAnswer,
    RaceSummary,
    RaceLaps,
    SeasonSummary,
    MetricsAnswer,
    HealthAnswer,
    ModelAnswer,
    ScorecardAnswer,
    ModelCard,
    DriftAnswer,
    CircuitAnswer,
    CircuitSummary,
    LiveAnswer,
    LiveSummary,
    ErrorAnswer,
)


def openapi() -> dict[str, Any]:
    """The document."""
    inputs = [(RecommendRequest, "validation"), (SimulateRequest, "validation")]
    outputs = [(model, "serialization") for model in _ANSWERS]
    _, definitions = models_json_schema([*inputs, *outputs], ref_template="#/components/schemas/{model}")  # type: ignore[list-item]
    schemas = definitions["$defs"]
    _open_answers(schemas)
    _or_a_race(schemas["RecommendRequest"])
    reading = (401, 405, 429, 500, 503)
    one = (401, 404, 405, 429, 500, 503)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "F1 race strategy",
            "version": VERSION,
            "description": "Pit-stop recommendations with honest odds. Seconds, kg; laps and places from 1.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"ApiKey": []}, {"IdentityToken": []}],
        "paths": {
            "/recommend": {"post": _recommend()},
            "/simulate": {"post": _simulate()},
            "/driver-profiles": {"get": _get("profiles", "Every driver's profile.", _list("ProfileAnswer"), reading)},
            "/driver-profile/{driver_id}": {
                "get": {
                    **_get("profile", "A driver's profile.", _ref("ProfileAnswer"), one),
                    "parameters": [_parameter("driver_id", "Code or Ergast id.", DRIVER_PATTERN, "VER")],
                }
            },
            "/races": {"get": _get("races", "Recorded races.", _list("RaceSummary"), reading)},
            "/races/{race_id}/laps": {
                "get": {
                    **_get("race_laps", "Every lap of a recorded race.", _ref("RaceLaps"), one),
                    "parameters": [_race_parameter()],
                }
            },
            "/metrics": {"get": _get("metrics", "What this instance has done.", _ref("MetricsAnswer"), reading)},
            "/health": {"get": _get("health", "Ready to answer?", _ref("HealthAnswer"), (405, 500, 503), public=True)},
            "/model": {"get": _get("model", "The bundle that serves.", _ref("ModelAnswer"), reading)},
            "/model/scorecard": {
                "get": _get("scorecard", "How good forecasts were on past races.", _ref("ScorecardAnswer"), reading)
            },
            "/model/cards": {"get": _get("cards", "What each model is.", _list("ModelCard"), reading)},
            "/model/drift": {
                "get": _get("drift", "Whether recent races are like those trained on.", _ref("DriftAnswer"), reading)
            },
            "/seasons": {
                "get": _get("seasons", "Who drives in each season, the fastest first.", _list("SeasonSummary"), reading)
            },
            "/circuits": {"get": _get("circuits", "What is known of every circuit.", _list("CircuitSummary"), reading)},
            "/circuits/{circuit_id}": {
                "get": {
                    **_get("circuit", "What is known of a circuit.", _ref("CircuitAnswer"), one),
                    "parameters": [_parameter("circuit_id", "Circuit as in Ergast.", CIRCUIT_PATTERN, "bahrain")],
                }
            },
            "/live": {
                "get": _get(
                    "live_races",
                    "Races of which live state is kept, the one last written to first.",
                    _list("LiveSummary"),
                    reading,
                )
            },
            "/live/{race_id}": {
                "get": {
                    **_get("live", "A race as it stands.", _ref("LiveAnswer"), one),
                    "parameters": [_race_parameter()],
                }
            },
            "/openapi.json": {"get": _get("openapi", "This document.", {"type": "object"}, (405, 500), public=True)},
        },
        "components": {
            "schemas": schemas,
            "responses": {str(status): _error(status) for status in _ERRORS},
            "securitySchemes": {
                "ApiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "IdentityToken": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": _SIGNED_IN},
            },
        },
    }


@functools.cache
def openapi_json() -> str:
    """The document as JSON text; made once."""
    return json.dumps(openapi(), ensure_ascii=False, separators=(",", ":"))


def _recommend() -> dict[str, Any]:
    examples = {
        "minimal": {"summary": "Eight fields are enough", "value": MINIMAL_EXAMPLE},
        "full": {"summary": "With the real rivals", "value": FULL_EXAMPLE},
    }
    return {
        "operationId": "recommend",
        "summary": "The recommendation for one car, now.",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref("RecommendRequest"), "examples": examples}},
        },
        "responses": _responses(_ref("RecommendAnswer"), tuple(_ERRORS)),
    }


def _simulate() -> dict[str, Any]:
    examples = {"grid": {"summary": "From the grid, one car with a strategy", "value": SIMULATE_EXAMPLE}}
    return {
        "operationId": "simulate",
        "summary": "A whole race, from the grid or from any lap, for the whole field.",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": _ref("SimulateRequest"), "examples": examples}},
        },
        "responses": _responses(_ref("SimulateAnswer"), tuple(_ERRORS)),
    }


def _list(name: str) -> dict[str, Any]:
    return {"type": "array", "items": _ref(name)}


def _get(
    name: str, summary: str, schema: dict[str, Any], errors: tuple[int, ...], public: bool = False
) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": name, "summary": summary, "responses": _responses(schema, errors)}
    return {**operation, "security": []} if public else operation


def _responses(schema: dict[str, Any], errors: tuple[int, ...]) -> dict[str, Any]:
    good = {"description": "As asked.", "content": {"application/json": {"schema": schema}}}
    return {"200": good, **{str(status): {"$ref": f"#/components/responses/{status}"} for status in errors}}


def _error(status: int) -> dict[str, Any]:
    code, description = _ERRORS[status]
    problems = [{"path": "lap", "problem": "given 60; allowed: at most total_laps, 57"}] if status == 422 else []
    example = {"error": {"code": code, "message": description, "fields": problems}}
    response: dict[str, Any] = {
        "description": description,
        "content": {"application/json": {"schema": _ref("ErrorAnswer"), "example": example}},
    }
    return {**response, "headers": _HEADERS[status]} if status in _HEADERS else response


def _parameter(name: str, description: str, pattern: str, example: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string", "pattern": pattern},
        "example": example,
    }


def _race_parameter() -> dict[str, Any]:
    return _parameter("race_id", "Season and round.", r"^[0-9]{4}_[0-9]{2}$", "2023_01")


def _or_a_race(schema: dict[str, Any]) -> None:
    """A race that runs stands for all but the driver."""
    schema["required"] = ["driver_id"]
    schema["anyOf"] = [{"required": list(MINIMUM)}, {"required": ["driver_id", "race_id"]}]


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _open_answers(schemas: dict[str, Any]) -> None:
    """An answer may come to carry more fields than these: no schema forbids them to a client."""
    for schema in schemas.values():
        if schema.get("additionalProperties") is False:
            del schema["additionalProperties"]
