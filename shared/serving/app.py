"""One request, from the wire and back: route, key, handler, headers, one log line. Nothing gets out but JSON."""

from __future__ import annotations

import logging
import secrets
import time
from typing import Any

import flask
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Request, Response

from shared.contract.errors import ContractError, printable
from shared.observability import fields, log, traced
from shared.serving.responses import error_response, finish, internal_error, of_http_exception, preflight
from shared.serving.routes import ROUTES, URLS, Call
from shared.serving.service import Service


def respond(service: Service, request: Request) -> Response:
    """Answer a request. Never raises, whatever comes in."""
    started = time.perf_counter()
    request_id = secrets.token_hex(8)
    notes: dict[str, Any] = {"id": request_id, "method": printable(request.method)[:10], "outcome": "ok"}
    origin = service.settings.cors_origin
    with traced(dict(request.headers)):
        try:
            response = _dispatch(service, request, notes, origin)
        except ContractError as error:
            response = _refused(error, notes)
        except HTTPException as error:
            response = _refused(of_http_exception(error), notes)
        except Exception:
            log.exception("unexpected", extra=fields(**notes))
            response = _refused(internal_error(), notes)
        response = finish(response, request, request_id, origin)
        milliseconds = round(1000 * (time.perf_counter() - started), 1)
        # Probes ask for /health every few seconds; their lines would bury the others.
        level = logging.DEBUG if notes.get("route") == "health" else logging.INFO
        log.log(level, "request", extra=fields(**notes, status=response.status_code, ms=milliseconds))
        service.metrics.request(notes, response.status_code, milliseconds)
    return response


def harden(app: flask.Flask, service: Service) -> None:
    """Keep the framework around ``respond`` from answering in HTML: no redirects, and its own refusals (it keeps a few
    paths for itself, and knows no path with a line break) in the contract's envelope."""
    app.url_map.merge_slashes = False
    inner = app.wsgi_app

    def rooted(environ: dict[str, Any], start_response: Any) -> Any:
        environ["PATH_INFO"] = environ.get("PATH_INFO") or "/"  # routing would redirect an empty path, in HTML
        return inner(environ, start_response)

    app.wsgi_app = rooted  # type: ignore[method-assign]

    def refused(error: HTTPException) -> Response:
        response = error_response(of_http_exception(error))
        return finish(response, flask.request, secrets.token_hex(8), service.settings.cors_origin)

    app.register_error_handler(HTTPException, refused)


def _dispatch(service: Service, request: Request, notes: dict[str, Any], origin: str | None) -> Response:
    urls = URLS.bind_to_environ(request.environ)
    if request.method == "OPTIONS":
        methods = urls.allowed_methods()
        if not methods:
            raise NotFound
        notes["route"] = "preflight"
        return preflight(request, methods, origin)
    endpoint, args = urls.match()
    notes["route"] = endpoint
    route = ROUTES[endpoint]
    if route.needs_key:
        notes["caller"] = service.callers.identify(request)
        service.rates.take(notes["caller"])
    return route.handler(Call(service, request, args, notes))


def _refused(error: ContractError, notes: dict[str, Any]) -> Response:
    notes["outcome"] = error.code
    if error.fields:
        notes["fields"] = [problem.path for problem in error.fields[:5]]
    return error_response(error)
