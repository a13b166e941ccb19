"""What the registry knows of its bundles: which there are, what a version's first characters mean, how two differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from shared.errors import NotFound, StoreError
from shared.models.bundle import Bundle
from shared.models.bundle_store import BUCKET
from shared.ports import ObjectStore

_PREFIX = "bundles/"


class Registered(NamedTuple):
    """A bundle as its manifest and its objects tell it; ``bytes``: what its files but the manifest hold together."""

    version: str
    created_at: str
    until: str
    races: int
    synthetic: bool
    bytes: int


class Difference(NamedTuple):
    """``files``: a line for each file that one bundle lacks or holds with other bytes; ``values``: a line for each
    value of data and metrics that differs."""

    files: tuple[str, ...]
    values: tuple[str, ...]


def versions(store: ObjectStore) -> list[Registered]:
    """Bundles in the store, oldest first. Raises StoreError naming a manifest that cannot be read."""
    found = []
    for version in _names(store):
        name = f"{_PREFIX}{version}/manifest.json"
        try:
            manifest = json.loads(store.get(BUCKET, name).data)
            data = manifest["data"]
            size = sum(len(store.get(BUCKET, f"{_PREFIX}{version}/{file}").data) for file in manifest["files"])
            found.append(
                Registered(
                    version,
                    str(manifest["created_at"]),
                    str(data["until"]),
                    int(data["races"]),
                    bool(manifest["synthetic"]),
                    size,
                )
            )
        except NotFound as error:
            raise StoreError(f"bundle {version!r} is not whole: {error}") from None
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{name} in bucket {BUCKET!r} is no manifest: {error!r}") from None
    return sorted(found, key=lambda each: (each.created_at, each.version))


def resolve(store: ObjectStore, start: str) -> str:
    """The version that begins with ``start``. Raises NotFound where none does, or more than one."""
    known = _names(store)
    if start in known:
        return start
    meant = [version for version in known if start and version.startswith(start)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise NotFound(f"{start!r} may be any of {', '.join(meant)}")
    raise NotFound(f"no bundle {start!r} is registered; there are {', '.join(known) or 'none'}")


def difference(first: Bundle, second: Bundle) -> Difference:
    """What the second bundle has otherwise than the first."""
    a, b = first.manifest["files"], second.manifest["files"]
    files = [
        f"{'+' if name not in a else '-' if name not in b else '~'} {name}"
        for name in sorted({*a, *b})
        if a.get(name) != b.get(name)
    ]
    old, new = dict(_values(first.manifest)), dict(_values(second.manifest))
    values = [
        f"{key}: {old.get(key, 'absent')} -> {new.get(key, 'absent')}"
        for key in sorted({*old, *new})
        if old.get(key) != new.get(key)
    ]
    return Difference(tuple(files), tuple(values))


def _names(store: ObjectStore) -> list[str]:
    return sorted({entry.name[len(_PREFIX) :].split("/")[0] for entry in store.list(BUCKET, _PREFIX)})


def _values(manifest: Any) -> Iterator[tuple[str, Any]]:
    yield from _leaves("data", manifest["data"])
    for model in manifest["models"]:
        yield from _leaves(f"{model['name']}.metrics", model["metrics"])
        yield from _leaves(f"{model['name']}.baseline", model["baseline"])


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        yield path, value
        return
    for key, inner in value.items():
        yield from _leaves(f"{path}.{key}", inner)
