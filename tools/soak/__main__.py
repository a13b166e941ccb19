"""``make soak``: makes the long runs, all or those named, and writes their figures with the date to docs/soak.md."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from shared.config import ROOT
from tools.soak import RUNS
from tools.soak.page import Result, record

PAGE = ROOT / "docs" / "soak.md"


def main(arguments: list[str] | None = None) -> int:
    """Command line; 1 when a run did not hold."""
    parser = argparse.ArgumentParser(prog="python -m tools.soak", description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help=f"runs to make (default all): {', '.join(run.name for run in RUNS)}")
    parser.add_argument("--scale", type=float, default=1.0, help="length as a share of the full one")
    parser.add_argument("--page", type=Path, default=PAGE, help="page to write the figures to")
    options = parser.parse_args(arguments)
    known = {run.name: run for run in RUNS}
    unknown = sorted(set(options.names) - set(known))
    if unknown:
        parser.error(f"no run {', '.join(unknown)}; there are {', '.join(known)}")
    console = Console()
    held = True
    for run in [known[name] for name in options.names] or RUNS:
        console.print(f"{run.name}: {run.about}", highlight=False)
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=f"soak-{run.name}-") as folder:
            outcome = run.load()(options.scale, Path(folder))
        seconds = time.monotonic() - started
        for name, value in outcome.figures.items():
            console.print(f"  {name}: {value}", highlight=False)
        for failure in outcome.failures:
            console.print(f"  failed: {failure}", style="red", highlight=False)
        console.print(f"  {'held' if outcome.passed else 'did not hold'}, {seconds:.0f} s", highlight=False)
        record(options.page, run, Result(dt.datetime.now(dt.UTC).date(), _machine(), seconds, outcome))
        held = held and outcome.passed
    return 0 if held else 1


def _machine() -> str:
    load = f"load average {os.getloadavg()[1]:.0f}"  # of five minutes: who else was using the machine
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {load}"


if __name__ == "__main__":
    sys.exit(main())
