"""The client against a server that answers what a test tells it to: what is tried again, when, and what not."""

from __future__ import annotations

import datetime as dt
import email.utils
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tools.client import Client, Refused

HEALTHY = (200, {}, b'{"status": "healthy"}')
BUSY = b'{"error": {"code": "too_many_requests", "message": "later", "fields": []}}'
Answer = tuple[int, dict[str, str], bytes]


class Told:
    """A server's script: what it answers one after another, and what it was asked."""

    def __init__(self) -> None:
        self.answers: list[Answer | str] = []
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.url = ""


@pytest.fixture
def told() -> Iterator[Told]:
    script = Told()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script.asked.append((self.command, self.path, dict(self.headers)))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = script.answers.pop(0)
            if answer == "silence":
                time.sleep(1.0)
            if isinstance(answer, str):
                self.close_connection = True
                return
            status, headers, body = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the name that http.server looks for

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_port}"
    yield script
    server.shutdown()
    server.server_close()


def client(told: Told, pauses: list[float], **options: Any) -> Client:
    return Client(told.url, "key", **{"timeout": 30.0, "sleep": pauses.append, **options})


@pytest.mark.parametrize(
    ("headers", "pause"),
    [({"Retry-After": "3"}, 3.0), ({"Retry-After": "0"}, 0.0), ({}, 0.5), ({"Retry-After": "x"}, 0.5)],
)
@pytest.mark.parametrize("status", [429, 503])
def test_what_is_refused_for_now_is_asked_again_after_the_time_named(
    told: Told, status: int, headers: dict[str, str], pause: float
) -> None:
    told.answers = [(status, headers, BUSY), HEALTHY]
    pauses: list[float] = []
    assert client(told, pauses).health().status == "healthy"
    assert pauses == [pause]


def test_a_date_to_come_again_is_understood(told: Told) -> None:
    later = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=10)
    told.answers = [(503, {"Retry-After": email.utils.format_datetime(later, usegmt=True)}, BUSY), HEALTHY]
    pauses: list[float] = []
    client(told, pauses).health()
    assert 5.0 < pauses[0] <= 10.0


def test_nobody_waits_longer_than_the_timeout(told: Told) -> None:
    told.answers = [(503, {"Retry-After": "86400"}, BUSY), HEALTHY]
    pauses: list[float] = []
    client(told, pauses, timeout=7.0).health()
    assert pauses == [7.0]


def test_the_last_refusal_is_told_with_its_code_and_time(told: Told) -> None:
    told.answers = [(429, {"Retry-After": "2", "X-Request-Id": "abc"}, BUSY)] * 3
    with pytest.raises(Refused, match="429 too_many_requests: later") as refused:
        client(told, []).health()
    assert (refused.value.retry_after, refused.value.request_id, len(told.asked)) == (2.0, "abc", 3)


@pytest.mark.parametrize("fault", ["silence", "cut"])
def test_silence_and_a_lost_connection_are_tried_again(told: Told, fault: str) -> None:
    told.answers = [fault, HEALTHY]
    pauses: list[float] = []
    assert client(told, pauses, timeout=0.3).health().status == "healthy"
    assert pauses == [0.5]


def test_silence_to_the_end_is_the_callers_to_know(told: Told) -> None:
    told.answers = ["silence"] * 2
    with pytest.raises(OSError, match="timed out"):
        client(told, [], timeout=0.2, tries=2).health()


def test_an_error_page_of_another_is_told_by_its_status_and_not_repeated(told: Told) -> None:
    told.answers = [(502, {"Content-Type": "text/html"}, b"<h1>secret of a proxy</h1>")] * 2
    with pytest.raises(Refused) as refused:
        client(told, [], tries=2).health()
    assert (refused.value.status, refused.value.code) == (502, "not_of_the_contract")
    assert "secret" not in str(refused.value)


def test_what_is_wrong_with_the_request_is_not_tried_again(told: Told) -> None:
    body = {"code": "invalid_request", "message": "m", "fields": [{"path": "lap", "problem": "given 0"}]}
    told.answers = [(422, {}, json.dumps({"error": body}).encode())]
    with pytest.raises(Refused) as refused:
        client(told, []).recommend({"lap": 0})
    assert (refused.value.fields[0].path, len(told.asked)) == ("lap", 1)


def test_an_answer_that_is_none_of_the_contract_is_an_error_of_its_own(told: Told) -> None:
    told.answers = [(200, {}, b"<html>log in first</html>")]
    with pytest.raises(Refused, match="not_of_the_contract"):
        client(told, []).health()


def test_the_key_follows_no_redirect(told: Told) -> None:
    told.answers = [(302, {"Location": f"{told.url}/elsewhere"}, b"")]
    with pytest.raises(Refused) as refused:
        client(told, []).model()
    assert (refused.value.status, len(told.asked)) == (302, 1)


def test_what_is_known_is_asked_for_by_its_etag(told: Told) -> None:
    told.answers = [(200, {"ETag": '"1"'}, b"[]"), (304, {"ETag": '"1"'}, b"")]
    one = client(told, [])
    assert (one.circuits(), one.circuits()) == ([], [])
    assert told.asked[1][2]["If-None-Match"] == '"1"'


def test_a_name_goes_into_the_path_as_one_part(told: Told) -> None:
    told.answers = [(404, {}, BUSY)]
    with pytest.raises(Refused):
        client(told, []).circuit("../model?x")
    assert told.asked[0][1] == "/circuits/..%2Fmodel%3Fx"
