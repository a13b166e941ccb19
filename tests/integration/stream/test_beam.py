"""The Beam pipeline and the function's way give the same windows for the same messages, shuffled and doubled.

Beam has an environment of its own, which ``make beam`` makes; without it the test is skipped.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import random
import subprocess
from pathlib import Path

import pytest

from shared.adapters.embedded.warehouse import DuckDBWarehouse
from shared.config import ROOT
from shared.live import windows
from shared.live.rows import feature_row
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
