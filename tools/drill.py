"""Destroys a stack's warehouse, models and queue in turn, brings each back from a backup, and proves it by hashes.

``python -m tools.drill`` works on a stack of its own in a folder of its own, with real processes that are killed. It
prints for each loss the seconds until the product served again (RTO) and the age of the oldest thing that was lost
(RPO), and ends by making features anew from the raw bucket alone.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from shared import events
from shared.bootstrap import Ports
from shared.config import Settings, settings
from shared.errors import F1Error
from shared.models.bundle_store import promote, put_bundle
from shared.serving.bundle_watch import SHIPPED
from tools.backup import make
from tools.pipeline import seasons_of
from tools.recovery import embedded
from tools.recovery.manifest import BackupManifest, RecoveryError
from tools.recovery.replay import replay
from tools.restore import bring_back
from tools.run import EXAMPLE, Stack, ask, ensure_key

RTO_SECONDS = 30 * 60.0
RPO_SECONDS = 24 * 3600.0
"""What the specification allows."""

SAMPLES = 50
"""Telemetry messages that wait in the queue when it is backed up."""


class Loss(NamedTuple):
    """A loss and what came of it: seconds until the product served again, and seconds of work that were lost."""

    what: str
    rto: float
    rpo: float
    proof: str


def destroy_warehouse(chosen: Settings) -> None:
    """Overwrite the warehouse's file with noise, as a failing disk would."""
    path = chosen.state_dir / embedded.WAREHOUSE
    path.write_bytes(os.urandom(1 << 20))
    path.with_name(path.name + ".wal").unlink(missing_ok=True)


def destroy_models(chosen: Settings) -> None:
    """Remove every object of the bucket that the models are in."""
    shutil.rmtree(chosen.state_dir / embedded.OBJECTS / "models")


def destroy_queue(chosen: Settings) -> None:
    """Remove the queue with all that waits in it."""
    for path in chosen.state_dir.glob(f"{embedded.QUEUE}*"):
        path.unlink()


LOSSES: dict[str, tuple[Callable[[Settings], None], tuple[str, ...]]] = {
    "warehouse": (destroy_warehouse, ("warehouse",)),
    "models": (destroy_models, ("objects",)),
    "queue": (destroy_queue, ("queue",)),
}
"""By what is lost: how it is destroyed, and the parts of a backup that bring it back."""


def prepare(chosen: Settings, data: Path, console: Console) -> None:
    """A state worth losing: a season ingested and preprocessed, a bundle promoted, telemetry waiting in the queue."""
    from tools.soak.drain import drain

    opened = Ports(chosen)
    season = max(seasons_of(data))
    events.publish(opened.bus, events.IngestRequest(seasons=(season,), data_dir=str(data), batch_id="drill"))
    handled = drain()
    bundle = embedded_bundle_version()
    put_bundle(opened.objects, SHIPPED, bundle)
    promote(opened.objects, bundle, 0, {"synthetic": False})
    for number in range(SAMPLES):
        at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=number)
        sample = events.CarSample(race_id=f"{season}_01", driver_id="VER", sampled_at=at, speed=200.0 + number)
        events.publish(opened.bus, sample)
    console.print(f"prepared: season {season}, {handled} events, bundle {bundle}, {SAMPLES} messages", highlight=False)


def embedded_bundle_version() -> str:
    """Version of the bundle that ships."""
    import json

    return str(json.loads((SHIPPED / "manifest.json").read_text())["version"])


@contextmanager
def serving(chosen: Settings, console: Console) -> Iterator[Stack]:
    """The product up and answering recommendations; killed, not stopped, at the end. Raises RecoveryError."""
    key, _ = ensure_key(chosen)
    stack = Stack(chosen, console)
    try:
        if not stack.wait_ready() or ask(chosen.host, chosen.worker_port, "/health")[0] != 200:
            raise RecoveryError("the product did not start")
        status, answer = ask(chosen.host, chosen.port, "/recommend", key, EXAMPLE.read_bytes(), timeout=120.0)
        if status != 200:
            raise RecoveryError(f"recommend answers {status}: {answer}")
        yield stack
    finally:
        for child in stack.children.values():
            child.process.send_signal(signal.SIGKILL)
            child.process.wait()


