"""Bundles in the object store: how one gets in, which one is promoted, how it comes out again.

In the bucket ``models``: the files of a bundle as ``bundles/<version>/<file>``, never changed once written, its
manifest last, so that what has a manifest is whole; and ``current.json``, ``{"version": "..."}`` and whatever else the
promoter notes there. Promotion and rollback are one write of ``current.json`` with the generation that the decision
was based on.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from shared.errors import NotFound, PreconditionFailed, StoreError
from shared.ports import ObjectStore

BUCKET = "models"
CURRENT = "current.json"
MANIFEST = "manifest.json"
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


class Promoted(NamedTuple):
    """The promoted bundle: its version, the generation of ``current.json``, and all that stands in it."""

    version: str
    generation: int
    note: dict[str, Any]


def promoted(store: ObjectStore) -> Promoted | None:
    """Which bundle is promoted; None before the first promotion. Raises StoreError if ``current.json`` names none."""
    try:
        found = store.get(BUCKET, CURRENT)
    except NotFound:
        return None
    try:
        note = json.loads(found.data)
        version = _checked(note["version"])
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{CURRENT} in bucket {BUCKET!r} names no bundle: {error!r}") from None
    return Promoted(version, found.generation, note)


def put_bundle(store: ObjectStore, folder: Path, version: str) -> None:
    """Write every file of a bundle, the manifest last; files already there stay, since a version never changes, and a
    writing that was cut short goes on. Raises StoreError naming a file that is there with other contents."""
    prefix = _prefix(version)
    paths = sorted((p for p in folder.rglob("*") if p.is_file()), key=lambda p: (p.name == MANIFEST, p))
    for path in paths:
        name, data = prefix + path.relative_to(folder).as_posix(), path.read_bytes()
        try:
            store.put(BUCKET, name, data, if_generation=0)
        except PreconditionFailed:
            if not _same(path.name, store.get(BUCKET, name).data, data):
                raise StoreError(f"{name} is in bucket {BUCKET!r} with other bytes; a version never changes") from None


def _same(name: str, stored: bytes, made: bytes) -> bool:
    """Whether a file is the one stored. Of manifests, the moment of making is left out: it is no part of a version."""
    if stored == made or name != MANIFEST:
        return stored == made
    try:
        pair = [json.loads(data) for data in (stored, made)]
        return bool({**pair[0], "created_at": None} == {**pair[1], "created_at": None})
    except (ValueError, TypeError):
        return False


def promote(store: ObjectStore, version: str, if_generation: int, note: Mapping[str, Any] | None = None) -> int:
    """Make ``version`` the one that serves and answer the new generation of ``current.json``. ``if_generation``: the
    generation that the decision was based on, 0 for the first. Raises PreconditionFailed when another came first."""
    if not store.list(BUCKET, _prefix(version)):
        raise NotFound(f"no bundle {version!r} in bucket {BUCKET!r}")
    body = json.dumps({**(note or {}), "version": version}, sort_keys=True).encode()
    return store.put(BUCKET, CURRENT, body, if_generation=if_generation)


def fetch_bundle(store: ObjectStore, version: str, into: Path) -> Path:
    """The folder ``into/<version>`` with the bundle's files, fetched anew and put in place by one rename.
    Raises NotFound for a version with no files."""
    prefix = _prefix(version)
    listed = store.list(BUCKET, prefix)
    if not listed:
        raise NotFound(f"no bundle {version!r} in bucket {BUCKET!r}")
    into.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".fetch-", dir=into))
    try:
        for entry in listed:
            relative = PurePosixPath(entry.name[len(prefix) :])
            if relative.is_absolute() or ".." in relative.parts:
                raise StoreError(f"object {entry.name!r} leads out of its bundle")
            target = scratch / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(store.get(BUCKET, entry.name).data)
        final = into / version
        if final.exists():
            shutil.rmtree(final)
        scratch.rename(final)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return final


def _prefix(version: str) -> str:
    return f"bundles/{_checked(version)}/"


def _checked(version: Any) -> str:
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise StoreError(f"{str(version)[:60]!r} cannot be a bundle's version")
    return version
