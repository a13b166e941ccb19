"""One set-up of logs, stage timers and trace context.

In the cloud a log line is one JSON object as Cloud Logging reads it (severity, message, trace); on a terminal it is a
line a person reads. Fields go beside the message: ``log.info("loaded", extra=fields(table="raw_laps", rows=1200))``.
"""

from __future__ import annotations

import contextlib
import contextvars
import datetime as dt
import json
import logging
import re
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from shared.config import Settings

log = logging.getLogger("f1")

_FIELDS = "f1_fields"
_trace: contextvars.ContextVar[str | None] = contextvars.ContextVar("trace", default=None)
_TRACEPARENT = re.compile(r"^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$")
_CLOUD_TRACE = re.compile(r"^([0-9a-fA-F]{32})(?:/\d+)?(?:;o=\d)?$")


def set_up(chosen: Settings, stream: TextIO | None = None) -> None:
    """Send the product's logs to ``stream`` (standard error) in the form the settings name; again replaces it."""
    stream = stream if stream is not None else sys.stderr
    as_json = chosen.log_format == "json" or (chosen.log_format == "auto" and not stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_JsonFormatter(chosen.project) if as_json else _TextFormatter())
    log.handlers[:] = [handler]
    log.setLevel(chosen.log_level)
    log.propagate = False


def fields(**values: Any) -> dict[str, Any]:
    """The ``extra`` of a log call, holding structured fields."""
    return {_FIELDS: values}


@contextlib.contextmanager
def stage(name: str, **values: Any) -> Iterator[dict[str, Any]]:
    """Log a stage's seconds when it ends, or the error it ended with, and the fields added to the dict yielded."""
    started = time.perf_counter()
    try:
        yield values
    except BaseException as error:
        log.warning("%s failed", name, extra=fields(**values, seconds=_since(started), error=repr(error)))
        raise
    log.info("%s", name, extra=fields(**values, seconds=_since(started)))


@contextlib.contextmanager
def traced(headers: Mapping[str, str]) -> Iterator[str | None]:
    """Carry a request's trace id (W3C ``traceparent``, or Google's ``X-Cloud-Trace-Context``) through its log lines."""
    token = _trace.set(trace_id(headers))
    try:
        yield _trace.get()
    finally:
        _trace.reset(token)


def current_trace() -> str | None:
    """The trace id of the request under way (32 hex digits), to pass on; None outside one or where it named none."""
    return _trace.get()


def trace_id(headers: Mapping[str, str]) -> str | None:
    """The trace id in a request's headers (32 hex digits), or None where there is none or it is malformed."""
    given = {name.lower(): value for name, value in headers.items()}  # WSGI answers "Traceparent"
    for name, pattern in (("traceparent", _TRACEPARENT), ("x-cloud-trace-context", _CLOUD_TRACE)):
        match = pattern.match(given.get(name, ""))
        if match:
            return match.group(1).lower()
    return None


def _since(started: float) -> float:
    return round(time.perf_counter() - started, 3)


class _JsonFormatter(logging.Formatter):
    """Cloud Logging's structured form."""

    def __init__(self, project: str | None) -> None:
        super().__init__()
        self.project = project

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "severity": record.levelname,
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(),
            "message": record.getMessage(),
            **getattr(record, _FIELDS, {}),
        }
        trace = _trace.get()
        if trace:
            entry["logging.googleapis.com/trace"] = f"projects/{self.project}/traces/{trace}" if self.project else trace
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str, ensure_ascii=False)


class _TextFormatter(logging.Formatter):
    """A line for a person: time, level where it matters, message, fields."""

    def format(self, record: logging.LogRecord) -> str:
        moment = dt.datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        values = " ".join(f"{key}={value}" for key, value in getattr(record, _FIELDS, {}).items())
        line = f"{moment} {level}{record.getMessage()}" + (f"  {values}" if values else "")
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line
