"""BigQuery jobs under ids of their own: a job that succeeded once does nothing the next time, whoever asks again.

BigQuery refuses a job id that was used before, and remembers it for 180 days. An id that failed is taken as well, so
the attempts of one piece of work are numbered.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from typing import Any

from google.api_core.exceptions import Conflict, GoogleAPICallError, NotFound

from shared.errors import WarehouseError

MAX_ATTEMPTS = 100
SECONDS = 500.0
"""Longest wait for one job: an event-driven function has 540 s in all."""


def job_name(*parts: str) -> str:
    """A job id that these parts, in this order, always have; BigQuery's ids hold letters, digits, '-' and '_' only."""
    return "f1_" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


def run_once(client: Any, name: str, start: Callable[[str], Any]) -> Any | None:
    """The finished job that ``start`` began under the id it was given, or None where an earlier one of this name
    succeeded. An earlier one that still runs is waited for. Raises Google's errors where the new job fails."""
    for _ in range(MAX_ATTEMPTS):
        number = _next_attempt(client, name)
        if number is None:
            return None
        try:
            job = start(f"{name}_{number}")
        except Conflict:
            continue  # somebody else began it meanwhile
        job.result(timeout=SECONDS)
        return job
    raise WarehouseError(f"job {name}: others kept starting it")


def _next_attempt(client: Any, name: str) -> int | None:
    for number in itertools.islice(itertools.count(1), MAX_ATTEMPTS):
        try:
            job = client.get_job(f"{name}_{number}")
        except NotFound:
            return number
        try:
            job.result(timeout=SECONDS)
        except GoogleAPICallError:
            continue
        return None
    raise WarehouseError(f"job {name}: {MAX_ATTEMPTS} attempts failed")
