"""What an instance has done since it started, counted: requests, latency by stage, scenarios, cache hits, errors.

Every request's log line carries the same figures, from which a log-based metric makes a fleet's; this is one instance's
own view, at ``GET /metrics``.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from typing import Any

BOUNDS_MS = (1, 2, 5, 10, 20, 50, 100, 150, 200, 300, 500, 750, 1000, 2000, 5000, 10_000, 30_000)
"""Upper ends of the buckets that times fall into, ms; the last bucket has none."""


class Timings:
    """Times in buckets: enough to tell a percentile to within its bucket, in memory that does not grow."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_MS) + 1)
        self.total = 0.0

    def add(self, milliseconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS_MS, milliseconds)] += 1
        self.total += milliseconds

    def summary(self) -> dict[str, Any]:
        """Number, mean, and the bucket ends that half, 90% and 99% of the times stay below (null: past the last)."""
        n = sum(self.counts)
        ends: dict[str, Any] = {"n": n, "mean_ms": round(self.total / n, 2) if n else None}
        for name, share in (("p50_ms", 0.5), ("p90_ms", 0.9), ("p99_ms", 0.99)):
            seen = 0
            for end, count in zip((*BOUNDS_MS, None), self.counts, strict=True):
                seen += count
                if n and seen >= share * n:
                    ends[name] = end
                    break
        return ends


class Metrics:
    """Counters of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started = time.monotonic()
        self._requests: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._stages: dict[str, Timings] = {}
        self._scenarios = self._cached = self._computed = 0
        self._start: dict[str, float] = {}

    def started(self, seconds: Mapping[str, float]) -> None:
        """The seconds that stages of the start took, and programs that were compiled later, by name."""
        with self._lock:
            self._start |= seconds

    def request(self, notes: Mapping[str, Any], status: int, milliseconds: float) -> None:
        """Count an answered request by the notes of its log line."""
        route = str(notes.get("route", "none"))
        stages: Mapping[str, float] = notes.get("stages_ms", {})
        with self._lock:
            self._requests[f"{route} {status}"] += 1
            if status >= 400:
                self._errors[str(notes.get("outcome", status))] += 1
            for name, value in {f"{route}": milliseconds, **{f"{route}.{k}": v for k, v in stages.items()}}.items():
                self._stages.setdefault(name, Timings()).add(value)
            if "cached" in notes and status == 200:
                self._cached += bool(notes["cached"])
                self._computed += not notes["cached"]
                self._scenarios += 0 if notes["cached"] else int(notes.get("scenarios") or 0)

    def snapshot(self) -> dict[str, Any]:
        """Everything counted."""
        with self._lock:
            return {
                "uptime_seconds": round(time.monotonic() - self._started, 1),
                "start_seconds": dict(self._start),
                "requests": dict(sorted(self._requests.items())),
                "errors": dict(sorted(self._errors.items())),
                "latency": {name: timings.summary() for name, timings in sorted(self._stages.items())},
                "scenarios": self._scenarios,
                "answers": {"computed": self._computed, "cached": self._cached},
            }
