"""Fuzzing of the running server: requests made from its own OpenAPI document, spoiled, broken, oddly wrapped, and bytes
that are hardly HTTP. Nothing may be a 5xx, leave the envelope, or tell of the inside; a question asked before and after
must have the same answer, and memory must stay flat.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from shared.config import ROOT
from shared.contract.openapi import FULL_EXAMPLE, SIMULATE_EXAMPLE
from tools.soak import Outcome
from tools.soak.fuzzing.holds import faults, wire_faults
from tools.soak.fuzzing.requests import FEW_SCENARIOS, Asked, Operations
from tools.soak.fuzzing.wire import exchanged, shapes
from tools.streambench.instance import running

REQUESTS = 24_000
SHARES = {"allowed": 0.24, "meaningful": 0.01, "forbidden": 0.55, "odd": 0.17, "wire": 0.03}
KEY = "a-key-to-fuzz-with"
THREADS = 4
GROWTH_MB = 80.0
LATE = {"lap": 54, "tire_age": 20, "tire_compound": "HARD", "fuel_remaining": 6.0, "compounds_used": ["SOFT", "HARD"]}
EXAMPLES: dict[str, dict[str, Any]] = {
    "recommend": {
        **FULL_EXAMPLE,
        **LATE,
        "pit_stops": 1,
        "rain": [{"from_lap": 56, "probability": 0.2}],
        "candidates": [[{"lap": 55, "compound": "SOFT"}]],
        "field": [
            {"driver_id": "LEC", "team": "Ferrari", "position": 2, "gap_to_leader": 1.9, "tire_compound": "HARD",
             "tire_age": 15, "compounds_used": ["SOFT", "HARD"], "pit_stops": 2, "in_pit": False, "time_penalty": 0,
             "recent_laps": [{"lap": 54, "lap_time": 98.1, "tire_compound": "HARD", "tire_age": 15,
                              "track_status": "GREEN", "pit_in": False, "pit_out": False}]},
        ],
    },
    "simulate": {**SIMULATE_EXAMPLE, "total_laps": 3, "field": [
        {"driver_id": "VER", "team": "Red Bull Racing", "grid_position": 1, "tire_compound": "SOFT", "tire_age": 0,
         "strategy": [{"lap": 2, "compound": "HARD"}]},
        {"driver_id": "LEC", "team": "Ferrari", "grid_position": 2, "tire_compound": "MEDIUM", "tire_age": 3},
    ]},
}  # fmt: skip
"""Whole requests to begin from, with a few laps to go: what is answered after all does not take long."""


@dataclass
class Report:
    """What was asked and what came of it: requests by kind, answers by status, faults with the request behind each."""

    kinds: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    valid: int = 0
    refused: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Requests sent."""
        return sum(self.kinds.values())


