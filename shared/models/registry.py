"""What the registry knows of its bundles: which there are, what a version's first characters mean, how two differ."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from shared.errors import NotFound, StoreError
from shared.models.bundle import Bundle
from shared.models.bundle_store import BUCKET, MANIFEST
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
    """``files``: a line for each file that one bundle lacks or holds with other bytes; ``values``: name, old and new
    value of whatever differs in data, recipe, metrics and knobs, None where a bundle has none."""

    files: tuple[str, ...]
    values: tuple[tuple[str, Any, Any], ...]


def versions(store: ObjectStore) -> list[Registered]:
    """Whole bundles in the store, oldest first. Raises StoreError naming a manifest that cannot be read."""
    found = []
    for version, sizes in _objects(store).items():
        if MANIFEST not in sizes:
            continue
        name = f"{_PREFIX}{version}/{MANIFEST}"
        try:
            manifest = json.loads(store.get(BUCKET, name).data)
            data = manifest["data"]
            missing = [file for file in manifest["files"] if file not in sizes]
            if missing:
                raise StoreError(f"bundle {version!r} is not whole: {', '.join(missing)} is missing")
            found.append(
                Registered(
                    version,
                    str(manifest["created_at"]),
                    str(data["until"]),
                    int(data["races"]),
                    bool(manifest["synthetic"]),
                    sum(sizes[file] for file in manifest["files"]),
                )
            )
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{name} in bucket {BUCKET!r} is no manifest: {error!r}") from None
    return sorted(found, key=lambda each: (each.created_at, each.version))


def unfinished(store: ObjectStore) -> list[str]:
    """Versions whose writing was cut short: there is no manifest, and none can be promoted until it is made again."""
    return [version for version, sizes in _objects(store).items() if MANIFEST not in sizes]


def resolve(store: ObjectStore, start: str) -> str:
    """The version that begins with ``start``. Raises NotFound where none does, or more than one."""
    known = [version for version, sizes in _objects(store).items() if MANIFEST in sizes]
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
    old, new = dict(_values(first)), dict(_values(second))
    values = [(key, old.get(key), new.get(key)) for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
    return Difference(tuple(files), tuple(values))


def _objects(store: ObjectStore) -> dict[str, dict[str, int]]:
    """Sizes in bytes by version and file, versions in order."""
    found: dict[str, dict[str, int]] = {}
    for entry in store.list(BUCKET, _PREFIX):
        version, _, file = entry.name[len(_PREFIX) :].partition("/")
        found.setdefault(version, {})[file] = entry.size
    return dict(sorted(found.items()))


def _values(bundle: Bundle) -> Iterator[tuple[str, Any]]:
    manifest = bundle.manifest
    yield from _leaves("data", manifest["data"])
    yield from _leaves("recipe", manifest.get("recipe", {}))
    yield from _leaves("knobs", bundle.tables.get("knobs", {}))
    for model in manifest["models"]:
        yield from _leaves(f"{model['name']}.metrics", model["metrics"])
        yield from _leaves(f"{model['name']}.baseline", model["baseline"])


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        yield path, value
        return
    for key, inner in value.items():
        yield from _leaves(f"{path}.{key}", inner)
