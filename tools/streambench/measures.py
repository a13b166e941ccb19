"""The measures: each answers its figures by name."""

from __future__ import annotations

import datetime as dt
import json
import statistics
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

from shared import events
from shared.adapters.embedded.delivery import cloud_event
from shared.adapters.embedded.event_bus import Claimed
from shared.errors import NotFound
from shared.live import windows
from shared.live.documents import BUCKET, CarDocument, read
from shared.live.rows import feature_row
from shared.telemetry import CarSample, decode
from tools.replaying import sources
from tools.replaying.player import send
from tools.run import ask
from tools.streambench import feed
from tools.streambench.instance import Instance, InstanceError, running

SUBSCRIPTIONS = {"stream-features", "stream-samples"}
PUBLISHERS = 16
PUSHES = 40
"""Requests at a time of an instance in the cloud, as Terraform sets it."""
KEY = "bench-key"


def transform(count: int = 100_000, rounds: int = 5) -> dict[str, float]:
    """Bytes to feature row and merged window, on one thread: messages a second of processor time, median of rounds."""
    data = [_bytes(feed.sample(n)) for n in range(count)]
    now = dt.datetime.now(dt.UTC)
    rates = []
    for _ in range(rounds):
        merged: dict[windows.Key, windows.Window] = {}
        began = time.process_time()
        for n, each in enumerate(data):
            message = decode(each)
            assert isinstance(message, CarSample)
            feature_row(message, str(n), now)
            key = windows.key_of(message)
            merged[key] = windows.merge(merged.get(key, windows.Window()), windows.window_of(message))
        rates.append(count / (time.process_time() - began))
    return {"transform, messages a second and core": round(statistics.median(rates))}


def throughput(folder: Path, count: int = 20_000, races: int = 10) -> dict[str, float]:
    """One instance end to end: from the first publish until every message is acknowledged."""
    with running(folder) as instance:
        _publish(instance, [feed.session(n) for n in range(races)])
        _drained(instance)
        messages = list(feed.mixed(count, races))
        cpu, own, began = instance.cpu_seconds(), time.process_time(), time.perf_counter()
        _publish(instance, messages)
        _drained(instance)
        seconds = time.perf_counter() - began
        cpu, own = instance.cpu_seconds() - cpu, time.process_time() - own
    return {
        "one instance end to end, messages a second": round(len(messages) / seconds),
        "its processor time, µs a message": round(1e6 * cpu / len(messages)),
        "the publisher's, µs a message": round(1e6 * own / len(messages)),
        "processors it could use": round((cpu + own) / seconds, 2),
    }


def pushed(folder: Path, count: int = 5_000, races: int = 10) -> dict[str, float]:
    """One message a request, as Pub/Sub pushes them: posted to the function over kept connections, not by the queue."""
    now = dt.datetime.now(dt.UTC).isoformat()
    with running(folder) as instance:
        _publish(instance, [feed.session(n) for n in range(races)])
        _drained(instance)
        requests = [
            cloud_event(Claimed(n, "bench", f"m{n}", message.TOPIC, _bytes(message), {}, None, now, 1))
            for n, message in enumerate(feed.mixed(count, races))
        ]
        kept = threading.local()

        def post(request: tuple[dict[str, str], bytes]) -> None:
            if not hasattr(kept, "connection"):
                kept.connection = HTTPConnection(instance.settings.host, instance.settings.worker_port)
            headers, body = request
            kept.connection.request("POST", "/stream_features", body, headers)
            response = kept.connection.getresponse()
            response.read()
            if response.status != 200:
                raise InstanceError(f"the function answered {response.status}")

        cpu, began = instance.cpu_seconds(), time.perf_counter()
        with ThreadPoolExecutor(PUSHES) as pool:
            list(pool.map(post, requests))
        seconds = time.perf_counter() - began
        cpu = instance.cpu_seconds() - cpu
    return {
        "one message a request, messages a second": round(count / seconds),
        "the function's processor time then, µs a message": round(1e6 * cpu / count),
    }