def drill(chosen: Settings, data: Path, console: Console) -> list[Loss]:
    """Make the state, lose each part and bring it back. Raises RecoveryError where anything differs afterwards."""
    prepare(chosen, data, console)
    queued = make(chosen)  # nothing runs yet, so the queue's backup holds the messages
    with serving(chosen, console):
        _wait_for_samples(chosen)
        taken = make(chosen)  # while everything runs, through the worker
    found = []
    for what, (destroy, parts) in LOSSES.items():
        manifest = queued if what == "queue" else taken
        destroy(chosen)
        lost_at, began = dt.datetime.now(dt.UTC), time.monotonic()
        _, wrong = bring_back(chosen, manifest.id, parts)
        if wrong:
            raise RecoveryError(f"{what} came back otherwise: {'; '.join(wrong[:5])}")
        with serving(chosen, console):
            rto = time.monotonic() - began
            if what == "queue":
                _wait_for_samples(chosen)
        rpo = (lost_at - manifest.taken_at).total_seconds()
        found.append(Loss(what, rto, rpo, _proof(chosen, what, manifest)))
    found.append(_rebuild(chosen, taken))
    return found


def _proof(chosen: Settings, what: str, manifest: BackupManifest) -> str:
    """What was compared, after the product has run on what was brought back. Raises RecoveryError."""
    if what == "warehouse":
        return f"{len(manifest.tables)} tables, {sum(t.rows for t in manifest.tables.values()):,} rows"
    if what == "models":
        models = [name for name in manifest.objects if name.startswith("models/")]
        return f"{len(models)} objects of the bucket models, of {len(manifest.objects)} in all"
    rows = embedded.held(chosen)[0]["live_features"].rows
    if rows != SAMPLES:
        raise RecoveryError(f"{rows} samples are stored after the queue came back, not {SAMPLES}")
    return f"{SAMPLES} messages delivered again, each stored once"


def _wait_for_samples(chosen: Settings) -> None:
    deadline = time.monotonic() + 60.0
    while time.monotonic() < deadline:
        status, body = ask(chosen.host, chosen.worker_port, "/status")
        if status == 200 and not body["waiting"].get("stream-features"):
            return
        time.sleep(0.1)
    raise RecoveryError("telemetry messages are still waiting after a minute")


def _rebuild(chosen: Settings, manifest: BackupManifest) -> Loss:
    """The warehouse without any backup: raw tables from the raw bucket, features by the events that follow."""
    from tools.soak.drain import drain

    began = time.monotonic()
    (chosen.state_dir / embedded.WAREHOUSE).unlink()
    opened = Ports(chosen)
    replay(opened.warehouse, opened.objects, dt.datetime.fromtimestamp(0, dt.UTC))
    drain(("preprocess",))
    opened.warehouse.close()  # type: ignore[attr-defined]
    made = embedded.held(chosen)[0]
    streamed = {"live_features", "recommendations", "quarantine"}
    wrong = [name for name, wanted in manifest.tables.items() if name not in streamed and made[name] != wanted]
    if wrong:
        raise RecoveryError(f"made anew from raw, these tables differ: {', '.join(wrong)}")
    proof = f"{len(manifest.tables) - len(streamed)} tables from the raw bucket alone"
    return Loss("all tables, no backup", time.monotonic() - began, 0.0, proof)


def main(arguments: list[str] | None = None) -> int:
    """Command line; 1 when something did not come back."""
    parser = argparse.ArgumentParser(prog="python -m tools.drill", description=__doc__.split("\n")[0])
    parser.add_argument("--synthetic", action="store_true", help="simulated races even where recorded ones are at hand")
    options = parser.parse_args(arguments)
    console = Console()
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        found = run(Path(folder), options.synthetic, console)
    table = Table("lost", "RTO s", "RPO s", "proved equal by hash", title="recovery drill, embedded stack")
    for loss in found:
        table.add_row(loss.what, f"{loss.rto:.1f}", f"{loss.rpo:.1f}", loss.proof)
    console.print(table)
    console.print(f"allowed: RTO {RTO_SECONDS / 60:.0f} min, RPO {RPO_SECONDS / 3600:.0f} h", highlight=False)
    return int(any(loss.rto > RTO_SECONDS or loss.rpo > RPO_SECONDS for loss in found))


def run(folder: Path, synthetic: bool, console: Console) -> list[Loss]:
    """The drill in a folder, with the environment set for it. Raises RecoveryError."""
    from tools.pipeline import _free_port, synthesize

    data = settings().data_dir
    if synthetic or not (data / "laps").is_dir():
        data = synthesize(folder / "data", console)
    os.environ |= {
        "F1_BACKEND": "embedded",
        "F1_STATE_DIR": str(folder / "state"),
        "F1_BACKUP_DIR": str(folder / "backups"),
        "F1_DATA_DIR": str(data),
        "F1_MODEL_BUNDLE": "",
        "F1_API_KEYS": "",
        "PORT": str(_free_port()),
        "F1_WORKER_PORT": str(_free_port()),
    }
    return drill(settings(), data, console)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except F1Error as problem:
        print(problem, file=sys.stderr)
        sys.exit(1)
