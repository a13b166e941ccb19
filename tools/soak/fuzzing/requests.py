"""Requests from an OpenAPI document: such as it allows, such as it forbids, and such as are hardly requests at all."""

from __future__ import annotations

import gzip
import random
import urllib.parse
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from tools.soak.fuzzing.schema import CANARY, Schemas, broken, text_of

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "CONNECT", "PROPFIND", "get")
JSON = {"Content-Type": "application/json"}
FEW_SCENARIOS = 1000
PATHS = (
    "/", "//", "/recommend/", "/recommend/../model", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/%00",
    "/a%0d%0aX-Evil:%201", "/circuits//", "/circuits/%2e%2e", "/circuits/..%2f..%2fbundle", "/races/..%5c..%5c/laps",
    "/races/2023_01%2f..%2findex.json/laps", "/live/2023_01%00", "/live/2023_01/..", "/.env", "/.git/config", "/admin",
    "/metrics/", "/openapi.json/", "/driver-profile/", "/static/x", "/_ah/health", "/robots.txt", "/favicon.ico",
    "/dashboard/..%2f..%2f.state%2fapi_keys", "/dashboard/../../.state/api_keys", "/" + "a" * 9000,
    "/" + "%c0%af" * 50, "/<script>", "/?" + "a=1&" * 3000,
)  # fmt: skip
ODD_HEADERS: tuple[dict[str, str], ...] = (
    {"Content-Type": "text/plain"}, {"Content-Type": "application/json; charset=utf-16"}, {"Content-Type": CANARY},
    {"Content-Type": "multipart/form-data"}, {"Accept": "text/html"}, {"Accept-Encoding": "*;q=0"},
    {"X-HTTP-Method-Override": "DELETE"}, {"X-Forwarded-For": CANARY, "X-Forwarded-Host": "evil.example"},
    {"Host": "evil.example"}, {"Range": "bytes=0-1,2-3,-1"}, {"If-None-Match": '"' + "x" * 4000 + '"'},
    {"If-None-Match": "*"}, {"If-Modified-Since": "never"}, {"Expect": "100-continue"}, {"Expect": "more"},
    {"Origin": "https://evil.example"}, {"Origin": CANARY}, {"traceparent": "00-" + "g" * 32 + "-1-01"},
    {"traceparent": CANARY}, {"X-Cloud-Trace-Context": "a" * 900}, {"Cookie": "session=" + "x" * 3000},
    {"Upgrade": "h2c", "Connection": "Upgrade"}, {"Connection": "X-API-Key"}, {"Transfer-Encoding": "identity"},
    {"User-Agent": "() { :; }; echo"},
)  # fmt: skip
ODD_KEYS: tuple[dict[str, str], ...] = (
    {}, {"X-API-Key": ""}, {"X-API-Key": "wrong"}, {"X-API-Key": "x" * 5000}, {"X-API-Key": "\xff\xfe"},
    {"X-API-Key": CANARY}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Bearer " + "a" * 9000},
    {"Authorization": "Basic eDp5"},
)  # fmt: skip


class Asked(NamedTuple):
    """A request, and whether the document allows it (None where the document does not say)."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None
    allowed: bool | None
    operation: str


class Operations:
    """What the document offers, as requests."""

    def __init__(self, document: Mapping[str, Any], rng: random.Random, key: str) -> None:
        self._schemas, self._rng, self._key = Schemas(document, rng), rng, {"X-API-Key": key}
        self._all = [
            (method.upper(), path, about)
            for path, methods in document["paths"].items()
            for method, about in methods.items()
        ]
        self._posts = [each for each in self._all if each[0] == "POST"]

    def allowed(self) -> Asked:
        """A request that the document allows, with few scenarios; it may contradict itself, and be refused for that."""
        method, path, about = self._rng.choice([*self._all, *self._posts * 4])
        for parameter in about.get("parameters", ()):
            value = self._schemas.allowed(parameter["schema"])
            path = path.replace("{" + parameter["name"] + "}", urllib.parse.quote(str(value), safe=""))
        if method != "POST":
            return Asked(method, path, self._key, None, True, about["operationId"])
        body = self._schemas.allowed(_body(about)) | {"n_scenarios": FEW_SCENARIOS}
        return Asked(method, path, self._key | JSON, text_of(body, self._rng), True, about["operationId"])

    def meaningful(self, example: Mapping[str, Any], operation: str) -> Asked:
        """A whole request with a few fields drawn anew: most of these are simulated."""
        method, path, about = next(each for each in self._posts if each[2]["operationId"] == operation)
        schema = self._schemas.resolved(_body(about))["properties"]
        drawn = self._rng.sample(sorted(set(schema) - {"field", "driver_id", "circuit_id"}), 2)
        body = {
            **example,
            **{name: self._schemas.allowed(schema[name]) for name in drawn},
            "n_scenarios": FEW_SCENARIOS,
        }
        return Asked(method, path, self._key | JSON, text_of(body, self._rng), True, operation)

    def forbidden(self, examples: Mapping[str, Mapping[str, Any]]) -> Asked:
        """A body that the document forbids, or hardly allows: spoiled once to three times, or broken as text."""
        rng = self._rng
        method, path, about = rng.choice(self._posts)
        whole: Any = {**examples[about["operationId"]], "n_scenarios": FEW_SCENARIOS}
        body: Any = whole if rng.random() < 0.6 else self._schemas.allowed(_body(about))
        if rng.random() < 0.3:
            return Asked(method, path, self._key | JSON, broken(text_of(body, rng), rng), None, about["operationId"])
        for _ in range(rng.randint(1, 3)):
            body = self._schemas.spoiled(body)
        if isinstance(body, dict) and isinstance(body.get("n_scenarios"), int) and body["n_scenarios"] > FEW_SCENARIOS:
            body["n_scenarios"] = 10**6
        return Asked(method, path, self._key | JSON, text_of(body, rng), None, about["operationId"])

    def odd(self, examples: Mapping[str, Mapping[str, Any]]) -> Asked:
        """A wrong method, path, key, header or encoding around a body that is none or right or compressed."""
        rng = self._rng
        method, path, about = rng.choice(self._all)
        name = about["operationId"]
        body = text_of({**examples[name], "n_scenarios": 999}, rng) if name in examples else None
        headers: dict[str, str] = dict(self._key | JSON)
        what = rng.randrange(5)
        if what == 0:
            method = rng.choice(METHODS)
        elif what == 1:
            path, name = rng.choice(PATHS), ""
        elif what == 2:
            headers = {**JSON, **rng.choice(ODD_KEYS)}
        elif what == 3:
            headers |= rng.choice(ODD_HEADERS)
        else:
            bomb = rng.choice((gzip.compress, zlib.compress))(b" " * rng.choice((10, 50_000_000)))
            method, path, body = "POST", "/recommend", bomb
            headers |= {"Content-Encoding": rng.choice(("gzip", "deflate", "br", "gzip, gzip", "identity"))}
        return Asked(method, path, headers, body, None, name)


def _body(about: Mapping[str, Any]) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = about["requestBody"]["content"]["application/json"]["schema"]
    return schema
