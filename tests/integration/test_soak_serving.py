"""The long runs of the server, made short: a few hundred hostile requests, and half a minute of load with kills."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import waitress

from tests.fakes.serving import KEY, make_service, wsgi
from tools.refusals import limits, refuse_in_json
from tools.server import MAX_BODY_BYTES
from tools.soak import load
from tools.soak.fuzz import SHARES, fuzz


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The server of `make run` before a fake engine."""
    service = make_service(tmp_path, chosen={"rate_limit": 100_000.0})
    service.start(block=True)
    refuse_in_json()
    server = waitress.create_server(
        wsgi(service), host="127.0.0.1", port=0, threads=8, ident=None, max_request_body_size=MAX_BODY_BYTES, **limits()
    )
    threading.Thread(target=server.run, daemon=True).start()  # it ends with the process
    yield int(server.effective_port)


def test_hundreds_of_hostile_requests_get_no_5xx_and_learn_nothing(port: int) -> None:
    report = fuzz("127.0.0.1", port, KEY, 600, seed=11)
    assert report.faults == []
    assert report.total == 600
    assert set(report.kinds) == set(SHARES)
    assert report.valid > 30
    assert {400, 401, 404, 405, 413, 415, 422} <= set(report.statuses)


@pytest.mark.slow
def test_under_load_kills_and_promotions_every_answer_is_the_one_of_its_version(tmp_path: Path) -> None:
    outcome = load.soak(0.05, tmp_path)
    assert outcome.failures == ()
    assert outcome.passed
    assert int(outcome.figures["kills"]) >= 1
    assert int(outcome.figures["questions asked"]) >= 10
