"""``make bench-stream``: measures the live road on this machine, beside what it should reach, and how busy it was."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tools.command import run_main
from tools.streambench import measures

GOALS = {
    "transform, messages a second and core": "at least 50,000",
    "one instance end to end, messages a second": "at least 1,500 on two cores",
    "publish to readable state, ms: P99": "under 250",
    "publish to a new recommendation, ms: P99": "under 1,000",
}
MEASURES: dict[str, Callable[[Path], dict[str, float]]] = {
    "transform": lambda folder: measures.transform(),
    "throughput": measures.throughput,
    "pushed": measures.pushed,
    "state": measures.to_state,
    "advice": measures.to_advice,
}


def main(arguments: list[str] | None = None) -> int:
    """Measure all, or those named, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench_stream", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="*", help=f"measures (default all): {', '.join(MEASURES)}")
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.names) - set(MEASURES))
    if unknown:
        parser.error(f"no measure {', '.join(unknown)}; there are {', '.join(MEASURES)}")
    console = Console()
    table = Table("figure", "measured", "goal", title="the live road")
    for name in given.names or MEASURES:
        with tempfile.TemporaryDirectory(prefix="bench-stream-") as folder, console.status(name):
            figures = MEASURES[name](Path(folder))
        for figure, value in figures.items():
            table.add_row(figure, f"{value:,}", GOALS.get(figure, ""))
    console.print(table)
    load = os.getloadavg()[1]
    console.print(f"{os.cpu_count()} processors, load over five minutes {load:.1f}", highlight=False)
    return 0


if __name__ == "__main__":
    run_main(main, failure=1)
