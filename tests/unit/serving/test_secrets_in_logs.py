"""What opens the door stays out of the log: no key and no token reaches a line, right or wrong, answered or failed."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.config import settings
from shared.observability import set_up
from tests.fakes.serving import KEY, Api, make_service, request_body

WRONG = "a-wrong-key-2b7e1516"
TOKEN = "eyJhbGciOiJub25lIn0.eyJlbWFpbCI6InNlY3JldEBleGFtcGxlLmNvbSJ9.c2lnbmF0dXJl"


@pytest.fixture(params=["json", "text"])
def lines(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """All that the product's logger writes, at its most talkative, as its own formatter puts it."""
    logger = logging.getLogger("f1")
    before = (list(logger.handlers), logger.level, logger.propagate)
    stream = io.StringIO()
    set_up(settings(log_format=request.param, log_level="DEBUG"), stream)
    yield stream
    logger.handlers[:], logger.propagate = before[0], before[2]
    logger.setLevel(before[1])


def broken(*args: Any) -> Any:
    raise ZeroDivisionError("a fault inside")


@pytest.mark.parametrize(
    "headers",
    [{"X-API-Key": KEY}, {"X-API-Key": WRONG}, {"X-API-Key": WRONG, "Authorization": f"Bearer {TOKEN}"}],
)
def test_no_key_and_no_token_reaches_a_line(api: Api, lines: io.StringIO, headers: dict[str, str]) -> None:
    for path in ("/model", "/circuits/nowhere", "/nothing", "/health"):
        api.client.get(path, headers=headers)
    api.client.post("/recommend", headers=headers, json=request_body())
    api.client.post("/recommend", headers=headers, json=request_body(lap=0))
    api.client.post("/recommend", headers=headers, data=b"{", content_type="application/json")
    written = lines.getvalue()
    assert written.count("request") >= 7
    assert not [secret for secret in (KEY, WRONG, TOKEN, TOKEN.rsplit(".", 1)[1]) if secret in written]


def test_no_key_reaches_the_trace_of_an_unexpected_fault(
    tmp_path: Path, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = make_service(tmp_path)
    service.start(block=True)
    monkeypatch.setattr(service, "recommend", broken)
    assert Api(service).post(request_body()).status_code == 500
    written = lines.getvalue()
    assert "a fault inside" in written
    assert KEY not in written
