"""Logs in the two forms they have."""

from __future__ import annotations

import io
import json

import pytest

from shared.config import settings
from shared.observability import fields, log, set_up, stage, trace_id, traced

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def test_a_cloud_log_line_is_one_json_object_with_its_fields_and_trace(stream: io.StringIO) -> None:
    set_up(settings(log_format="json", project="p"), stream)
    with traced({"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}):
        log.warning("rows left out\n%s", "twice", extra=fields(table="raw_laps", rows=3))
    entry = json.loads(stream.getvalue())
    assert entry["severity"] == "WARNING"
    assert entry["message"] == "rows left out\ntwice"
    assert (entry["table"], entry["rows"]) == ("raw_laps", 3)
    assert entry["logging.googleapis.com/trace"] == f"projects/p/traces/{TRACE}"


def test_a_stream_that_is_no_terminal_gets_json_by_default(stream: io.StringIO) -> None:
    set_up(settings(log_format="auto"), stream)
    log.info("hello")
    assert json.loads(stream.getvalue())["message"] == "hello"


def test_a_person_reads_a_line(stream: io.StringIO) -> None:
    set_up(settings(log_format="text"), stream)
    log.error("load failed", extra=fields(table="raw_laps"))
    assert stream.getvalue().endswith("error: load failed  table=raw_laps\n")


def test_a_stage_logs_its_seconds_and_what_was_added(stream: io.StringIO) -> None:
    set_up(settings(log_format="json"), stream)
    with stage("fit", race="2023_01") as noted:
        noted["rows"] = 9
    entry = json.loads(stream.getvalue())
    assert (entry["message"], entry["race"], entry["rows"]) == ("fit", "2023_01", 9)
    assert 0 <= entry["seconds"] < 5


def test_a_stage_that_fails_logs_the_error_and_lets_it_pass(stream: io.StringIO) -> None:
    set_up(settings(log_format="json"), stream)
    with pytest.raises(ZeroDivisionError), stage("fit"):
        _ = 1 / 0
    assert "ZeroDivisionError" in json.loads(stream.getvalue())["error"]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"X-Cloud-Trace-Context": f"{TRACE}/123;o=1"}, TRACE),
        ({"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}, TRACE),
        ({"traceparent": "nonsense\n"}, None),
        ({}, None),
    ],
)
def test_a_trace_is_taken_from_either_header(headers: dict[str, str], expected: str | None) -> None:
    assert trace_id(headers) == expected
