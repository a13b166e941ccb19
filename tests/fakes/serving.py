"""A bundle small enough to read, an engine that answers at once, and a client of the app that runs on both."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flask
from werkzeug.test import Client, TestResponse

from shared.config import Settings, settings
from shared.contract.answers import RecommendAnswer
from shared.contract.openapi import MINIMAL_EXAMPLE
from shared.contract.requests import RecommendRequest
from shared.contract.simulation import SimulateAnswer, SimulateRequest
from shared.errors import NotFound
from shared.models.bundle import Bundle
from shared.ports import ObjectStore
from shared.race.state import RaceState
from shared.serving.app import harden, respond
from shared.serving.gate import Gate
from shared.serving.service import Service

KEY = "a-key-for-tests"
DRIVERS = (("VER", "max_verstappen", "Red Bull Racing"), ("LEC", "leclerc", "Ferrari"), ("HAM", "hamilton", "Mercedes"))


def bundle(version: str = "fake-1", **tables: Any) -> Bundle:
    """Two circuits, three drivers, a field that spreads by 2 s a place and quarter of the race."""
    made: dict[str, Any] = {
        "circuits": {
            "bahrain": {
                "name": "Bahrain International Circuit",
                "total_laps": 57,
                "pit_loss": {"green": 22.9, "vsc": 17.6, "sc": 11.0},
                "safety_car_rate": 0.6,
                "vsc_rate": 0.4,
                "overtaking": 1.2,
                "tire_curves": {"SOFT": [0.0, 0.05], "HARD": [0.1, 0.13]},
                "corners": [{"number": 1, "distance": 711.5}],
                "races": 6,
            },
            "monaco": {"name": "Circuit de Monaco", "total_laps": 78, "races": 5},
        },
        "drivers": {code: {"ergast_id": ergast, "name": ergast, "team": team} for code, ergast, team in DRIVERS},
        "typical_field": {
            "n_races": 6,
            "gap_by_place": [[2.0 * (b + 1) * place for place in range(26)] for b in range(4)],
            "bunched_gap_by_place": [1.2 * place for place in range(26)],
            "circuit_gap_scale": {"monaco": 0.5},
            "tires": [
                [
                    {"compound": "MEDIUM", "pit_stops": 0, "age": 0.1, "share": 0.6},
                    {"compound": "HARD", "pit_stops": 1, "age": 0.05, "share": 0.4},
                ]
            ]
            * 4,
            "drivers": {"2023": [[code, team] for code, _, team in DRIVERS]},
        },
        **tables,
    }
    manifest = {
        "version": version,
        "created_at": "2024-07-01T00:00:00Z",
        "synthetic": False,
        "data": {"until": "2023-12-31", "races": 6, "fingerprint": "00"},
        "models": [{"name": "tires", "kind": "table", "truth": "laps", "metrics": {"mae": 0.4}, "baseline": None}],
    }
    return Bundle(manifest, made, Path("/nowhere"))


def forecast_row(driver_id: str, n: int, total_laps: int) -> dict[str, Any]:
    """A car of ``n`` that may as well end anywhere."""
    next_stop = dict.fromkeys(("lap_median", "lap_best", "lap_p10", "lap_p90"), total_laps)
    return {
        "driver_id": driver_id,
        "expected_position": (n + 1) / 2,
        "position_probabilities": [1 / n] * n,
        "win_probability": 1 / n,
        "podium_probability": min(3 / n, 1.0),
        "points_probability": min(10 / n, 1.0),
        "dnf_probability": 0.0,
        "next_stop": {**next_stop, "compound": "HARD", "none_probability": 0.0},
    }


def answer(request: RecommendRequest, state: RaceState, ego: int, served: Bundle) -> RecommendAnswer:
    """A well-formed answer with the state's own drivers in it; no simulation behind it."""
    n = len(state.cars)
    stay = {"pit": False, "compound": None, "gain_points": 0.0}
    return RecommendAnswer.model_validate(
        {
            "pit_strategy": {
                "recommended_lap": None,
                "compound": None,
                "win_probability": 1 / n,
                "stops": [],
                "window": None,
                "rejoin": None,
                "probability_best": 1.0,
            },
            "too_close_to_call": False,
            "driving_mode": "BALANCED",
            "brake_bias": None,
            "throttle_guidance": {},
            "basis": dict.fromkeys(("driving_mode", "brake_bias", "throttle_guidance"), "nothing known"),
            "confidence": 1.0,
            "alternatives": [],
            "contingency": dict.fromkeys(("safety_car_now", "vsc_now", "rain_now"), stay),
            "contingency_by_lap": [],
            "threats": [],
            "forecast": [forecast_row(car.driver_id, n, state.total_laps) for car in state.cars],
            "explanation": [state.cars[ego].driver_id],
            "warnings": list(state.warnings),
            "n_scenarios": request.n_scenarios,
            "seed": request.seed,
            "model_version": str(served.manifest["version"]),
        }
    )


