"""``/replay`` of the embedded stack: what the replay that runs beside it is doing, and the dashboard's hand on it.

GET answers the race, lap, speed and pause, 404 where no replay runs; POST ``{"speed": 5, "paused": false}`` changes
them. It takes the same keys as the rest, and is no part of the product in the cloud.
"""

from __future__ import annotations

import json
import math
import threading
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Request, Response

from shared.config import Settings
from shared.contract.errors import ContractError, FieldProblem, shown
from shared.observability import fields, log
from shared.serving.access.callers import Callers
from shared.serving.bodies import read_json
from shared.serving.responses import error_response, finish, internal_error, json_response, preflight
from tools.replaying import remote

PATH = "/replay"
METHODS = ("GET", "POST")


class ReplayRoute:
    """Answers ``/replay`` for the replay on one state folder."""

    def __init__(self, chosen: Settings) -> None:
        self._state: Path = chosen.state_dir
        self._callers = Callers(chosen)
        self._origin = chosen.cors_origin
        self._one_at_a_time = threading.Lock()

    def __call__(self, request: Request) -> Response:
        try:
            response = self._answer(request)
        except ContractError as error:
            response = error_response(error)
        except Exception:
            log.exception("unexpected", extra=fields(route="replay"))
            response = error_response(internal_error())
        return finish(response, request, "replay", self._origin)

    def _answer(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            return preflight(request, METHODS, self._origin)
        if request.method not in METHODS:
            raise ContractError(405, "method_not_allowed", "Allowed here: GET, POST.", headers={"Allow": "GET, POST"})
        self._callers.identify(request)
        body = read_json(request) if request.method == "POST" else None
        with self._one_at_a_time:  # a change rests on the one before, however fast they come
            now = remote.running(self._state)
            if now is None:
                raise ContractError(404, "no_replay", "No replay runs beside this stack.")
            if request.method == "POST":
                now |= _asked(body, now)
                remote.control(self._state, now["speed"], now["paused"])
        return json_response(json.dumps(now))


def _asked(body: Any, now: dict[str, Any]) -> dict[str, Any]:
    """Speed and pause as asked, what is not given as it is. Raises ContractError 422."""
    if not isinstance(body, dict):
        raise _refused("body", f"given {shown(body)}; allowed: an object with speed, paused or both")
    speed, paused = body.get("speed", now["speed"]), body.get("paused", now["paused"])
    # A whole number past the range of a double is neither finite nor infinite to the library, but an error.
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not abs(speed) < math.inf:
        raise _refused("speed", f"given {shown(speed)}; allowed: a number")
    if "speed" in body and not remote.SLOWEST <= speed <= remote.FASTEST:
        raise _refused("speed", f"given {shown(speed)}; allowed: {remote.SLOWEST:g} to {remote.FASTEST:g}")
    if not isinstance(paused, bool):
        raise _refused("paused", f"given {shown(paused)}; allowed: true or false")
    return {"speed": float(speed), "paused": paused}


def _refused(path: str, problem: str) -> ContractError:
    message = "The replay cannot be told this."
    return ContractError(422, "invalid_request", message, (FieldProblem(path=path, problem=problem),))
