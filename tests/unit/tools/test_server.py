"""The server around the functions: what it says itself has the form of all other lines."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from shared.config import settings
from shared.observability import log, set_up
from tools.server import adopt_logs


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    loggers = (log, logging.getLogger("waitress"))
    before = [(each, each.handlers[:], each.level, each.propagate) for each in loggers]
    stream = io.StringIO()
    set_up(settings(log_format="json"), stream)
    yield stream
    for each, handlers, level, propagate in before:
        each.handlers[:], each.propagate = handlers, propagate
        each.setLevel(level)


def test_the_web_servers_own_messages_are_lines_as_all_others(lines: io.StringIO) -> None:
    adopt_logs()
    logging.getLogger("waitress.queue").warning("Task queue depth is %d", 2)
    told = json.loads(lines.getvalue())
    assert (told["severity"], told["message"]) == ("WARNING", "Task queue depth is 2")
