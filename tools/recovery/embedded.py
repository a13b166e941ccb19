"""Backups of the embedded stack: its queue, objects and warehouse as files, while it runs or not.

The order makes them fit each other: queue, objects, warehouse. An effect is always copied after its cause, so whatever
happens in between is either not in the backup at all or will be done again, which every handler can bear.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from shared.adapters.embedded.event_bus import SqliteBus
from shared.adapters.embedded.object_store import FileObjectStore
from shared.adapters.embedded.warehouse import DuckDBWarehouse
from shared.config import Settings
from shared.errors import WarehouseError
from tools.recovery.manifest import BackupManifest, RecoveryError, checked_id, new_id
from tools.recovery.prints import BUCKETS, ObjectPrint, TablePrint, of_objects, of_tables

PARTS = ("queue", "objects", "warehouse")
"""Parts in the order in which they are copied."""

POINTERS = ("models/current.json", "races/index.json")
"""Objects that name other objects of their bucket."""

QUEUE, WAREHOUSE, OBJECTS, MANIFEST = "queue.sqlite", "warehouse.duckdb", "objects", "manifest.json"

CopyWarehouse = Callable[[str], None]
"""Copies the warehouse into the folder of the backup of this id: in this process, or in the worker that holds it."""


def backup(chosen: Settings, copy_warehouse: CopyWarehouse | None = None) -> BackupManifest:
    """Make a backup. ``copy_warehouse`` is given where another process holds the warehouse. Raises RecoveryError and
    leaves no manifest, and so no backup, where a part cannot be copied."""
    began, taken_at = time.monotonic(), dt.datetime.now(dt.UTC)
    folder = _new_folder(chosen, taken_at)
    _copy_queue(chosen.state_dir / QUEUE, folder / QUEUE)
    _copy_objects(chosen.state_dir / OBJECTS, folder / OBJECTS)
    (copy_warehouse or (lambda identity: copy_own_warehouse(chosen, identity)))(folder.name)
    tables, objects = _prints(folder)
    manifest = BackupManifest(
        id=folder.name,
        backend="embedded",
        taken_at=taken_at,
        seconds=round(time.monotonic() - began, 3),
        tables=tables,
        objects=objects,
        files={name: _sha256(folder / name) for name in (QUEUE, WAREHOUSE)},
    )
    unfinished = folder / f".{MANIFEST}"
    unfinished.write_text(manifest.model_dump_json(indent=1))
    unfinished.rename(folder / MANIFEST)
    return manifest


def copy_own_warehouse(chosen: Settings, identity: str) -> None:
    """Copy the warehouse's file, which nobody else may have open. Raises RecoveryError."""
    try:
        warehouse = DuckDBWarehouse(chosen.state_dir / WAREHOUSE)
    except WarehouseError as error:
        raise RecoveryError(str(error)) from error
    try:
        copy_open_warehouse(warehouse, chosen, identity)
    finally:
        warehouse.close()


def copy_open_warehouse(warehouse: DuckDBWarehouse, chosen: Settings, identity: str) -> None:
    """Copy an open warehouse, as of one moment, into a backup's folder. Raises RecoveryError, WarehouseError."""
    folder = chosen.backup_dir / checked_id(identity)
    if not folder.is_dir():
        raise RecoveryError(f"{folder}: no such folder")
    warehouse.copy_to(folder / WAREHOUSE)


def backups(chosen: Settings) -> list[BackupManifest]:
    """Whole backups, oldest first."""
    found = sorted(chosen.backup_dir.glob(f"*/{MANIFEST}")) if chosen.backup_dir.is_dir() else []
    return [BackupManifest.model_validate_json(path.read_text()) for path in found]


def find(chosen: Settings, identity: str | None) -> BackupManifest:
    """The backup of this id, else the newest. Raises RecoveryError where there is none."""
    known = {manifest.id: manifest for manifest in backups(chosen)}
    if not known:
        raise RecoveryError(f"no backup in {chosen.backup_dir}: python -m tools.backup makes one")
    if identity is None:
        return known[max(known)]
    if checked_id(identity) not in known:
        raise RecoveryError(f"no backup {identity} in {chosen.backup_dir}; there are {', '.join(sorted(known))}")
    return known[identity]


