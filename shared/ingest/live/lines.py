"""Lines of the timing service's stream, as FastF1's live timing client writes them: one update each, of one topic.

A line is a Python list of topic, data and time. Data are what changed since the last update of the topic; the first
lines after a connection tell the whole state instead, as JSON text without a time. Car data and positions come
compressed.
"""

from __future__ import annotations

import ast
import base64
import binascii
import datetime as dt
import json
import re
import zlib
from typing import Any, NamedTuple

_FRACTION = re.compile(r"(\.\d{6})\d*(Z?)$")


class Update(NamedTuple):
    """What a line says. ``at``: by the feed's clock, None for the state told after a connection."""

    topic: str
    data: Any
    at: dt.datetime | None


def read_line(line: str) -> Update:
    """The update in a line. Raises ValueError saying what it is not."""
    try:
        topic, data, moment = ast.literal_eval(line.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        raise ValueError("not a list of topic, data and time") from None
    at = moment_of(moment) if moment else None
    if at is None and isinstance(data, str):
        data = _json(data)
    if str(topic).endswith(".z"):
        data = _json(_inflated(data))
    return Update(str(topic).removesuffix(".z"), data, at)


def moment_of(text: Any) -> dt.datetime:
    """A time of the feed, which writes up to seven digits of the second and means UTC. Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError(f"{text!r} is no time")
    found = dt.datetime.fromisoformat(_FRACTION.sub(r"\1\2", text))
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"not JSON ({error})") from None


def _inflated(data: Any) -> str:
    try:
        return zlib.decompress(base64.b64decode(data), -zlib.MAX_WBITS).decode("utf-8-sig")
    except (zlib.error, binascii.Error, TypeError, UnicodeDecodeError) as error:
        raise ValueError(f"not compressed data ({error})") from None


def merged(state: Any, change: Any) -> Any:
    """The state of a topic after a change: objects are merged, and a list is changed by an object keyed by index."""
    if isinstance(state, list) and isinstance(change, dict):
        state = {str(i): value for i, value in enumerate(state)}
    if isinstance(change, list) and isinstance(state, dict):
        change = {str(i): value for i, value in enumerate(change)}
    if not isinstance(state, dict) or not isinstance(change, dict):
        return change
    return {**state, **{key: merged(state.get(key), value) for key, value in change.items()}}
