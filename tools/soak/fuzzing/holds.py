"""What every answer must hold, whatever was asked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shared.config import ROOT
from shared.contract import answers, live, recorded
from shared.contract.errors import ErrorAnswer
from shared.contract.simulation import SimulateAnswer
from shared.serving.responses import SECURITY_HEADERS

KINDS: dict[str, Any] = {
    "recommend": answers.RecommendAnswer, "simulate": SimulateAnswer, "profile": answers.ProfileAnswer,
    "profiles": list[answers.ProfileAnswer], "circuits": list[answers.CircuitSummary], "circuit": answers.CircuitAnswer,
    "races": list[recorded.RaceSummary], "race_laps": recorded.RaceLaps, "model": answers.ModelAnswer,
    "metrics": answers.MetricsAnswer, "health": answers.HealthAnswer, "live": live.LiveAnswer,
}  # fmt: skip
"""What a 200 of an operation holds; of others, any JSON."""
LEAKS = ("Traceback", 'File "', "site-packages", "waitress", "werkzeug", "<html", "<!doctype", "<canary", "root:x:")
_ADAPTERS: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(kind) for name, kind in KINDS.items()}


def faults(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    operation: str,
    secrets: tuple[str, ...] = (),
    head: bool = False,
) -> list[str]:
    """What is wrong with an answer; none for one that is as it should be."""
    found = []
    if status >= 500:
        found.append(f"status {status}")
    given = {name.lower(): value for name, value in headers.items()}
    found += [f"no header {name}" for name in SECURITY_HEADERS if name.lower() not in given]
    if "server" in given:
        found.append("the server names itself")
    everything = (body + repr(sorted(given.items())).encode()).lower()
    found += [f"{leak!r} came back" for leak in (*LEAKS, str(ROOT), *secrets) if leak.lower().encode() in everything]
    if head or status in (204, 304):
        return [*found, *(["a body where there may be none"] if body else [])]
    if not given.get("content-type", "").startswith("application/json"):
        found.append(f"Content-Type {given.get('content-type')}")
    try:
        if status >= 400:
            ErrorAnswer.model_validate_json(body)
        elif operation in _ADAPTERS:
            _ADAPTERS[operation].validate_json(body)
        else:
            json.loads(body)
    except (ValidationError, ValueError) as error:
        found.append(f"the body is not what the contract says: {str(error)[:200]}")
    return found


_STATUS = re.compile(rb"^HTTP/1\.[01] (\d{3}) ", re.MULTILINE)


def wire_faults(received: bytes, secrets: tuple[str, ...] = ()) -> list[str]:
    """The same for what came back over a raw connection; a 501 is what HTTP asks for an unknown transfer encoding."""
    statuses = [int(found) for found in _STATUS.findall(received)]
    found = [f"status {status}" for status in statuses if status >= 500 and status != 501]
    if received and not statuses:
        found.append("what came back is not HTTP")
    lowered = received.lower()
    return found + [f"{leak!r} came back" for leak in (*LEAKS, str(ROOT), *secrets) if leak.lower().encode() in lowered]
