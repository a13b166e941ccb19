"""A stream at a steady rate while the function is killed at random: nothing lost, nothing doubled, memory flat.

Car samples and laps are published on the embedded stack; the worker is killed (SIGKILL) and started again while they
come. At the end every message must be one row of ``live_features``, every lap must be in its car's document, no message
may be dead, and the last instance's memory must not have grown over the second half of its life.
"""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shared import events
from shared.adapters.embedded.event_bus import SqliteBus
from shared.adapters.embedded.warehouse import DuckDBWarehouse
from shared.errors import NotFound
from shared.live.documents import BUCKET, CarDocument, read
from shared.telemetry import CarSample, LapCompleted, Telemetry
from tools.soak import Outcome
from tools.soak.memory import growth_mb
from tools.streambench import feed
from tools.streambench.instance import Instance

SECONDS = 600.0
RATE = 1000.0
KILL_EVERY = (15.0, 45.0)
"""Seconds between kills, drawn evenly."""
KILLING = 0.6
"""Share of the time in which the function is killed: a process grows for two minutes until its pools are filled (as
seen: 283 MB after 6 s, 333 after 60, 345 after 134, 339 after 152), so the last one is left alone for longer."""
RACES = 10
PUBLISHERS = 8
LOOK_SECONDS = 0.2
GROWTH_MB = 40.0
"""Memory that an instance may grow by over the second half of its life: what the database keeps of its tables."""
DRAIN_SECONDS = 900.0


def soak(scale: float, folder: Path, rate: float = RATE) -> Outcome:
    """``scale`` 1.0 is ten minutes."""
    seconds = SECONDS * scale
    rng = random.Random(1)
    instance = Instance(folder / "state")
    instance.start()
    bus = instance.ports.bus
    assert isinstance(bus, SqliteBus)
    published: list[Telemetry] = []
    publisher = threading.Thread(target=_publish, args=(bus, published, seconds, rate), daemon=True)
    publisher.start()
    began = time.monotonic()
    kills, memory = 0, [instance.memory_mb()]
    next_kill = began + rng.uniform(*KILL_EVERY) * min(1.0, seconds / 120)
    while publisher.is_alive():
        time.sleep(LOOK_SECONDS)
        memory.append(instance.memory_mb())
        if time.monotonic() >= next_kill and time.monotonic() - began < KILLING * seconds:
            instance.kill()
            kills += 1
            instance.start()
            memory.clear()
            next_kill = time.monotonic() + rng.uniform(*KILL_EVERY) * min(1.0, seconds / 120)
    publisher.join()
    deadline = time.monotonic() + DRAIN_SECONDS
    while bus.waiting() and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
        memory.append(instance.memory_mb())
    took = time.monotonic() - began
    waiting, dead = sum(bus.waiting().values()), len(bus.dead_letters())
    instance.stop()
    failures = _failures(instance, published)
    if waiting:
        failures.append(f"{waiting} messages still wait after {DRAIN_SECONDS:.0f} s")
    if dead:
        failures.append(f"{dead} messages are dead")
    growth = growth_mb(memory, LOOK_SECONDS)
    if growth > GROWTH_MB:
        failures.append(f"memory grew by {growth:.0f} MB over the second half of the last instance's life")
    return Outcome(
        passed=not failures,
        figures={
            "messages published": len(published),
            "a second while published": round(len(published) / seconds),
            "seconds until the last was handled": round(took),
            "kills": kills,
            "messages lost or doubled": sum("lost" in f or "doubled" in f for f in failures),
            "memory at the end, MB": round(memory[-1]) if memory else 0,
            "growth over the second half of the last instance's life, MB": round(growth, 1),
        },
        failures=tuple(failures),
    )


def _publish(bus: SqliteBus, published: list[Telemetry], seconds: float, rate: float) -> None:
    """Publish the mixed feed at ``rate`` a second; what was accepted is noted, in any order."""
    messages = feed.mixed(int(seconds * rate), RACES)
    began = time.monotonic()
    sent = 0

    def send(message: Telemetry) -> None:
        events.publish(bus, message)
        published.append(message)

    with ThreadPoolExecutor(PUBLISHERS) as pool:
        for message in messages:
            pool.submit(send, message)
            sent += 1
            ahead = sent / rate - (time.monotonic() - began)
            if ahead > 0.01:
                time.sleep(ahead)


def _failures(instance: Instance, published: list[Telemetry]) -> list[str]:
    """What was lost or doubled, from the tables and documents that are left."""
    warehouse = DuckDBWarehouse(instance.folder / "warehouse.duckdb")
    try:
        counts = warehouse.query(
            "SELECT kind, COUNT(*) AS n, COUNT(DISTINCT message_id) AS ids FROM live_features GROUP BY kind"
        ).to_pylist()
        quarantined = warehouse.query("SELECT COUNT(*) AS n FROM quarantine").to_pylist()[0]["n"]
    finally:
        warehouse.close()
    rows = {row["kind"]: row for row in counts}
    failures = [f"{quarantined} messages quarantined"] if quarantined else []
    for kind, model in (("car", CarSample), ("timing", LapCompleted)):
        expected = sum(isinstance(message, model) for message in published)
        found = rows.get(kind, {"n": 0, "ids": 0})
        if found["n"] > found["ids"]:
            failures.append(f"{found['n'] - found['ids']} rows of kind {kind} doubled")
        if found["ids"] != expected:
            failures.append(f"{expected - found['ids']} messages of kind {kind} lost: {found['ids']} of {expected}")
    laps: dict[str, set[int]] = {}
    for message in published:
        if isinstance(message, LapCompleted):
            laps.setdefault(f"{message.race_id}/{message.driver_id}.json", set()).add(message.lap)
    for name, wanted in laps.items():
        try:
            document = read(name, instance.ports.objects.get(BUCKET, name).data)
        except NotFound:
            failures.append(f"document {name} lost")
            continue
        assert isinstance(document, CarDocument)
        if missing := wanted - set(document.laps):
            failures.append(f"laps {sorted(missing)[:5]} lost in document {name}")
    return failures