def verify(chosen: Settings, manifest: BackupManifest) -> None:
    """Raises RecoveryError where a backup no longer holds what it held when it was made."""
    folder = chosen.backup_dir / manifest.id
    for name, sha256 in manifest.files.items():
        if not (folder / name).is_file() or _sha256(folder / name) != sha256:
            raise RecoveryError(f"backup {manifest.id} is damaged: {name}")
    if of_objects(FileObjectStore(folder / OBJECTS, notified={})) != manifest.objects:
        raise RecoveryError(f"backup {manifest.id} is damaged: objects")


def restore(chosen: Settings, manifest: BackupManifest, parts: tuple[str, ...] = PARTS) -> list[Path]:
    """Put parts of a backup in place of what is there, which is kept beside and named in the answer.

    The stack must not run. Raises RecoveryError, before anything is touched, where it does or the backup is damaged.
    """
    unknown = set(parts) - set(PARTS)
    if unknown:
        raise RecoveryError(f"no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    _refuse_running(chosen)
    verify(chosen, manifest)
    folder = chosen.backup_dir / manifest.id
    aside = chosen.state_dir / f"replaced-{new_id(dt.datetime.now(dt.UTC))}-{time.monotonic_ns()}"
    aside.mkdir(parents=True)
    names = {"queue": (QUEUE,), "objects": (OBJECTS,), "warehouse": (WAREHOUSE,)}
    for name in [name for part in parts for name in names[part]]:
        fresh = aside / f"new-{name}"
        _copy(folder / name, fresh)
        for old in [*chosen.state_dir.glob(name), *chosen.state_dir.glob(f"{name}*[-.]wal"), *_shared(chosen, name)]:
            old.rename(aside / old.name)
        fresh.rename(chosen.state_dir / name)
    return sorted(aside.iterdir())


def held(chosen: Settings) -> tuple[dict[str, TablePrint], dict[str, ObjectPrint]]:
    """Prints of what the state holds now. The stack must not run. Raises WarehouseError."""
    return _prints(chosen.state_dir)


def _prints(folder: Path) -> tuple[dict[str, TablePrint], dict[str, ObjectPrint]]:
    warehouse = DuckDBWarehouse(folder / WAREHOUSE)
    try:
        return of_tables(warehouse), of_objects(FileObjectStore(folder / OBJECTS, notified={}))
    finally:
        warehouse.close()


def _new_folder(chosen: Settings, now: dt.datetime) -> Path:
    chosen.backup_dir.mkdir(parents=True, exist_ok=True)
    for suffix in ("", *(f"-{number}" for number in range(2, 100))):
        folder = chosen.backup_dir / f"{new_id(now)}{suffix}"
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise RecoveryError(f"too many backups of this second in {chosen.backup_dir}")


def _copy_queue(source: Path, target: Path) -> None:
    """SQLite's own copy, which is of one moment whoever writes meanwhile; an empty queue where there is none yet."""
    SqliteBus(source).waiting()  # makes a queue that is not there yet
    with sqlite3.connect(source, timeout=30.0) as db, sqlite3.connect(target) as copy:
        db.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    db.close()
    copy.close()


def _copy_objects(source: Path, target: Path) -> None:
    """Every object with its time, which is its generation. One that is replaced meanwhile comes in either version;
    objects that name others come first, since what they name was there before them."""
    target.mkdir()
    for pointer in filter(Path.is_file, (source / name for name in POINTERS)):
        (target / pointer.parent.name).mkdir()
        shutil.copy2(pointer, target / pointer.parent.name)
    for bucket in (".tmp", *BUCKETS):
        if (source / bucket).is_dir():
            ignored = ("*.lock", "tmp*") if bucket == ".tmp" else [Path(name).name for name in POINTERS]
            copied = shutil.ignore_patterns(*ignored)
            shutil.copytree(source / bucket, target / bucket, ignore=copied, dirs_exist_ok=True)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy2(source, target)


def _shared(chosen: Settings, name: str) -> list[Path]:
    return list(chosen.state_dir.glob(f"{name}-shm"))


def _refuse_running(chosen: Settings) -> None:
    lock = chosen.state_dir / "delivery.lock"
    if not lock.exists():
        return
    import fcntl

    with lock.open("a+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RecoveryError(f"the stack of {chosen.state_dir} runs: stop it first") from None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def notes(manifest: BackupManifest) -> str:
    """A backup in one line for people."""
    rows = sum(table.rows for table in manifest.tables.values())
    megabytes = sum(entry.size for entry in manifest.objects.values()) / 1e6
    counts = json.dumps({"rows": rows, "objects": len(manifest.objects)})
    return f"{manifest.id}  {manifest.backend}  {manifest.seconds:.1f} s  {counts}  {megabytes:.1f} MB of objects"
