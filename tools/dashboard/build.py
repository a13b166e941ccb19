"""Builds the dashboard when its sources have changed: ``python -m tools.dashboard.build``, or `make dashboard`.

``dashboard/out`` is kept with a hash of what it was built from, so that a second start finds nothing to do. Packages
come by ``npm ci`` from the lock file, and only when the lock has changed.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from shared.config import ROOT
from shared.errors import F1Error
from tools.command import run_main

FOLDER = ROOT / "dashboard"
OUT = FOLDER / "out"
BUILT = "built_from"
"""File in ``out`` with the hash of the sources, and in ``node_modules`` with that of the lock."""
BUILDING = ".building"
"""File in the dashboard's folder with the id of the process that builds."""
SOURCES = (
    "src",
    "public",
    "package.json",
    "package-lock.json",
    "next.config.ts",
    "postcss.config.mjs",
    "tsconfig.json",
)
PATIENCE = 900.0
"""Seconds to wait for another process's build."""
LEAST_URGENT = 19
"""Niceness of a build that runs beside a service: npm and Next.js, which it starts, have it too."""
NEEDS = (20, 9)
"""Least Node that Next.js takes."""


class BuildError(F1Error):
    """The dashboard could not be built; the message says what to do."""


class Built(NamedTuple):
    """What a build did: seconds it took, 0 where the output was current."""

    out: Path
    seconds: float


def sources_hash(folder: Path = FOLDER) -> str:
    """A hash of every file that the output depends on."""
    digest = hashlib.sha256()
    for path in _files(folder):
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_current(folder: Path = FOLDER) -> bool:
    """Whether ``out`` was built from the sources as they are."""
    return _marked(folder / "out") == sources_hash(folder)


def missing_node() -> str | None:
    """Why nothing can be built here, as a sentence with what to do; None where it can."""
    how = f"Install Node.js {NEEDS[0]}.{NEEDS[1]} or newer with npm, then `make dashboard`."
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return f"The dashboard is not built: {'Node.js' if node is None else 'npm'} is not here. {how}"
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    found = re.fullmatch(r"v(\d+)\.(\d+)\..*", told)
    if found is None or (int(found[1]), int(found[2])) < NEEDS:
        return f"The dashboard is not built: Node.js here is {told or 'not to be run'}. {how}"
    return None


def build(folder: Path = FOLDER, log: Path | None = None, patience: float = PATIENCE) -> Built:
    """Build unless ``out`` is current. Packages' and Next.js's own output goes to ``log``, or to standard error. While
    another process builds, wait for it, ``patience`` seconds at most.

    Raises BuildError where Node is missing, a step fails or the other process takes too long.
    """
    wanted = sources_hash(folder)
    out = folder / "out"
    if _marked(out) == wanted:
        return Built(out, 0.0)
    if (reason := missing_node()) is not None:
        raise BuildError(reason)
    began = time.monotonic()
    with _alone(folder, patience):
        if _marked(out) == wanted:
            return Built(out, 0.0)
        _make(folder, log)
        _mark(out, wanted)
    return Built(out, time.monotonic() - began)


def alive(mark: Path) -> bool:
    """Whether the process that left this mark still builds."""
    try:
        os.kill(int(mark.read_text()), 0)
    except (OSError, ValueError, OverflowError):
        return False
    return True


@contextlib.contextmanager
def _alone(folder: Path, patience: float) -> Iterator[None]:
    """One build at a time. Raises BuildError when another process still builds after ``patience`` seconds."""
    mark = folder / BUILDING
    give_up = time.monotonic() + patience
    while not _claim(mark):
        if time.monotonic() > give_up:
            raise BuildError(f"The dashboard is still being built by process {mark.read_text().strip()}")
        time.sleep(0.2)
    try:
        yield
    finally:
        mark.unlink(missing_ok=True)


def _claim(mark: Path) -> bool:
    """Leave this process's mark; false while another's stands and that process lives."""
    if mark.exists() and not alive(mark):
        mark.unlink(missing_ok=True)
    partial = mark.with_name(f"{mark.name}-{os.getpid()}")
    partial.write_text(f"{os.getpid()}\n")
    try:
        os.link(partial, mark)
    except FileExistsError:
        return False
    finally:
        partial.unlink()
    return True


def _make(folder: Path, log: Path | None) -> None:
    lock = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    if _marked(folder / "node_modules") != lock:
        _step(["npm", "ci"], folder, log)
        _mark(folder / "node_modules", lock)
    _step(["npm", "run", "build"], folder, log)


def _files(folder: Path) -> Iterator[Path]:
    for name in SOURCES:
        path = folder / name
        yield from sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]


def _marked(folder: Path) -> str | None:
    path = folder / BUILT
    return path.read_text().strip() if path.is_file() else None


def _mark(folder: Path, value: str) -> None:
    partial = folder / f".{BUILT}"
    partial.write_text(value + "\n")
    partial.replace(folder / BUILT)


def _step(command: list[str], folder: Path, log: Path | None) -> None:
    environment = os.environ | {"NEXT_TELEMETRY_DISABLED": "1", "CI": "1"}
    if log is None:
        done = subprocess.run(command, cwd=folder, env=environment, stdout=sys.stderr, check=False)
    else:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as file:
            done = subprocess.run(command, cwd=folder, env=environment, stdout=file, stderr=file, check=False)
    if done.returncode != 0:
        told = "" if log is None else f"; {log} tells why"
        raise BuildError(f"The dashboard was not built: `{' '.join(command)}` ended with {done.returncode}{told}")


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.dashboard.build", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--log", type=Path, help="file that takes what npm and Next.js say")
    parser.add_argument("--yield", dest="yields", action="store_true", help="leave the processors to other programs")
    given = parser.parse_args(arguments)
    if given.yields:
        os.nice(LEAST_URGENT)
    done = build(log=given.log)
    print(f"dashboard built in {done.seconds:.0f} s" if done.seconds else "dashboard: nothing to build")
    return 0


if __name__ == "__main__":
    run_main(main, failure=1)
