"""A typed client of the product: ``Client("http://127.0.0.1:8080", key).recommend({...})``.

Answers are the models of ``shared.contract``; an error of the contract is raised as ``Refused``, with code and fields,
and so is an error from something between here and the server, which knows no such envelope. What the contract says may
be tried again is (429, 503, a lost connection, silence; a proxy's 502 and 504), after the time that the server names.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.contract.answers import (
    CircuitAnswer,
    CircuitSummary,
    HealthAnswer,
    MetricsAnswer,
    ModelAnswer,
    ProfileAnswer,
    RecommendAnswer,
)
from shared.contract.errors import ErrorAnswer, ErrorBody, FieldProblem
from shared.contract.judged import DriftAnswer, ModelCard, ScorecardAnswer
from shared.contract.live import LiveAnswer, LiveSummary
from shared.contract.recorded import RaceLaps, RaceSummary, SeasonSummary
from shared.contract.requests import RecommendRequest
from shared.contract.simulation import SimulateAnswer, SimulateRequest

AnswerT = TypeVar("AnswerT")
_AGAIN = (429, 502, 503, 504)
_PAUSE_SECONDS = 0.5


class _StayHere(urllib.request.HTTPRedirectHandler):
    """No redirect is followed: it would hand the key to whoever it names."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """None, which makes the redirect an error."""


_OPENER = urllib.request.build_opener(_StayHere)


class Refused(Exception):
    """An error answer: HTTP status, code, message, the fields to blame, seconds after which to try again (or None)."""

    def __init__(self, status: int, error: ErrorAnswer, retry_after: float | None, request_id: str | None) -> None:
        body = error.error
        super().__init__(f"{status} {body.code}: {body.message}")
        self.status, self.code, self.message = status, body.code, body.message
        self.fields: tuple[FieldProblem, ...] = body.fields
        self.retry_after, self.request_id = retry_after, request_id


class Client:
    """One server and one caller: a key, or with ``token`` a Google identity token. ``timeout``: seconds that the
    server may be silent, and the most that is waited between ``tries``; ``sleep`` is a test's, if not the real one."""

    def __init__(
        self,
        url: str,
        key: str | None = None,
        token: str | None = None,
        timeout: float = 60.0,
        tries: int = 3,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"given {url!r}; allowed: an http or https address")
        if tries < 1:
            raise ValueError(f"given {tries} tries; allowed: at least 1")
        self._url, self._timeout, self._tries, self._sleep = url.rstrip("/"), timeout, tries, sleep
        self._headers = {"Accept": "application/json"}
        if key:
            self._headers["X-API-Key"] = key
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self._kept: dict[str, tuple[str, bytes]] = {}

    def recommend(self, request: RecommendRequest | Mapping[str, Any]) -> RecommendAnswer:
        """The recommendation for one car. Raises Refused; OSError or HTTPException where the server cannot be
        reached, here as everywhere."""
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

    def live_races(self) -> list[LiveSummary]:
        """Races of which live state is kept."""
        return self._ask(list[LiveSummary], "/live")

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

    def cards(self) -> list[ModelCard]:
        """What each model of the bundle is."""
        return self._ask(list[ModelCard], "/model/cards")

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
                return self._read(kind, self._exchange(path, data))
            except Refused as refused:
                if refused.status not in _AGAIN or not left:
                    raise
                after = _PAUSE_SECONDS if refused.retry_after is None else refused.retry_after
                self._sleep(min(after, self._timeout))
            except (OSError, http.client.HTTPException):  # URLError, lost connections and timeouts are OSErrors
                if not left:
                    raise
                self._sleep(_PAUSE_SECONDS)
        raise AssertionError("the last try returns or raises")

    def _read(self, kind: Any, text: bytes) -> Any:
        try:
            return cast("Any", TypeAdapter(kind)).validate_json(text)
        except ValidationError:
            message = "The answer is none of this version's contract."
            answer = ErrorAnswer(error=ErrorBody(code="not_of_the_contract", message=message, fields=()))
            raise Refused(200, answer, None, None) from None

    def _exchange(self, path: str, data: bytes | None) -> bytes:
        headers = dict(self._headers)
        if data is not None:
            headers["Content-Type"] = "application/json"
        elif path in self._kept:
            headers["If-None-Match"] = self._kept[path][0]
        request = urllib.request.Request(self._url + path, data=data, headers=headers)
        try:
            with _OPENER.open(request, timeout=self._timeout) as answer:
                text = bytes(answer.read())
                if data is None and answer.headers.get("ETag"):
                    self._kept[path] = (answer.headers["ETag"], text)
                return text
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 304:
                    return self._kept[path][1]
                raise _refused(error, error.read()) from None


def _refused(error: urllib.error.HTTPError, text: bytes) -> Refused:
    """The error of the contract; where the body is another's (a proxy's page), one that says so and repeats none."""
    try:
        answer = ErrorAnswer.model_validate_json(text)
    except ValidationError:
        message = f"{error.reason}; the answer is none of this product's"
        answer = ErrorAnswer(error=ErrorBody(code="not_of_the_contract", message=message, fields=()))
    return Refused(error.code, answer, _seconds(error.headers.get("Retry-After")), error.headers.get("X-Request-Id"))


def _seconds(retry_after: str | None) -> float | None:
    """``Retry-After`` in seconds from now, be it a number of them or a date; None for none and for neither."""
    if not retry_after:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        moment = email.utils.parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return max(0.0, (moment - dt.datetime.now(dt.UTC)).total_seconds())


def _part(value: str) -> str:
    return urllib.parse.quote(value, safe="")
