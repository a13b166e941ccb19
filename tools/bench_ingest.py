"""Measures how long recorded telemetry takes to ingest, and in how much memory: ``python -m tools.bench_ingest``.

A process of its own takes in every telemetry file of F1_DATA_DIR into a warehouse of its own, so that the peak is that
of the ingest, libraries included.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

from rich.console import Console
from rich.table import Table

from shared.bootstrap import ports
from shared.config import ROOT, settings
from shared.events import IngestRequest
from shared.ingest import recorded

RUNS = 3
MEBIBYTE = 1024 * 1024


def once() -> dict[str, float]:
    """Ingest everything into the state folder that the environment names."""
    chosen = settings()
    files = sorted((chosen.data_dir / "telemetry").glob("*_telemetry.parquet"))
    opened = ports(chosen)
    assert opened.warehouse is not None
    started = time.perf_counter()
    recorded.ingest(opened, IngestRequest(seasons=tuple({int(path.name[:4]) for path in files})), chosen.data_dir)
    seconds = time.perf_counter() - started
    (row,) = opened.warehouse.query("SELECT COUNT(*) AS n FROM raw_telemetry").to_pylist()
    unit = 1024 if sys.platform == "linux" else 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEBIBYTE
    return {"samples": row["n"], "seconds": seconds, "peak_mib": peak}


def main() -> int:
    """Print each run, and the medians."""
    if sys.argv[1:] == ["--once"]:
        print(json.dumps(once()))
        return 0
    if not list((settings().data_dir / "telemetry").glob("*_telemetry.parquet")):
        print(f"{settings().data_dir} holds no telemetry/YEAR_ROUND_telemetry.parquet", file=sys.stderr)
        return 1
    runs = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as state:
            made = subprocess.run(
                [sys.executable, "-m", "tools.bench_ingest", "--once"], cwd=ROOT, check=True, capture_output=True,
                text=True, env=os.environ | {"F1_STATE_DIR": state, "F1_LOG_LEVEL": "ERROR"},
            )  # fmt: skip
        runs.append(json.loads(made.stdout))
    table = Table("samples", "seconds", "peak MiB", title="recorded telemetry into the warehouse")
    for run in runs:
        table.add_row(str(run["samples"]), f"{run['seconds']:.1f}", f"{run['peak_mib']:.0f}")
    middle = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    table.add_row("median", f"{middle['seconds']:.1f}", f"{middle['peak_mib']:.0f}", style="bold")
    Console().print(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
