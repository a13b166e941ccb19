"""How fast the product answers over HTTP on this machine: cold, to one client, to eight, beyond its capacity, and kept.

The server is `make run`'s own, in a process and a state folder of its own. The question is a real race of twenty cars
with forty laps to go and 10,000 scenarios; the seed differs from request to request, for an answer is kept. Processor
time stands beside the clock where it tells more: other programs hardly move it.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from shared.config import ROOT
from shared.contract.openapi import SIMULATE_EXAMPLE
from tools.benching.load import Caller, Tally, percentiles, together
from tools.streambench.instance import Instance, running

KEY = "bench"
EXAMPLE = ROOT / "tools" / "examples" / "bahrain_2023_lap_12.json"
LAPS_TO_GO = 40
STARTS = 3
SEQUENTIAL, AT_ONCE, CROWD = 40, 8, 32
OWN_PLANS = 12
WARM = 3
SECONDS = 60.0
"""No part takes longer, whatever the machine."""


def question() -> dict[str, Any]:
    """The example race, its lap moved so that LAPS_TO_GO are left."""
    request: dict[str, Any] = json.loads(EXAMPLE.read_text())
    lap = request["total_laps"] - LAPS_TO_GO
    later = lap - request["lap"]
    cars = [car | {"tire_age": car["tire_age"] + later} for car in request["field"]]
    return request | {"lap": lap, "tire_age": request["tire_age"] + later, "field": cars}


def _own_plan(number: int) -> list[dict[str, Any]]:
    """One stop, on another lap for another number."""
    return [{"lap": question()["lap"] + 4 + 2 * number, "compound": "HARD"}]


def questions(start: int = 0) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The question again and again, each time with another seed."""
    return (("/recommend", question() | {"seed": seed}) for seed in count(start))


def cold(folder: Path, title: str, starts: int = STARTS, empty: bool = True) -> None:
    """Seconds from the process's start until a first answer is had, asked for until it is there; memory after it."""
    clock, processor, memory = [], [], []
    for number in range(starts):
        where = folder / f"cold-{number}" if empty else folder
        where.mkdir(parents=True, exist_ok=True)
        started = time.perf_counter()
        with running(where, "tools.serve", F1_API_KEYS=KEY) as instance:
            reply = _caller(instance).ask("/recommend", question() | {"n_scenarios": 1000})
            assert reply.status == 200, reply
            clock.append(time.perf_counter() - started)
            processor.append(instance.cpu_seconds())
            memory.append(instance.memory_mb())
    print(
        f"cold start to the first answer, {title}: median {statistics.median(clock):.1f} s, of processor time"
        f" {statistics.median(processor):.1f} s, {statistics.median(memory):,.0f} MB resident (n={starts})"
    )


def bench_http() -> None:
    """Prints all of it; some three minutes where nothing else runs."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        cold(folder, "nothing compiled before")
        cold(folder / "cold-0", "compiled before", empty=False)
        with running(folder / "cold-0", "tools.serve", F1_API_KEYS=KEY, F1_RATE_LIMIT="10000") as instance:
            connect = partial(_caller, instance)
            asked = questions()
            while not instance.compiled():  # as it is some seconds after any start
                time.sleep(0.2)
            together(connect, 1, asked, WARM)
            _tell(instance, "one client", lambda: together(connect, 1, asked, SEQUENTIAL, SECONDS))
            _tell(instance, f"{AT_ONCE} clients at once", lambda: together(connect, AT_ONCE, asked, 10, SECONDS))
            _crowd(connect, asked)
            same = (("/recommend", question()) for _ in count())
            together(connect, 1, same, 1)
            kept = together(connect, 1, same, 200, SECONDS)
            print(f"the same question again: {percentiles(kept.of(200))}, {kept.statuses()}")
            plans = (("/recommend", question() | {"candidates": [_own_plan(number)]}) for number in range(OWN_PLANS))
            print(f"the same state, a plan of one's own: {percentiles(together(connect, 1, plans, OWN_PLANS).of(200))}")
            races = (("/simulate", {**SIMULATE_EXAMPLE, "seed": seed, "n_scenarios": 2000}) for seed in count())
            first = together(connect, 1, races, 1)
            print(f"a whole race, 2 cars, 57 laps, 2,000 scenarios, the first: {percentiles(first.of(200))}")
            print(f"  then: {percentiles(together(connect, 1, races, 10, SECONDS).of(200))}")
            print(f"memory at the end: {instance.memory_mb():,.0f} MB resident")


def _tell(instance: Instance, title: str, run: Any) -> None:
    before = instance.cpu_seconds()
    tally: Tally = run()
    busy = (instance.cpu_seconds() - before) / max(1, len(tally.replies))
    load = os.getloadavg()[0]
    print(f"{title}: {percentiles(tally.of(200))}, {tally.statuses()}")
    print(f"  {1000 * busy:,.0f} ms of processor time an answer; load average {load:.1f}")


def _crowd(connect: Any, asked: Iterator[tuple[str, Mapping[str, Any]]]) -> None:
    """More than can wait: the rest are refused at once, told when to come again, and what is taken in is answered."""
    tally = together(connect, CROWD, asked, None, 10.0)
    refused = tally.of(429)
    told = sum(reply.retry_after is not None and int(reply.retry_after) >= 1 for reply in refused)
    rate = len(tally.of(200)) / tally.seconds
    print(f"{CROWD} clients at once: {percentiles(tally.of(200))}, {rate:.1f} answers a second, {tally.statuses()}")
    print(f"  refused: {percentiles(refused)}, {told} of {len(refused)} with Retry-After")
    after = together(connect, 1, asked, 3)
    print(f"  one client after that: {percentiles(after.of(200))}")


def _caller(instance: Instance) -> Caller:
    return Caller(instance.settings.host, instance.settings.port, KEY)


if __name__ == "__main__":
    bench_http()
