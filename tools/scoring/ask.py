"""Ways to ask about a situation: as a client does, in this process or over the network, or the simulation alone.

Each returns the rows of the answer's ``forecast``. As a client, the body of ``POST /recommend`` is serialized, and goes
through the same function that serves HTTP: keys, validation, situation, strategy search and all.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from shared.scoring.situations import Situation

Answer = dict[str, Any]
Rows = list[dict[str, Any]]
KEY = "backtest"


class Ask(Protocol):
    """Asks about car ``ego`` of a situation; the answer, of which at least ``forecast`` is filled."""

    def __call__(self, situation: Situation, ego: int) -> Answer: ...


def in_process(bundle: Path, n_scenarios: int, seed: int) -> Ask:
    """Through the function that serves HTTP, with this bundle, without a network."""
    from werkzeug.test import Client
    from werkzeug.wrappers import Request, Response

    from shared.bootstrap import ports
    from shared.config import settings
    from shared.models.bundle import Bundle
    from shared.serving.app import respond
    from shared.serving.service import Service
    from shared.strategy.recommend import recommend

    chosen = settings(model_bundle=bundle.resolve(), api_keys=(KEY,), log_level="WARNING")
    service = Service(chosen, recommend, lambda: ports(chosen).objects, Bundle.load)
    service.start(block=True)

    @Request.application
    def application(request: Request) -> Response:
        return respond(service, request)

    client = Client(application)

    def ask(situation: Situation, ego: int) -> Answer:
        body = json.dumps(situation.request(ego, n_scenarios, seed))
        response = client.post("/recommend", data=body, content_type="application/json", headers={"X-API-Key": KEY})
        if response.status_code != 200:
            raise RuntimeError(
                f"{situation.race_id} lap {situation.state.lap}: {response.status}: {response.text[:500]}"
            )
        return json.loads(response.data)

    return ask


def over_http(url: str, key: str, n_scenarios: int, seed: int) -> Ask:
    """A server that is running, whatever bundle it serves."""

    def ask(situation: Situation, ego: int) -> Answer:
        body = json.dumps(situation.request(ego, n_scenarios, seed)).encode()
        headers = {"Content-Type": "application/json", "X-API-Key": key}
        request = urllib.request.Request(url.rstrip("/") + "/recommend", body, headers, method="POST")
        with urllib.request.urlopen(request, timeout=120) as response:
            return json.load(response)

    return ask


def simulation_alone(bundle: Path, n_scenarios: int, seed: int) -> Ask:
    """The forecast of the simulation with no strategy search: the pit policy decides for every car. For work on the
    models."""
    from shared.models.bundle import Bundle
    from shared.scoring import alone

    answer = alone.simulation_alone(Bundle.load(bundle), n_scenarios, seed)

    def ask(situation: Situation, ego: int) -> Answer:
        return {"forecast": answer(situation)}

    return ask


def timed(ask: Ask, note: Callable[[float], None]) -> Ask:
    """The same, with the seconds of every answer noted."""

    def inner(situation: Situation, ego: int) -> Answer:
        started = time.perf_counter()
        answer = ask(situation, ego)
        note(time.perf_counter() - started)
        return answer

    return inner


def chosen_car(situation: Situation, rule: str, seed: int = 0) -> int:
    """Index of the car asked about, by what is known at the lap: ``leader``, ``middle``, ``last``, ``random`` (by race
    and lap), or a driver's code (the leader where that driver is not running)."""
    cars = situation.state.cars
    if rule == "leader":
        return 0
    if rule == "middle":
        return len(cars) // 2
    if rule == "last":
        return len(cars) - 1
    if rule == "random":
        digits = int(situation.race_id.replace("_", "")) * 1000 + situation.state.lap + seed
        return digits * 2654435761 % 2**32 % len(cars)
    return next((i for i, car in enumerate(cars) if car.driver_id == rule), 0)
