"""Destroys a stack's warehouse, models and queue in turn, brings each back from a backup, and proves it by hashes.

``python -m tools.drill`` works on a stack of its own in a folder of its own, with real processes that are killed. It
prints for each loss the seconds until the product served again (RTO) and the age of the oldest thing that was lost
(RPO), and ends by making features anew from the raw bucket alone.
"""

from __future__ import annotations

import argparse
import datetime as dt
import multiprocessing
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from shared import events
from shared.adapters.embedded.warehouse import DuckDBWarehouse
from shared.bootstrap import ports
from shared.config import Settings, settings
from shared.models.bundle import SHIPPED, read_manifest
from shared.models.bundle_store import promote, put_bundle
from shared.tables import TABLES
from shared.tables import Table as TableSchema
from tools.backup import make
from tools.command import run_main
from tools.pipeline import seasons_of
from tools.recovery import embedded
from tools.recovery.manifest import BackupManifest, RecoveryError
from tools.recovery.prints import TablePrint, of_table
from tools.recovery.replay import replay
from tools.restore import bring_back
from tools.run import EXAMPLE, Stack, ask, ensure_key
from tools.soak.drain import drain

RTO_SECONDS = 30 * 60.0
RPO_SECONDS = 24 * 3600.0
"""What the specification allows."""

MESSAGES = 50
"""Audit messages that wait in the queue when it is backed up, and are to be stored once each."""

MARK = "drill"
"""Model version in those messages, by which they are told from the product's own."""


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


STREAMED = frozenset({"recommendations", "quarantine"} | {name for name in TABLES if name.startswith("live_")})
"""Tables that no file in the raw bucket holds."""

LOSSES: dict[str, tuple[Callable[[Settings], None], tuple[str, ...]]] = {
    "warehouse": (destroy_warehouse, ("warehouse",)),
    "models": (destroy_models, ("objects",)),
    "queue": (destroy_queue, ("queue",)),
}
"""By what is lost: how it is destroyed, and the parts of a backup that bring it back."""


def prepare(season: int, data: str) -> None:
    """A state worth losing: a season ingested and preprocessed, a bundle promoted, messages waiting in the queue."""
    opened = ports(settings())
    events.publish(opened.bus, events.IngestRequest(seasons=(season,), data_dir=data, batch_id="drill"))
    drain()
    version = read_manifest(SHIPPED)["version"]
    put_bundle(opened.objects, SHIPPED, version)
    promote(opened.objects, version, 0, {"synthetic": False})
    made_at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    for number in range(MESSAGES):
        message = events.RecommendationMade(made_at=made_at, request={}, answer={}, seed=number, model_version=MARK)
        events.publish(opened.bus, message)


def rebuild() -> None:
    """Raw tables from the raw bucket, and features by the events that follow."""
    opened = ports(settings())
    replay(opened.warehouse, opened.objects, dt.datetime.fromtimestamp(0, dt.UTC))
    drain(("preprocess",))


def _apart(work: Callable[..., None], *arguments: object) -> None:
    """Do it in a process of its own, which lets the warehouse go when it ends. Raises RecoveryError where it fails."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode != 0:
        raise RecoveryError(f"{work.__name__} ended with exit code {process.exitcode}")


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
    season = max(seasons_of(data))
    _apart(prepare, season, str(data))
    console.print(f"prepared: season {season}, a bundle promoted, {MESSAGES} messages waiting", highlight=False)
    queued = make(chosen)  # nothing runs yet, so the queue's backup holds the messages
    with serving(chosen, console):
        _wait_for_messages(chosen)
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
                _wait_for_messages(chosen)
        rpo = (lost_at - manifest.taken_at).total_seconds()
        found.append(Loss(what, rto, rpo, _proof(chosen, what, manifest)))
    found.append(_rebuild(chosen))
    return found


def _proof(chosen: Settings, what: str, manifest: BackupManifest) -> str:
    """What was compared, after the product has run on what was brought back. Raises RecoveryError."""
    if what == "warehouse":
        return f"{len(manifest.tables)} tables, {sum(t.rows for t in manifest.tables.values()):,} rows"
    if what == "models":
        models = [name for name in manifest.objects if name.startswith("models/")]
        return f"{len(models)} objects of the bucket models, of {len(manifest.objects)} in all"
    warehouse = DuckDBWarehouse(chosen.state_dir / embedded.WAREHOUSE)
    stored = warehouse.query("SELECT seed FROM recommendations WHERE model_version = @mark", {"mark": MARK})
    warehouse.close()
    if sorted(stored["seed"].to_pylist()) != list(range(MESSAGES)):
        raise RecoveryError(f"{stored.num_rows} messages are stored after the queue came back, not {MESSAGES}")
    return f"{MESSAGES} messages delivered again, each stored once"


def _wait_for_messages(chosen: Settings) -> None:
    deadline = time.monotonic() + 60.0
    while time.monotonic() < deadline:
        status, body = ask(chosen.host, chosen.worker_port, "/status")
        if status == 200 and not body["waiting"].get("store-recommendations"):
            return
        time.sleep(0.1)
    raise RecoveryError("messages are still waiting after a minute")


def _rebuild(chosen: Settings) -> Loss:
    """The warehouse lost without any backup."""
    tables = [table for name, table in TABLES.items() if name not in STREAMED]
    path = chosen.state_dir / embedded.WAREHOUSE
    before = _prints_without_times(path, tables)
    began = time.monotonic()
    path.unlink()
    _apart(rebuild)
    seconds = time.monotonic() - began
    after = _prints_without_times(path, tables)
    wrong = [name for name in before if before[name] != after[name]]
    if wrong:
        raise RecoveryError(f"made anew from raw, these tables differ: {', '.join(wrong)}")
    rows = sum(each.rows for each in after.values())
    return Loss("warehouse, no backup", seconds, 0.0, f"{len(tables)} tables, {rows:,} rows, from the raw bucket alone")


def _prints_without_times(path: Path, tables: list[TableSchema]) -> dict[str, TablePrint]:
    """Prints of tables to six decimals, without the one measure that tells when a race was announced."""
    warehouse = DuckDBWarehouse(path)
    try:
        timed = {"data_quality": "measure = 'hours_to_arrival'"}
        return {table.name: of_table(warehouse, table, timed.get(table.name, "FALSE"), 6) for table in tables}
    finally:
        warehouse.close()


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
        "F1_LOG_LEVEL": "WARNING",
        "PORT": str(_free_port()),
        "F1_WORKER_PORT": str(_free_port()),
    }
    return drill(settings(), data, console)


if __name__ == "__main__":
    run_main(main, failure=1)
