"""Objects as plain files, ``objects/<bucket>/<name>`` under the state folder, with Cloud Storage's preconditions.

A generation is the file's modification time in microseconds, set before the file gets its name: data and generation
arrive together by one rename, and a person can read the folder. Writers of one bucket take turns on a file lock, so
several processes may share a store. A write that is killed leaves a file in ``.tmp`` at most.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from shared.adapters.checks import check_bucket, check_object
from shared.adapters.embedded import event_bus
from shared.config import Settings
from shared.errors import NotFound, PreconditionFailed, StoreError
from shared.events import MANIFESTS_FINALIZED
from shared.ports import Listed, Object

NOTIFIED_BUCKETS = {"manifests": MANIFESTS_FINALIZED}
"""Buckets whose writes are announced, and the topic of the announcement."""

Announce = Callable[[str, str, str, int], None]
"""Called with topic, bucket, name and generation after a write; the same again must do nothing."""


class FileObjectStore:
    """The object store under ``root``; see ``shared.ports.ObjectStore`` for what each method promises."""

    def __init__(self, root: Path, announce: Announce | None = None, notified: Mapping[str, str] | None = None) -> None:
        self._root = root
        self._announce = announce
        self._notified = dict(NOTIFIED_BUCKETS if notified is None else notified)
        self._scratch = root / ".tmp"

    def get(self, bucket: str, name: str) -> Object:
        """The object's bytes and generation, from one file opened once, so that they belong together."""
        path = self._path(bucket, name)
        try:
            with path.open("rb") as file:
                return Object(file.read(), _generation(os.fstat(file.fileno())))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise NotFound(f"no object {name!r} in bucket {bucket!r}") from None
        except OSError as error:
            raise StoreError(f"cannot read {name!r} in bucket {bucket!r}: {error.strerror}") from error

    def put(self, bucket: str, name: str, data: bytes, if_generation: int | None = None) -> int:
        """Write by rename under the bucket's lock, then announce where the bucket is subscribed to."""
        path = self._path(bucket, name)
        try:
            with self._locked(bucket):
                _check(bucket, name, _current(path), if_generation)
                generation = self._next_generation(bucket, path)
                self._write(path, data, generation)
        except OSError as error:
            raise StoreError(f"cannot write {name!r} in bucket {bucket!r}: {error.strerror}") from error
        self._tell(bucket, name, generation)
        return generation

    def list(self, bucket: str, prefix: str = "") -> list[Listed]:
        """Objects by name. Files that vanish meanwhile are left out."""
        root = self._bucket(bucket)
        found = []
        for folder, _, files in os.walk(root):
            for file in files:
                path = Path(folder, file)
                name = path.relative_to(root).as_posix()
                if not name.startswith(prefix):
                    continue
                with contextlib.suppress(FileNotFoundError):
                    status = path.stat()
                    found.append(Listed(name, _generation(status), status.st_size))
        return sorted(found)

    def delete(self, bucket: str, name: str, if_generation: int | None = None) -> None:
        """Remove the file and the folders that it leaves empty."""
        path = self._path(bucket, name)
        with self._locked(bucket):
            generation = _current(path)
            if generation == 0:
                raise NotFound(f"no object {name!r} in bucket {bucket!r}")
            _check(bucket, name, generation, if_generation)
            self._next_generation(
                bucket, path
            )  # raises the high-water mark, so that no later write repeats a generation
            path.unlink()
            for folder in path.parents:
                if folder == self._bucket(bucket):
                    break
                try:
                    folder.rmdir()
                except OSError:
                    break

    def reconcile(self) -> int:
        """Announce every object of a notified bucket again; whoever is told leaves out what it knows.

        It makes up for a process that ended between a write and its announcement, and notices files put there by hand.
        """
        told = 0
        for bucket in self._notified:
            for entry in self.list(bucket):
                if time.time_ns() // 1000 - entry.generation > 1_000_000:  # younger ones may still be written by hand
                    self._tell(bucket, entry.name, entry.generation)
                    told += 1
        return told

    def _tell(self, bucket: str, name: str, generation: int) -> None:
        if self._announce is not None and bucket in self._notified:
            self._announce(self._notified[bucket], bucket, name, generation)

    def _bucket(self, bucket: str) -> Path:
        check_bucket(bucket)
        return self._root / bucket

    def _path(self, bucket: str, name: str) -> Path:
        root = self._bucket(bucket)
        check_object(name)
        return root.joinpath(*name.split("/"))

    @contextlib.contextmanager
    def _locked(self, bucket: str) -> Iterator[None]:
        self._bucket(bucket)
        self._scratch.mkdir(parents=True, exist_ok=True)
        with (self._scratch / f"{bucket}.lock").open("a+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # released when the file is closed, or the process ends however it ends
            yield

    def _next_generation(self, bucket: str, path: Path) -> int:
        """A generation above every one the bucket has given out, even when the clock was set back."""
        mark = self._scratch / f"{bucket}.last"
        try:
            last = int(mark.read_text())
        except (FileNotFoundError, ValueError):
            last = 0
        generation = max(time.time_ns() // 1000, last + 1, _current(path) + 1)
        _replace(self._scratch, mark, str(generation).encode(), None, durable=False)
        return generation

    def _write(self, path: Path, data: bytes, generation: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(self._scratch, path, data, generation, durable=True)


def open_port(chosen: Settings) -> FileObjectStore:
    """The store of these settings, announcing on their bus."""
    return FileObjectStore(chosen.state_dir / "objects", event_bus.open_port(chosen).announce)


def _generation(status: os.stat_result) -> int:
    return status.st_mtime_ns // 1000


def _current(path: Path) -> int:
    """Generation of the file, 0 where there is none."""
    try:
        return _generation(path.stat()) if path.is_file() else 0
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _check(bucket: str, name: str, current: int, wanted: int | None) -> None:
    if wanted is not None and wanted != current:
        raise PreconditionFailed(f"{name!r} in bucket {bucket!r} has generation {current}, not {wanted}")


def _replace(scratch: Path, path: Path, data: bytes, generation: int | None, durable: bool) -> None:
    """Give ``path`` new contents in one step; with ``durable`` they outlast a power cut once this returns."""
    descriptor, temporary = tempfile.mkstemp(dir=scratch)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if generation is not None:
                os.utime(file.fileno(), ns=(generation * 1000, generation * 1000))
            if durable:
                os.fsync(file.fileno())
        Path(temporary).rename(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    if durable:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
