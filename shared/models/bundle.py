"""The serving bundle: a folder of small tables and TensorFlow Lite graphs with a manifest that names every file's hash.

Written once, whole, and never changed. A file that does not match the manifest, or a manifest that does not parse, is
refused with the file's name. A graph is another form of a table beside it: where no runtime reads it, the table serves.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from shared.errors import F1Error
from shared.models.tflite.interpreter import Evaluator, Unavailable, runtime
from shared.observability import fields, log

FORMAT = 4
SHIPPED = Path(__file__).resolve().parent.parent / "bundle"
"""The bundle that ships with the code."""
CARDS = "cards/"
"""Folder of the model cards within a bundle."""
REQUIRED_TABLES = ("circuits", "drivers", "pace", "tires", "pits", "events", "typical_field")


class BundleError(F1Error):
    """A bundle that cannot serve: the message names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """What serves. ``manifest``: version, created_at, synthetic, data, models, files; ``tables`` by name;
    ``folder``: where its other files are; ``evaluators``: the graphs by the name of the model, ready to be asked;
    ``cards``: model cards by the name of the model (``shared.models.cards``)."""

    manifest: Mapping[str, Any]
    tables: Mapping[str, Any]
    folder: Path
    evaluators: Mapping[str, Evaluator] = field(default_factory=dict)
    cards: Mapping[str, Any] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Version: a hash of the contents."""
        return str(self.manifest["version"])

    def served_by(self, report: Mapping[str, Any]) -> str:
        """What evaluates a model of ``manifest["models"]`` at request time: a TensorFlow Lite runtime, or the bundle's
        tables, as for one whose baseline serves in its place."""
        known = report["name"] in self.evaluators and report.get("serves", "model") == "model"
        return f"TensorFlow Lite ({runtime()[0]})" if known else "tables"

    @classmethod
    def load(cls, folder: Path) -> Bundle:
        """Reads and verifies a bundle. Raises BundleError naming the file at fault."""
        manifest = read_manifest(folder)
        tables: dict[str, Any] = {}
        evaluators: dict[str, Evaluator] = {}
        cards: dict[str, Any] = {}
        for name, digest in manifest["files"].items():
            path = PurePosixPath(name)
            if path.is_absolute() or path.as_posix() != name or ".." in path.parts:
                raise BundleError(f"{folder / 'manifest.json'}: file name {name!r} leaves the bundle")
            try:
                data = (folder / name).read_bytes()
            except OSError as error:
                raise BundleError(f"{folder / name}: {error.strerror or error}") from error
            if hashlib.sha256(data).hexdigest() != digest:
                raise BundleError(f"{folder / name}: does not match the hash in manifest.json")
            if name.startswith(CARDS):
                if name.endswith(".json"):
                    cards[path.stem] = _parsed(folder / name, data)
            elif name.endswith(".json"):
                tables[name.removesuffix(".json")] = _parsed(folder / name, data)
            elif name.endswith(".tflite"):
                try:
                    evaluators[name.removesuffix(".tflite")] = Evaluator(data, name)
                except Unavailable as error:
                    log.warning("a model is served from its table", extra=fields(file=name, error=str(error)))
        missing = [name for name in REQUIRED_TABLES if name not in tables]
        if missing:
            raise BundleError(f"{folder / 'manifest.json'}: no table {', '.join(missing)}")
        return cls(manifest, tables, folder, evaluators, cards)


def _parsed(path: Path, data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        raise BundleError(f"{path}: not JSON ({error})") from error


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a bundle, whose files are not looked at. Raises BundleError naming what is wrong."""
    path = folder / "manifest.json"
    try:
        manifest = _parsed(path, path.read_bytes())
    except OSError as error:
        raise BundleError(f"{path}: {error.strerror or error}") from error
    for key, kind in (("format", int), ("version", str), ("synthetic", bool), ("data", dict), ("files", dict),
                      ("models", list), ("created_at", str)):  # fmt: skip
        if not isinstance(manifest, dict) or not isinstance(manifest.get(key), kind):
            raise BundleError(f"{path}: field {key!r} is missing or not {kind.__name__}")
    if manifest["format"] != FORMAT:
        raise BundleError(f"{path}: format {manifest['format']}, this code reads {FORMAT}")
    return manifest


def encode(table: Any) -> bytes:
    """JSON of a table, the same bytes for the same table."""
    return json.dumps(table, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def write_bundle(
    out: Path, tables: Mapping[str, Any], manifest: Mapping[str, Any], files: Mapping[str, bytes] | None = None
) -> Bundle:
    """Writes a bundle to ``out`` at once (a sibling folder, then a rename); one that stands there is replaced.

    ``files``: further files by name. The version is the hash of all contents, so the same models are the same version.
    """
    contents = {f"{name}.json": encode(table) for name, table in tables.items()} | dict(files or {})
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(contents.items())}
    digest = hashlib.sha256(encode([hashes, manifest.get("data"), manifest.get("models")])).hexdigest()
    full = {**manifest, "format": FORMAT, "files": hashes, "version": digest[:12]}
    out.parent.mkdir(parents=True, exist_ok=True)
    _clear_what_was_killed(out)
    made = Path(tempfile.mkdtemp(prefix=f".{out.name}.new-{os.getpid()}-", dir=out.parent))
    for name, data in contents.items():
        (made / name).parent.mkdir(exist_ok=True)
        (made / name).write_bytes(data)
    (made / "manifest.json").write_text(json.dumps(full, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    made.chmod(0o755)
    old = out.with_name(f".{out.name}.old-{os.getpid()}")
    if out.exists():
        out.rename(old)
    made.rename(out)
    shutil.rmtree(old, ignore_errors=True)
    return Bundle.load(out)


def _clear_what_was_killed(out: Path) -> None:
    """Removes what processes that are no more left beside ``out``."""
    for left in out.parent.glob(f".{out.name}.*"):
        writer = re.fullmatch(rf"\.{re.escape(out.name)}\.(?:new|old)-(\d+)(?:-.*)?", left.name)
        if writer is not None and not _runs(int(writer[1])):
            shutil.rmtree(left, ignore_errors=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