def to_state(folder: Path, rate: float = 500.0, seconds: float = 30.0, races: int = 40) -> dict[str, float]:
    """From publishing a completed lap until the car's document shows it, with car samples at ``rate`` beside it."""
    took: list[float] = []
    with running(folder) as instance, ThreadPoolExecutor(PUBLISHERS) as pool, ThreadPoolExecutor(32) as watchers:
        _publish(instance, [feed.session(n) for n in range(races)])
        _drained(instance)

        def timed(number: int) -> None:
            who = number % (races * feed.CARS)
            message = feed.lap(1 + number // (races * feed.CARS), who // feed.CARS, who % feed.CARS)
            began = time.perf_counter()
            events.publish(instance.ports.bus, message)
            name = f"{message.race_id}/{message.driver_id}.json"
            _until(lambda: message.lap in _laps(instance, name))
            took.append(time.perf_counter() - began)

        began = time.perf_counter()
        sent = laps = 0
        while (now := time.perf_counter() - began) < seconds:
            while sent < now * rate:
                if sent % 25 == 24:
                    watchers.submit(timed, laps)
                    laps += 1
                else:
                    pool.submit(events.publish, instance.ports.bus, feed.sample(sent, race=sent % races))
                sent += 1
            time.sleep(0.002)
        watchers.shutdown(wait=True)
        _drained(instance)
    return {
        f"publish to readable state at {sent / seconds:.0f} a second, laps measured": len(took),
        **_spread("publish to readable state, ms", took),
    }


def to_advice(folder: Path, laps: int = 30) -> dict[str, float]:
    """From publishing a car's lap until ``POST /recommend`` with the race's id has answered from it.

    The server has compiled its programs; one that starts does so in the first half minute, beside its answers.
    """
    recording = sources.simulated(seed=3)
    lines = [m for m in recording.messages if m.kind == "timing" and m.position == 1]
    took, alone = [], []
    with running(folder, F1_API_KEYS=KEY) as worker, running(folder, "tools.serve", **_same(worker)) as recommend:
        _until(recommend.compiled, 0.2)
        sent = set()
        for line in lines[20 : 20 + laps]:
            due = [m for m in recording.messages if m.sampled_at < line.sampled_at and id(m) not in sent]
            with ThreadPoolExecutor(PUBLISHERS) as pool:
                list(pool.map(lambda m: send(worker.ports.bus, m), due))
            sent |= {id(m) for m in [*due, line]}
            _drained(worker)
            time.sleep(1.2)
            body = json.dumps({"driver_id": line.driver_id, "race_id": recording.race_id}).encode()
            began = time.perf_counter()
            send(worker.ports.bus, line)
            while not _on_lap(recommend, recording.race_id, line.lap):
                time.sleep(0.01)
            asked = time.perf_counter()
            status, answer = ask(recommend.settings.host, recommend.settings.port, "/recommend", KEY, body)
            if status != 200:
                raise InstanceError(f"recommend answered {status}: {answer}")
            took.append(time.perf_counter() - began)
            alone.append(time.perf_counter() - asked)
    return {
        "recommendations after a lap, measured": len(took),
        **_spread("publish to a new recommendation, ms", took),
        **_spread("of which the recommendation, ms", alone),
    }


def _same(worker: Instance) -> dict[str, str]:
    return {"F1_API_KEYS": KEY, "F1_WORKER_PORT": str(worker.settings.worker_port)}


def _on_lap(recommend: Instance, race_id: str, lap: int) -> bool:
    status, live = ask(recommend.settings.host, recommend.settings.port, f"/live/{race_id}", KEY)
    return status == 200 and live["lap"] >= lap


def _bytes(message: events.Message) -> bytes:
    return message.model_dump_json(exclude_none=True).encode()


def _publish(instance: Instance, messages: Sequence[events.Message]) -> None:
    with ThreadPoolExecutor(PUBLISHERS) as pool:
        list(pool.map(lambda message: events.publish(instance.ports.bus, message), messages))


def _drained(instance: Instance) -> None:
    bus = instance.ports.bus
    _until(lambda: not SUBSCRIPTIONS & bus.waiting().keys(), 0.01)  # type: ignore[attr-defined]


def _laps(instance: Instance, name: str) -> dict[int, object]:
    try:
        document = read(name, instance.ports.objects.get(BUCKET, name).data)
    except NotFound:
        return {}
    return dict(document.laps) if isinstance(document, CarDocument) else {}


def _until(condition: object, pause: float = 0.002, patience: float = 300.0) -> None:
    assert callable(condition)
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise InstanceError(f"not done within {patience:.0f} s")
        time.sleep(pause)


def _spread(name: str, seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(1000 * s for s in seconds)
    if not ordered:
        return {}
    worst = ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]
    return {f"{name}: median": round(statistics.median(ordered), 1), f"{name}: P99": round(worst, 1)}
