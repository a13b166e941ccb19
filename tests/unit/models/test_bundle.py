"""Bundles on disk: what is written comes back, and what is damaged is refused with the name of the file."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.config import ROOT
from shared.models.bundle import REQUIRED_TABLES, SHIPPED, Bundle, BundleError, write_bundle

TABLES: dict[str, Any] = {name: {"of": name} for name in REQUIRED_TABLES}
MANIFEST: dict[str, Any] = {
    "created_at": "2024-07-08T00:00:00+00:00",
    "synthetic": False,
    "data": {"until": "2024-07-07", "races": 1, "fingerprint": "f"},
    "models": [],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "bundle", TABLES, MANIFEST, {"trees.tflite": b"\x00\x01"})
    return tmp_path / "bundle"


def test_what_is_written_comes_back(folder: Path) -> None:
    bundle = Bundle.load(folder)
    assert bundle.tables == TABLES
    assert bundle.version == bundle.manifest["version"]
    assert (bundle.folder / "trees.tflite").read_bytes() == b"\x00\x01"


def test_the_same_contents_are_the_same_version_whenever_they_are_written(folder: Path, tmp_path: Path) -> None:
    later = MANIFEST | {"created_at": "2030-01-01T00:00:00+00:00"}
    again = write_bundle(tmp_path / "again", TABLES, later, {"trees.tflite": b"\x00\x01"})
    assert again.version == Bundle.load(folder).version


@pytest.mark.parametrize(
    ("tables", "manifest", "trees"),
    [
        (TABLES | {"pits": {"of": "others"}}, MANIFEST, b"\x00\x01"),
        (TABLES, MANIFEST | {"data": {"until": "2024-07-21", "races": 1, "fingerprint": "f"}}, b"\x00\x01"),
        (TABLES, MANIFEST, b"\x00\x02"),
    ],
    ids=["table", "data", "file"],
)
def test_other_contents_are_another_version(
    folder: Path, tmp_path: Path, tables: dict[str, Any], manifest: dict[str, Any], trees: bytes
) -> None:
    other = write_bundle(tmp_path / "other", tables, manifest, {"trees.tflite": trees})
    assert other.version != Bundle.load(folder).version


def test_a_bundle_that_stands_there_is_replaced_whole_and_nothing_is_left_beside_it(folder: Path) -> None:
    write_bundle(folder, TABLES | {"pits": {"of": "others"}}, MANIFEST)
    assert Bundle.load(folder).tables["pits"] == {"of": "others"}
    assert not (folder / "trees.tflite").exists()
    assert [path.name for path in folder.parent.iterdir()] == ["bundle"]


def _change(name: str, how: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        parsed = json.loads((folder / name).read_text())
        how(parsed)
        (folder / name).write_text(json.dumps(parsed))

    return apply


def _hashed(name: str, data: bytes) -> Callable[[Path], None]:
    """Other contents under a hash that is right, as a faulty writer would leave them."""

    def apply(folder: Path) -> None:
        (folder / name).write_bytes(data)
        _change("manifest.json", lambda m: m["files"].update({name: hashlib.sha256(data).hexdigest()}))(folder)

    return apply


DAMAGE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "a byte changed": (lambda f: (f / "pits.json").write_bytes(b'{"of":"pitz"}'), r"pits\.json: does not match"),
    "a file cut short": (lambda f: (f / "pace.json").write_bytes(b'{"of"'), r"pace\.json: does not match"),
    "a file gone": (lambda f: (f / "tires.json").unlink(), r"tires\.json: No such file"),
    "a manifest cut short": (lambda f: (f / "manifest.json").write_text('{"for'), r"manifest\.json: not JSON"),
    "no manifest": (lambda f: (f / "manifest.json").unlink(), r"manifest\.json: No such file"),
    "a manifest that is a list": (lambda f: (f / "manifest.json").write_text("[]"), r"manifest\.json: field 'format'"),
    "no mark of synthetic": (_change("manifest.json", lambda m: m.pop("synthetic")), r"'synthetic' is missing"),
    "another format": (_change("manifest.json", lambda m: m.update(format=99)), r"format 99, this code reads"),
    "a table left out": (_change("manifest.json", lambda m: m["files"].pop("events.json")), r"no table events"),
    "a way out": (_change("manifest.json", lambda m: m["files"].update({"../x.json": "0"})), r"leaves the bundle"),
    "a way out by a folder": (
        _change("manifest.json", lambda m: m["files"].update({"cards/../../x.json": "0"})),
        r"leaves the bundle",
    ),
    "a table that is no JSON": (_hashed("pits.json", b"\xff{"), r"pits\.json: not JSON"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_bundle_is_refused_with_the_name_of_what_is_wrong(folder: Path, damage: str) -> None:
    spoil, said = DAMAGE[damage]
    spoil(folder)
    with pytest.raises(BundleError, match=said):
        Bundle.load(folder)


def test_the_bundle_that_ships_is_whole_small_and_trained_on_real_races() -> None:
    shipped = Bundle.load(SHIPPED)
    assert shipped.manifest["synthetic"] is False
    assert sum(path.stat().st_size for path in shipped.folder.rglob("*")) < 3_000_000
    files = {path.relative_to(shipped.folder).as_posix() for path in shipped.folder.rglob("*") if path.is_file()}
    assert files == {*shipped.manifest["files"], "manifest.json"}


def test_a_writing_that_was_killed_leaves_the_old_bundle_and_the_next_one_clears_up(folder: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from shared.models import bundle\n"
        "old = Path.write_text\n"
        "def killed(self, *a, **k):\n"
        "    old(self, *a, **k)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "Path.write_text = killed\n"
        f"bundle.write_bundle(Path({str(folder)!r}), {TABLES!r}, {MANIFEST!r})\n"
    )
    before = Bundle.load(folder).version
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert Bundle.load(folder).version == before
    assert len(list(folder.parent.iterdir())) == 2
    after = write_bundle(folder, TABLES, MANIFEST)
    assert Bundle.load(folder).version == after.version != before
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]
