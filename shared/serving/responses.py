"""Answers as HTTP: JSON always, security headers always, CORS for one origin, errors in one envelope."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from pydantic import BaseModel
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.wrappers import Request, Response

from shared.contract.errors import ContractError

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000",
    "Cache-Control": "no-store",
}
_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large", 500: "internal_error"}


def json_response(body: BaseModel | str, status: int = 200) -> Response:
    """A model, or JSON text, as a response."""
    text = body if isinstance(body, str) else body.model_dump_json()
    return Response(text, status=status, content_type="application/json")


def cacheable(response: Response, request: Request, seconds: int, public: bool = False) -> Response:
    """The response with an ETag, to be kept for ``seconds``: 304 without a body to a client that has it. What a key
    opens may be kept by that client alone."""
    whose = "public" if public else "private"
    response.headers["Cache-Control"] = f"{whose}, max-age={seconds}, must-revalidate"
    if not public:
        response.vary.update(("X-API-Key", "Authorization"))
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
    if request.method in ("GET", "HEAD") and request.if_none_match.contains_weak(response.get_etag()[0] or ""):
        kept = Response(status=304)
        for name in ("Cache-Control", "ETag", "Vary"):
            if name in response.headers:
                kept.headers[name] = response.headers[name]
        return kept
    return response


def error_response(error: ContractError) -> Response:
    """An error in its envelope, with its headers."""
    response = json_response(error.answer(), error.status)
    for name, value in error.headers.items():
        response.headers[name] = value
    return response


def of_http_exception(error: HTTPException) -> ContractError:
    """What the HTTP library found wrong, as an error of the contract: its own text may be HTML and stays out."""
    status = error.code or 500
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(allowed_methods(error.valid_methods or ()))
        return ContractError(405, _CODES[405], f"Allowed here: {allowed}.", headers={"Allow": allowed})
    if isinstance(error, NotFound):
        return ContractError(404, _CODES[404], "There is no such route; GET /openapi.json tells those there are.")
    if status in (413, 414, 431):
        return ContractError(status, "too_large", "The request is too large.")
    if 400 <= status < 500:
        return ContractError(status, _CODES.get(status, "bad_request"), "The request cannot be read.")
    return internal_error()


def internal_error() -> ContractError:
    """500: tells nothing of the inside; the log does."""
    return ContractError(500, _CODES[500], "Something went wrong on our side; the log has it under this X-Request-Id.")


def allowed_methods(methods: Iterable[str]) -> list[str]:
    """Methods for an ``Allow`` header, OPTIONS included, sorted."""
    return sorted({*methods, "OPTIONS"})


def finish(response: Response, request: Request, request_id: str, origin: str | None) -> Response:
    """Add what every response carries. ``origin``: the dashboard's, the only one that CORS admits."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["X-Request-Id"] = request_id
    if origin is not None:
        response.vary.add("Origin")
        if request.headers.get("Origin") == origin:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Expose-Headers"] = "X-Request-Id, Retry-After, ETag"
    return response


def preflight(request: Request, methods: Iterable[str], origin: str | None) -> Response:
    """The answer to OPTIONS: what is allowed here, and to the dashboard's origin the CORS headers."""
    response = Response(status=204)
    allowed = ", ".join(allowed_methods(methods))
    response.headers["Allow"] = allowed
    if origin is not None and request.headers.get("Origin") == origin:
        response.headers["Access-Control-Allow-Methods"] = allowed
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, X-API-Key, Authorization, If-None-Match"
        response.headers["Access-Control-Max-Age"] = "600"
    return response
