"""FastF1's cache kept in the object store between invocations: a session's parsed files are fetched from the timing
service once. They are pickles, which run code when read: only the function's own account may write this bucket.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from shared.ingest.load import RAW_BUCKET
from shared.ports import ObjectStore

FOLDER = "fastf1/cache"
SUFFIX = ".ff1pkl"


@contextlib.contextmanager
def kept_cache(objects: ObjectStore, key: str) -> Iterator[Path]:
    """A folder with what is kept of the session ``key`` ("2023_01_R"); what is new in it at the end, however that
    comes, is kept as well. Raises StoreError."""
    prefix = f"{FOLDER}/{key}/"
    with tempfile.TemporaryDirectory(prefix="fastf1-") as name:
        folder = Path(name)
        for entry in objects.list(RAW_BUCKET, prefix):
            path = folder / entry.name.removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(objects.get(RAW_BUCKET, entry.name).data)
        before = _files(folder)
        try:
            yield folder
        finally:
            for path, state in _files(folder).items():
                if before.get(path) != state:
                    objects.put(RAW_BUCKET, prefix + path.relative_to(folder).as_posix(), path.read_bytes())


def _files(folder: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob(f"*{SUFFIX}")}