def simulated(request: SimulateRequest, state: RaceState, served: Bundle) -> SimulateAnswer:
    """A well-formed whole race in which nothing happens."""
    laps = range(state.lap + 1, state.total_laps + 1)
    n = len(state.cars)
    return SimulateAnswer.model_validate(
        {
            "forecast": [forecast_row(car.driver_id, n, state.total_laps) for car in state.cars],
            "cars": [
                {
                    "driver_id": car.driver_id,
                    "lap_times": [90.0 for _ in laps],
                    "fuel": [0.0 for _ in laps],
                    "positions": [dict.fromkeys(("median", "p10", "p90"), car.position) | {"lap": k} for k in laps],
                    "stops": [],
                }
                for car in state.cars
            ],
            "safety_car_probability": [0.0 for _ in laps],
            "race_time": dict.fromkeys(("median", "p10", "p90"), 90.0 * len(laps)),
            "first_lap": state.lap + 1,
            "warnings": state.warnings,
            "n_scenarios": request.n_scenarios,
            "n_scenarios_by_lap": 0,
            "seed": request.seed,
            "model_version": served.version,
        }
    )


class EmptyStore:
    """An object store that holds nothing."""

    def get(self, bucket: str, name: str) -> Any:
        raise NotFound(name)

    def list(self, bucket: str, prefix: str = "") -> list[Any]:
        return []


def make_service(state_dir: Path, engine: Callable[..., RecommendAnswer] = answer, **options: Any) -> Service:
    """A service on the fake bundle and engine, not started. ``chosen``: settings by name; the rest goes to Service."""
    chosen: Settings = settings(**{"state_dir": state_dir, "api_keys": (KEY,), **options.pop("chosen", {})})
    store: ObjectStore = options.pop("store", EmptyStore())
    load = options.pop("load", lambda folder: bundle())
    options = {"simulator": simulated, "gate": Gate(), **options}
    return Service(chosen, engine, lambda: store, load, **options)


def wsgi(service: Service) -> flask.Flask:
    """The app as functions-framework makes it: one view for every path and method."""
    app = flask.Flask("recommend")
    harden(app, service)

    @app.route("/", defaults={"path": ""}, methods=ALL_METHODS, provide_automatic_options=False)
    @app.route("/<path:path>", methods=ALL_METHODS, provide_automatic_options=False)
    def run(path: str) -> Any:
        return respond(service, flask.request._get_current_object())

    return app


ALL_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]


def request_body(**changes: Any) -> dict[str, Any]:
    """The eight fields that are enough, and ``changes``."""
    return {**MINIMAL_EXAMPLE, **changes}


def field_car(driver_id: str, position: int, **changes: Any) -> dict[str, Any]:
    """An entry of ``field``."""
    return {
        "driver_id": driver_id,
        "position": position,
        "gap_to_leader": 2.0 * (position - 1),
        "tire_compound": "MEDIUM",
        "tire_age": 15,
        **changes,
    }


class Api:
    """A client with a key."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.client = Client(wsgi(service))

    def post(self, body: Any, path: str = "/recommend", **options: Any) -> TestResponse:
        """POST a value as JSON, or text and bytes as they are."""
        data = body if isinstance(body, (str, bytes)) else json.dumps(body)
        headers = {"X-API-Key": KEY, "Content-Type": "application/json", **options.pop("headers", {})}
        return self.client.post(path, data=data, headers=headers, **options)

    def get(self, path: str, **headers: str) -> TestResponse:
        """GET with the key."""
        return self.client.get(path, headers={"X-API-Key": KEY, **headers})


def problems(response: TestResponse) -> dict[str, str]:
    """Problems by path of an error answer."""
    return {entry["path"]: entry["problem"] for entry in response.json["error"]["fields"]}
