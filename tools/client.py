"""A typed client of the product: ``Client("http://127.0.0.1:8080", key).recommend({...})``.

Answers are the models of ``shared.contract``; an error of the contract is raised as ``Refused``, with code and fields.
What the contract says may be tried again (429, 503, a lost connection) is, after the time that the server names.
"""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from pydantic import BaseModel, TypeAdapter

from shared.contract.answers import (
    CircuitAnswer,
    CircuitSummary,
    HealthAnswer,
    MetricsAnswer,
    ModelAnswer,
    ProfileAnswer,
    RecommendAnswer,
)
from shared.contract.errors import ErrorAnswer, FieldProblem
from shared.contract.judged import DriftAnswer, ScorecardAnswer
from shared.contract.live import LiveAnswer
from shared.contract.recorded import RaceLaps, RaceSummary, SeasonSummary
from shared.contract.requests import RecommendRequest
from shared.contract.simulation import SimulateAnswer, SimulateRequest

AnswerT = TypeVar("AnswerT")
_AGAIN = (429, 503)


class Refused(Exception):
    """An error answer: HTTP status, code, message, the fields to blame, seconds after which to try again (or None)."""

    def __init__(self, status: int, error: ErrorAnswer, retry_after: float | None, request_id: str | None) -> None:
        body = error.error
        super().__init__(f"{status} {body.code}: {body.message}")
        self.status, self.code, self.message = status, body.code, body.message
        self.fields: tuple[FieldProblem, ...] = body.fields
        self.retry_after, self.request_id = retry_after, request_id


class Client:
    """One server and one caller: a key, or with ``token`` a Google identity token."""

    def __init__(
        self, url: str, key: str | None = None, token: str | None = None, timeout: float = 60.0, tries: int = 3
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"given {url!r}; allowed: an http or https address")
        self._url, self._timeout, self._tries = url.rstrip("/"), timeout, tries
        self._headers = {"Accept": "application/json"}
        if key:
            self._headers["X-API-Key"] = key
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._kept: dict[str, tuple[str, bytes]] = {}

    def recommend(self, request: RecommendRequest | Mapping[str, Any]) -> RecommendAnswer:
        """The recommendation for one car. Raises Refused."""
        return self._ask(RecommendAnswer, "/recommend", request)

    def simulate(self, request: SimulateRequest | Mapping[str, Any]) -> SimulateAnswer:
        """A whole race. Raises Refused."""
        return self._ask(SimulateAnswer, "/simulate", request)

    def driver_profile(self, driver_id: str) -> ProfileAnswer:
        """A driver's profile. Raises Refused (404 for an unknown one)."""
        return self._ask(ProfileAnswer, f"/driver-profile/{_part(driver_id)}")

    def driver_profiles(self) -> list[ProfileAnswer]:
        """All profiles."""
        return self._ask(list[ProfileAnswer], "/driver-profiles")

    def circuits(self) -> list[CircuitSummary]:
        """All circuits."""
        return self._ask(list[CircuitSummary], "/circuits")

    def circuit(self, circuit_id: str) -> CircuitAnswer:
        """A circuit with tire curves and corners."""
        return self._ask(CircuitAnswer, f"/circuits/{_part(circuit_id)}")

    def live(self, race_id: str) -> LiveAnswer:
        """A race as it stands."""
        return self._ask(LiveAnswer, f"/live/{_part(race_id)}")

    def races(self) -> list[RaceSummary]:
        """Recorded races."""
        return self._ask(list[RaceSummary], "/races")

    def laps(self, race_id: str) -> RaceLaps:
        """Every lap of a recorded race."""
        return self._ask(RaceLaps, f"/races/{_part(race_id)}/laps")

    def model(self) -> ModelAnswer:
        """The bundle that serves."""
        return self._ask(ModelAnswer, "/model")

    def scorecard(self) -> ScorecardAnswer:
        """How good forecasts were on past races."""
        return self._ask(ScorecardAnswer, "/model/scorecard")

    def drift(self) -> DriftAnswer:
        """Whether recent races are like those trained on."""
        return self._ask(DriftAnswer, "/model/drift")

    def seasons(self) -> list[SeasonSummary]:
        """The drivers of every season, the fastest first."""
        return self._ask(list[SeasonSummary], "/seasons")

    def metrics(self) -> MetricsAnswer:
        """What the instance has done."""
        return self._ask(MetricsAnswer, "/metrics")

    def health(self) -> HealthAnswer:
        """Whether it is ready. Raises Refused (503) while it is not."""
        return self._ask(HealthAnswer, "/health")

    def _ask(self, kind: Any, path: str, body: BaseModel | Mapping[str, Any] | None = None) -> Any:
        data = None
        if isinstance(body, BaseModel):
            data = body.model_dump_json(exclude_unset=True).encode()
        elif body is not None:
            data = json.dumps(body, allow_nan=False).encode()
        for left in reversed(range(self._tries)):
            try:
                return cast("Any", TypeAdapter(kind)).validate_json(self._exchange(path, data))
            except Refused as refused:
                if refused.status not in _AGAIN or not left:
                    raise
                time.sleep(min(refused.retry_after or 1.0, self._timeout))
            except (ConnectionError, http.client.HTTPException, urllib.error.URLError):
                if not left:
                    raise
                time.sleep(0.5)
        raise AssertionError("the last try returns or raises")

    def _exchange(self, path: str, data: bytes | None) -> bytes:
        headers = dict(self._headers)
        if data is not None:
            headers["Content-Type"] = "application/json"
        elif path in self._kept:
            headers["If-None-Match"] = self._kept[path][0]
        request = urllib.request.Request(self._url + path, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:
                text = bytes(answer.read())
                if data is None and answer.headers.get("ETag"):
                    self._kept[path] = (answer.headers["ETag"], text)
                return text
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 304:
                    return self._kept[path][1]
                after = error.headers.get("Retry-After")
                raise Refused(
                    error.code,
                    ErrorAnswer.model_validate_json(error.read()),
                    float(after) if after else None,
                    error.headers.get("X-Request-Id"),
                ) from None


def _part(value: str) -> str:
    return urllib.parse.quote(value, safe="")
