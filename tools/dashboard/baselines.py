"""Takes the dashboard's screenshots anew: ``python -m tools.dashboard.baselines``, or `make dashboard-baselines`.

The pages are built and served without the product behind them: what they ask for is answered by the tests' fixtures.
"""

from __future__ import annotations

import argparse
import logging
import shutil
import subprocess
import threading

from werkzeug.exceptions import NotFound
from werkzeug.serving import make_server

from shared.errors import F1Error
from tools.command import run_main
from tools.dashboard.build import FOLDER, build
from tools.dashboard.site import Site

SCREENS = "look"
"""In the names of the scenarios that compare screens, and of no others."""
PATIENCE = 600.0
"""Seconds for all of them."""


class BaselinesError(F1Error):
    """The screenshots could not be taken; the message tells why."""


def find_chromium() -> str | None:
    """Chromium's program, None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def take(only: str) -> None:
    """Take the screenshots of the scenarios whose names hold ``only``. Raises BuildError; BaselinesError without
    Chromium, where no scenario is called so, and where a page does not come to be whole."""
    program = find_chromium()
    if program is None:
        raise BaselinesError("No screenshots are taken: Chromium is not here (Debian's package chromium)")
    build()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, Site(NotFound()), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    command = ["node", str(FOLDER / "tests" / "e2e" / "run.mjs"), "--base", f"http://127.0.0.1:{server.port}"]
    command += ["--key", "none", "--race", "2018_01", "--chromium", program, "--only", only, "--update"]
    try:
        done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=PATIENCE, check=False)
    finally:
        server.shutdown()
    print(done.stdout, end="")
    if done.returncode != 0 or not done.stdout or '"ok":false' in done.stdout:
        raise BaselinesError(f"Not every screenshot of {only!r} was taken. {done.stderr[-2000:]}")


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.dashboard.baselines", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--only", default=SCREENS, help="text in the names of the scenarios wanted (default: all)")
    take(parser.parse_args(arguments).only)
    return 0


if __name__ == "__main__":
    run_main(main, failure=1)
