"""``make bench-preprocess``: how long all recorded races take to preprocess, and one race that comes in later.

Races are ingested first, which does not count, into a state of the bench's own; then the function itself is called as
its events would. Seconds on the clock, and of processor time, which hardly minds who else is on the machine.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from cloudevents.http import CloudEvent
from rich.console import Console
from rich.table import Table

from functions.ingest_ergast.main import ingest_ergast
from functions.ingest_fastf1.main import ingest_fastf1
from functions.preprocess.main import preprocess
from shared import events
from shared.bootstrap import Ports, ports
from shared.config import settings
from shared.observability import set_up
from tools.pipeline import seasons_of

BACKFILLS = 3
RACES = 7


def timed(run: Callable[[], object]) -> tuple[float, float]:
    """Seconds of a run, on the clock and of processor time."""
    clock, processor = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - clock, time.process_time() - processor


def backfill(data: Path, state: Path) -> tuple[Ports, tuple[float, float]]:
    """Ingest every race into a new state, and time the preprocessing of them all."""
    opened = _open(state)
    for ingest in (ingest_ergast, ingest_fastf1):
        ingest(_asked(events.IngestRequest(seasons=seasons_of(data), data_dir=str(data), batch_id="bench")))
    (first, *_) = opened.objects.list("manifests", "batch/bench/")
    return opened, timed(lambda: preprocess(_written(first.name)))


def one_race(data: Path, opened: Ports, number: int) -> tuple[float, float]:
    """Time the preprocessing of the newest race after its laps came in again, changed."""
    path = max((data / "laps").glob("[0-9][0-9][0-9][0-9].parquet"))
    laps = pd.read_parquet(path)
    newest = laps["RoundNumber"].max()
    laps.loc[(laps["RoundNumber"] == newest) & (laps["LapNumber"] == 7), "LapTime"] += (number + 1) / 1000
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "laps").mkdir()
        laps.to_parquet(Path(folder) / "laps" / path.name)
        shutil.copytree(data / "ergast", Path(folder) / "ergast")
        known = {entry.name for entry in opened.objects.list("manifests")}
        request = events.IngestRequest(seasons=(int(path.stem),), rounds=(int(newest),), data_dir=folder)
        ingest_fastf1(_asked(request.model_copy(update={"sources": ("fastf1",)})))
    (name,) = {entry.name for entry in opened.objects.list("manifests")} - known
    return timed(lambda: preprocess(_written(name)))


def _open(state: Path) -> Ports:
    os.environ |= {"F1_STATE_DIR": str(state), "F1_LOG_LEVEL": "WARNING"}
    set_up(settings())
    return ports(settings())


def _asked(request: events.IngestRequest) -> CloudEvent:
    data = base64.b64encode(request.model_dump_json(exclude_none=True).encode()).decode()
    body = json.dumps({"message": {"data": data, "messageId": "bench"}})
    return CloudEvent({"type": events.PUBLISHED, "source": "bench"}, body)


def _written(name: str) -> CloudEvent:
    generation = str(time.time_ns() // 1000)
    return CloudEvent(
        {"type": events.FINALIZED, "source": "bench"},
        {"bucket": "manifests", "name": name, "generation": generation},
    )


def main() -> int:
    """Measure and print; 1 where no recorded races are at hand."""
    data = settings().data_dir
    if not (data / "laps").is_dir():
        print(f"needs recorded races: F1_DATA_DIR names {data}, which holds no laps/", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        runs = [backfill(data, Path(folder) / str(number)) for number in range(BACKFILLS)]
        opened = runs[-1][0]
        races = [one_race(data, opened, number) for number in range(RACES)]
        (count,) = opened.warehouse.query(
            "SELECT COUNT(*) AS laps, COUNT(DISTINCT race_id) AS races FROM clean_laps WHERE race_date > '1950-01-01'"
        ).to_pylist()
    table = Table("preprocess", "median s", "least s", "most s", "processor s", title=f"{os.cpu_count()} cores, DuckDB")
    for name, times in ((f"{count['races']} races, {count['laps']:,} laps", [t for _, t in runs]), ("one race", races)):
        clock, processor = zip(*times, strict=True)
        figures = (statistics.median(clock), min(clock), max(clock), statistics.median(processor))
        table.add_row(name, *(f"{figure:.2f}" for figure in figures))
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
