"""``python -m tools.emulators``: starts all three, prints the variables that Google's clients read, waits for Ctrl-C.

``--install`` makes their environment in ``.emulators`` instead, from pinned versions with hashes.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import threading
import venv

from shared.config import ROOT
from tools.command import run_main
from tools.emulators import run

REQUIREMENTS = ROOT / "tools" / "emulators" / "requirements.txt"


def install() -> None:
    """Make the environment, unless it holds these very versions."""
    stamp = run.FOLDER / ".installed"
    wanted = REQUIREMENTS.read_text()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print("Installing the emulators of BigQuery and Cloud Storage", file=sys.stderr)
    venv.create(run.FOLDER, with_pip=True, clear=True)
    python = str(run.FOLDER / "bin" / "python")
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:"]
    subprocess.run([*command, "-r", str(REQUIREMENTS)], check=True)
    # bqemulator would fetch the extension; this one is in a package, and is laid where DuckDB looks.
    home = run.FOLDER / "home"
    home.mkdir()
    lay = "from duckdb_extensions import import_extension; import_extension('spatial')"
    subprocess.run([python, "-c", lay], check=True, env=os.environ | {"HOME": str(home)})
    stamp.write_text(wanted)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.emulators", description=__doc__)
    parser.add_argument("--install", action="store_true", help="only make their environment")
    if parser.parse_args().install:
        install()
        return 0
    with contextlib.ExitStack() as stack:
        print(f"export BIGQUERY_EMULATOR_HOST={stack.enter_context(run.bigquery())}")
        print(f"export STORAGE_EMULATOR_HOST={stack.enter_context(run.storage())}")
        print(f"export PUBSUB_EMULATOR_HOST={stack.enter_context(run.pubsub())}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    return 0


if __name__ == "__main__":
    run_main(main)
