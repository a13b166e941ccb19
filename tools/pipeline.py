"""`make pipeline`: replays the whole product on recorded races, or on simulated ones where none are at hand.

An ingest request goes in; manifests, features, a trained bundle and its promotion follow by events alone, until the
running recommend serves the new bundle. It works in a state folder of its own, and prints the seconds of each stage.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from shared import events
from shared.bootstrap import Ports
from shared.config import ROOT, Settings, settings
from shared.errors import F1Error, NotFound
from tools.command import run_main
from tools.run import EXAMPLE, Stack, ask, ensure_key

MAX_ATTEMPTS = 3
"""Attempts of one event after which the replay gives up; the product itself would go on trying."""


class ReplayError(F1Error):
    """A stage of the replay did not come to its end."""


def seasons_of(data: Path) -> tuple[int, ...]:
    """Seasons that a data folder has races or laps of. Raises ReplayError when there are none."""
    found = {int(path.stem) for path in (data / "laps").glob("*.parquet") if path.stem.isdigit()}
    races = data / "ergast" / "races.csv"
    if races.is_file():
        with races.open(newline="", encoding="utf-8") as file:
            found |= {int(row["year"]) for row in csv.DictReader(file) if row.get("year", "").isdigit()}
    if not found:
        raise ReplayError(f"{data} holds neither laps/YEAR.parquet nor ergast/races.csv")
    return tuple(sorted(found))


def synthesize(into: Path, console: Console) -> Path:
    """Simulated races in the layout of recorded ones. Raises ReplayError."""
    console.print("no recorded races at hand: simulating some", highlight=False)
    made = subprocess.run([sys.executable, "-m", "tools.synthesize", "--out", str(into)], cwd=ROOT, check=False)
    if made.returncode != 0:
        raise ReplayError(f"simulating races ended with exit code {made.returncode}")
    return into


class Replay:
    """One replay: the stack, the ports to look in with, and the seconds of the stages so far."""

    def __init__(self, stack: Stack, opened: Ports, console: Console) -> None:
        self.stack, self.opened, self.console = stack, opened, console
        self.seconds: dict[str, float] = {}
        self._since = time.monotonic()

    def stage(self, name: str, over: Callable[[dict[str, Any]], bool]) -> None:
        """Wait until ``over`` says so of the worker's status, showing the seconds. Raises ReplayError on failure."""
        with self.console.status(name) as shown:
            while True:
                if self.stack.stopping.is_set() or self.stack.watch() is not None:
                    raise ReplayError(f"{name}: stopped")
                status = self._status()
                seconds = time.monotonic() - self._since
                shown.update(f"{name}: {seconds:.0f} s {_waiting(status)}")
                _give_up_if_stuck(name, status)
                if over(status):
                    break
                time.sleep(0.1)
        now = time.monotonic()
        self.seconds[name] = now - self._since
        self._since = now
        self.console.print(f"{name}: {self.seconds[name]:.1f} s", highlight=False)

    def _status(self) -> dict[str, Any]:
        try:
            status, body = ask(self.stack.settings.host, self.stack.settings.worker_port, "/status")
        except OSError:
            return {}
        return body if status == 200 and isinstance(body, dict) else {}


def replay(chosen: Settings, request: events.IngestRequest, console: Console) -> dict[str, float]:
    """Run it all and answer the seconds by stage. Raises ReplayError."""
    key, _ = ensure_key(chosen)
    stack = Stack(chosen, console)
    try:
        if not stack.wait_ready():
            raise ReplayError("the product did not start")
        opened = Ports(chosen)
        run = Replay(stack, opened, console)
        events.publish(opened.bus, request)
        run.stage("ingest", lambda s: _idle(s, "ingest-ergast", "ingest-fastf1"))
        run.stage("preprocess", lambda s: _idle(s, "preprocess"))
        run.stage("train", lambda s: _idle(s, "preprocess", "train"))
        promoted = _promoted(opened)
        if promoted is None:
            raise ReplayError("no bundle was promoted; the worker's log tells why")
        run.stage("recommend takes over", lambda _: _serving(chosen, key) == promoted)
        status, answer = ask(chosen.host, chosen.port, "/recommend", key, EXAMPLE.read_bytes(), timeout=120.0)
        if status != 200 or answer["model_version"] != promoted:
            raise ReplayError(f"recommend answered {status}, not with the promoted bundle {promoted}")
        console.print(f"recommend answers with the promoted bundle {promoted}", highlight=False)
        return run.seconds
    finally:
        stack.stop()


def main(arguments: list[str] | None = None) -> int:
    """Command line; 0 when every stage came to its end."""
    parser = argparse.ArgumentParser(prog="python -m tools.pipeline", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--synthetic", action="store_true", help="use simulated races even where recorded ones are at hand"
    )
    parser.add_argument("--seasons", type=int, nargs="+", help="only these seasons (default: all that are there)")
    options = parser.parse_args(arguments)
    console = Console()
    base = settings()
    synthetic = options.synthetic or not (base.data_dir / "laps").is_dir()
    state = base.state_dir / ("pipeline-synthetic" if synthetic else "pipeline")
    shutil.rmtree(state, ignore_errors=True)
    data = synthesize(state / "data", console) if synthetic else base.data_dir
    os.environ |= {
        "F1_STATE_DIR": str(state),
        "F1_DATA_DIR": str(data),
        "PORT": str(_free_port()),
        "F1_WORKER_PORT": str(_free_port()),
        "F1_QUEUE_BACKOFF_MIN": "0.5",
        "F1_QUEUE_BACKOFF_MAX": "2",
        "F1_MODEL_BUNDLE": "",
    }
    seasons = tuple(options.seasons) if options.seasons else seasons_of(data)
    request = events.IngestRequest(seasons=seasons, batch_id="pipeline", synthetic=synthetic)
    told = f"replaying {seasons[0]} to {seasons[-1]} from {data}; state and logs in {state}"
    console.print(told, highlight=False, soft_wrap=True)
    seconds = replay(settings(), request, console)
    table = Table("stage", "seconds", title="pipeline, simulated races" if synthetic else "pipeline, recorded races")
    for name, value in seconds.items():
        table.add_row(name, f"{value:.1f}")
    table.add_row("all", f"{sum(seconds.values()):.1f}")
    console.print(table)
    return 0


def _waiting(status: dict[str, Any]) -> str:
    return ", ".join(f"{count} for {name}" for name, count in status.get("waiting", {}).items())


def _idle(status: dict[str, Any], *subscriptions: str) -> bool:
    return "waiting" in status and not any(status["waiting"].get(name) for name in subscriptions)


def _give_up_if_stuck(name: str, status: dict[str, Any]) -> None:
    for letter in status.get("dead", []):
        raise ReplayError(f"{name}: an event for {letter['subscription']} failed for good: {letter['error'][:500]}")
    for each in status.get("failing", []):
        if each["attempts"] >= MAX_ATTEMPTS:
            raise ReplayError(f"{name}: {each['subscription']} failed {each['attempts']} times: {each['error'][:500]}")


def _promoted(opened: Ports) -> str | None:
    try:
        return str(json.loads(opened.objects.get("models", "current.json").data)["version"])
    except NotFound:
        return None


def _serving(chosen: Settings, key: str) -> str | None:
    try:
        status, model = ask(chosen.host, chosen.port, "/model", key)
    except OSError:
        return None
    return str(model["version"]) if status == 200 else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    run_main(main, failure=1)
