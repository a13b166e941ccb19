"""The Beam pipeline and the function's way give the same windows for the same messages, shuffled and doubled.

Beam has an environment of its own, which ``make beam`` makes; without it the tests are skipped. Streaming runs against
Google's Pub/Sub emulator, where there is one.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import random
import subprocess
import time
import uuid
from pathlib import Path

import pytest
from google.cloud import pubsub_v1

from shared.adapters.embedded.warehouse import DuckDBWarehouse
from shared.adapters.gcp.event_bus import CloudBus
from shared.config import ROOT
from shared.live import windows
from shared.live.rows import feature_row
from shared.telemetry import event_id
from tools.replaying.player import send
from tools.streambench import feed

PYTHON = ROOT / ".venv-beam" / "bin" / "python"
MESSAGES = 100_000


@pytest.fixture
def beam_python() -> Path:
    if not PYTHON.exists():
        pytest.skip("needs Beam's own environment: `make beam` makes it in .venv-beam")
    return PYTHON


@pytest.mark.slow
def test_both_ways_give_the_same_windows(beam_python: Path, tmp_path: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    messages = [(f"m{n}", feed.sample(n, race=n // feed.CARS % 3)) for n in range(MESSAGES)]
    delivered = messages * 2
    random.Random(1).shuffle(delivered)
    lines = (
        {"id": identity, "data": base64.b64encode(message.model_dump_json(exclude_none=True).encode()).decode()}
        for identity, message in delivered
    )
    source = tmp_path / "messages.jsonl"
    source.write_text("".join(json.dumps(line) + "\n" for line in lines))
    command = [str(beam_python), "-m", "functions.stream_features.beam_pipeline", "--input", str(source)]
    subprocess.run([*command, "--output", str(tmp_path / "out"), "--runner", "DirectRunner"], cwd=ROOT, check=True)
    (written,) = tmp_path.glob("out-*")
    rows = [json.loads(line) for line in written.read_text().splitlines()]
    for row in rows:
        row["window_start"] = dt.datetime.fromisoformat(row["window_start"])
    by_beam = windows.stored_windows(rows)
    assert len(by_beam) == len(rows), "a window came out twice"

    warehouse = DuckDBWarehouse(tmp_path / "w.duckdb")
    for first in range(0, len(delivered), 20_000):
        part = delivered[first : first + 20_000]
        stored = {identity: feature_row(message, identity, now) for identity, message in part}
        warehouse.append("live_features", [row for row in stored.values() if row is not None], list(stored))
    by_function: dict[windows.Key, windows.Features] = {}
    for race in range(3):
        found = warehouse.query(windows.WINDOWS_SQL, {"race_id": feed.race_id(race)}).to_pylist()
        by_function |= windows.stored_windows(found)
    warehouse.close()
    assert sum(told.samples for told in by_function.values()) == MESSAGES
    assert by_beam == by_function


STREAMED = 240
PATIENCE = 240.0
"""Seconds: the DirectRunner pulls ten messages at a time."""


@pytest.mark.slow
def test_a_stream_gives_those_windows_as_it_comes(
    beam_python: Path, pubsub_emulator: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", pubsub_emulator)
    project = f"p-{uuid.uuid4().hex[:20]}"
    publisher, subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
    for topic in ("telemetry", "live-windows"):
        publisher.create_topic(name=f"projects/{project}/topics/{topic}")
        path = f"projects/{project}/subscriptions/{topic}"
        subscriber.create_subscription(name=path, topic=f"projects/{project}/topics/{topic}")
    # Twelve seconds of twenty cars, out of order, every third message published twice; of now, since this runner takes
    # the time of day for the watermark. Windows that have closed before their last sample comes are told again.
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    times = [now + dt.timedelta(seconds=0.05 * n) for n in range(STREAMED)]
    samples = [feed.sample(n).model_copy(update={"sampled_at": at}) for n, at in enumerate(times)]
    delivered = [*samples, *samples[::3]]
    random.Random(4).shuffle(delivered)
    expected = {
        key: windows.features(window)
        for key, window in windows.windows((event_id(sample), sample) for sample in samples).items()
    }
    command = [str(beam_python), "-m", "functions.stream_features.beam_pipeline", "--runner", "DirectRunner"]
    command += ["--project", project, "--subscription", f"projects/{project}/subscriptions/telemetry"]
    command += ["--output_topic", f"projects/{project}/topics/live-windows"]
    told: dict[windows.Key, windows.Features] = {}
    with (tmp_path / "pipeline.log").open("w") as log:
        pipeline = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stdout=log, stderr=log)
        try:
            bus = CloudBus(project)
            for sample in delivered:
                send(bus, sample)
            deadline = time.monotonic() + PATIENCE
            while told != expected and time.monotonic() < deadline and pipeline.poll() is None:
                path = f"projects/{project}/subscriptions/live-windows"
                request = {"subscription": path, "max_messages": 500, "return_immediately": True}
                received = subscriber.pull(request=request).received_messages
                for row in (json.loads(each.message.data) for each in received):
                    row["window_start"] = dt.datetime.fromisoformat(row["window_start"])
                    ((key, found),) = windows.stored_windows([row]).items()
                    told[key] = max(told.get(key, found), found, key=lambda window: window.samples)
                if received:
                    subscriber.acknowledge(subscription=path, ack_ids=[each.ack_id for each in received])
                time.sleep(0.2)
        finally:
            pipeline.kill()
            pipeline.wait()
    assert told == expected, (tmp_path / "pipeline.log").read_text()[-2000:]