def fuzz(host: str, port: int, key: str, requests: int, seed: int, threads: int = THREADS) -> Report:
    """Send ``requests`` requests, the same ones for the same seed (in whatever order the threads get to them)."""
    document = json.loads(_exchange(host, port, Asked("GET", "/openapi.json", {}, None, None, "openapi"))[2])
    report, lock = Report(), threading.Lock()

    def work(number: int) -> None:
        rng = random.Random(f"{seed}-{number}")
        operations = Operations(document, rng, key)
        for kind in rng.choices(list(SHARES), list(SHARES.values()), k=requests // threads):
            if kind == "wire":
                sent = shapes(key, rng)
                found, status, about = wire_faults(exchanged(host, port, sent), (key,)), 0, repr(sent[-300:])
            else:
                asked = _drawn(operations, kind, rng)
                status, headers, body = _exchange(host, port, asked)
                about = f"{asked.method} {asked.path[:100]} {dict(asked.headers)!r:.200} {asked.body or b''!r:.1500}"
                found = _judged(asked, status, headers, body, key)
            with lock:
                report.kinds[kind] += 1
                report.statuses[status] += 1
                report.valid += status in range(200, 300)
                report.refused += status in range(400, 500)
                report.faults += [f"{fault}: {about}" for fault in found]

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return report


def soak(scale: float, folder: Path) -> Outcome:
    """``scale`` 1.0 is REQUESTS requests."""
    with running(folder / "state", "tools.serve", F1_API_KEYS=KEY, F1_RATE_LIMIT="100000") as instance:
        host, port = instance.settings.host, instance.settings.port
        ask = partial(_reference, host, port)
        before, memory = ask(), [instance.memory_mb()]
        parts = []
        for seed in range(10):
            parts.append(fuzz(host, port, KEY, max(THREADS, int(REQUESTS * scale / 10)), seed))
            memory.append(instance.memory_mb())
        same = ask() == before
        (folder / "faults.txt").write_text("\n".join(fault for part in parts for fault in part.faults))
        log = (folder / "state" / "tools.serve.log").read_text(errors="replace")
    found = [fault for part in parts for fault in part.faults]
    growth = memory[-1] - memory[len(memory) // 2]
    failures = [fault[:300] for fault in found]
    failures += [] if same else ["the reference question has another answer than before"]
    failures += [f"memory grew by {growth:.0f} MB over the second half"] if growth > GROWTH_MB else []
    failures += ["a stack trace is in the log"] if "Traceback" in log else []
    failures += ["the key is in the log"] if KEY in log else []
    kinds: Counter[str] = sum((part.kinds for part in parts), Counter())
    statuses: Counter[int] = sum((part.statuses for part in parts), Counter())
    figures: dict[str, str | int | float] = {
        "requests": sum(kinds.values()),
        **{_TITLES[kind]: kinds[kind] for kind in SHARES},
        "answered": sum(part.valid for part in parts),
        "refused": sum(part.refused for part in parts),
        **{f"status {status}": n for status, n in sorted(statuses.items()) if status},
        "faults": len(found),
        "memory before and after, MB": f"{memory[0]:.0f} and {memory[-1]:.0f}",
    }
    return Outcome(not failures, figures, tuple(failures))


_TITLES = {
    "allowed": "such as the document allows",
    "meaningful": "whole races with fields drawn anew",
    "forbidden": "spoiled or broken",
    "odd": "with odd methods, paths, keys, headers or encodings",
    "wire": "raw bytes on a connection",
}


def _drawn(operations: Operations, kind: str, rng: random.Random) -> Asked:
    make: dict[str, Callable[[], Asked]] = {
        "allowed": operations.allowed,
        "meaningful": lambda: (
            operations.meaningful(EXAMPLES["recommend"], "recommend")
            if rng.random() < 0.8
            else operations.meaningful(EXAMPLES["simulate"], "simulate")
        ),
        "forbidden": lambda: operations.forbidden(EXAMPLES),
        "odd": lambda: operations.odd(EXAMPLES),
    }
    return make[kind]()


def _judged(asked: Asked, status: int, headers: Mapping[str, str], body: bytes, key: str) -> list[str]:
    if status == 0:
        return ["no answer came"]
    if asked.path.startswith("/dashboard"):  # what answers there is not the function: files, in HTML
        return [f"{secret!r} came back" for secret in (key, "root:x:", "Traceback") if secret.encode() in body]
    head = asked.method == "HEAD"
    if status == 501 and "Transfer-Encoding" in asked.headers:
        status = 400  # what HTTP asks for an encoding that is unknown
    found = faults(status, headers, body, asked.operation, (key,), head)
    if asked.allowed and status not in (200, 404, 422, 429):
        found.append(f"status {status} to what the document allows")
    return found


def _exchange(host: str, port: int, asked: Asked) -> tuple[int, dict[str, str], bytes]:
    """Status (0 where none came), headers and body. The request is written as it is: nothing is checked or mended."""
    connection = http.client.HTTPConnection(host, port, timeout=120)
    connection._validate_path = connection._validate_method = lambda *_: None  # type: ignore[attr-defined]
    try:
        connection.putrequest(asked.method, asked.path, skip_host="Host" in asked.headers, skip_accept_encoding=True)
        for name, value in asked.headers.items():
            connection.putheader(name, value.encode("latin-1", "replace"))
        if asked.body is not None and "Transfer-Encoding" not in asked.headers:
            connection.putheader("Content-Length", str(len(asked.body)))
        with contextlib.suppress(ConnectionError):  # refused before all was sent: the answer is there to be read
            connection.endheaders(asked.body)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    except (OSError, http.client.HTTPException):
        return 0, {}, b""
    finally:
        connection.close()


def _reference(host: str, port: int) -> Any:
    """The answer to one fixed question, but for the time it took."""
    body = json.dumps(
        {**json.loads((ROOT / "tools/examples/bahrain_2023_lap_12.json").read_text()), "n_scenarios": FEW_SCENARIOS}
    )
    headers = {"X-API-Key": KEY, "Content-Type": "application/json"}
    status, _, text = _exchange(host, port, Asked("POST", "/recommend", headers, body.encode(), True, "recommend"))
    answer = json.loads(text)
    assert status == 200, answer
    answer.pop("latency_ms")
    return answer
