"""When the dashboard is built, and what is said where it cannot be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.dashboard import build
from tools.dashboard.build import SOURCES, BuildError, is_current, missing_node, sources_hash

NPM = """#!/bin/sh
echo "npm $*" >> calls
[ "$1" = ci ] && mkdir -p node_modules
[ "$1" = run ] && mkdir -p out
[ ! -e fail ]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sources, and a node and an npm that only note what is asked of them."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("node", "#!/bin/sh\necho v20.9.0\n"), ("npm", NPM)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    folder = tmp_path / "dashboard"
    for name in SOURCES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if "." in name:
            path.write_text("x")
        else:
            path.mkdir()
            (path / "file.ts").write_text("x")
    return folder


def calls(folder: Path) -> list[str]:
    path = folder / "calls"
    told = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return told


def test_it_is_built_once_and_again_when_a_source_changes(folder: Path) -> None:
    build.build(folder)
    assert calls(folder) == ["npm ci", "npm run build"]
    assert is_current(folder)
    assert build.build(folder).seconds == 0
    assert calls(folder) == []
    (folder / "src" / "file.ts").write_text("y")
    assert not is_current(folder)
    build.build(folder)
    assert calls(folder) == ["npm run build"]
    (folder / "package-lock.json").write_text("y")
    build.build(folder)
    assert calls(folder) == ["npm ci", "npm run build"]


def test_a_file_that_moves_is_a_change(folder: Path) -> None:
    before = sources_hash(folder)
    (folder / "src" / "file.ts").rename(folder / "src" / "other.ts")
    assert sources_hash(folder) != before


def test_a_build_that_fails_says_which_step_and_is_tried_again(folder: Path, tmp_path: Path) -> None:
    (folder / "fail").touch()
    with pytest.raises(BuildError, match=r"npm ci.*ended with 1.*dashboard\.log"):
        build.build(folder, tmp_path / "dashboard.log")
    (folder / "fail").unlink()
    assert not is_current(folder)
    build.build(folder)
    assert is_current(folder)


def test_only_one_process_builds(folder: Path) -> None:
    (folder / build.BUILDING).write_text(str(os.getpid()))
    with pytest.raises(BuildError, match=f"process {os.getpid()}"):
        build.build(folder, patience=0)
    (folder / build.BUILDING).write_text("4194304999")
    build.build(folder)


def test_beside_a_service_the_build_and_what_it_starts_come_last(folder: Path) -> None:
    with (folder.parent / "bin" / "npm").open("a") as file:
        file.write("nice >> calls\n")
    program = (
        "import pathlib, sys; from tools.dashboard import build; whole = build.build;"
        "build.build = lambda log: whole(pathlib.Path(sys.argv[1]), log); build.main(['--yield'])"
    )
    subprocess.run([sys.executable, "-c", program, str(folder)], check=True, timeout=60)
    last = str(min(19, os.nice(0) + 19))
    assert calls(folder) == ["npm ci", last, "npm run build", last]


@pytest.mark.parametrize(
    ("version", "missing"), [("v18.20.4", True), ("v20.8.1", True), ("v20.9.0", False), ("v24.1.0", False)]
)
def test_an_old_node_is_told_with_what_to_do(folder: Path, version: str, missing: bool) -> None:
    (folder.parent / "bin" / "node").write_text(f"#!/bin/sh\necho {version}\n")
    reason = missing_node()
    assert (reason is not None) == missing
    assert reason is None or (version in reason and "make dashboard" in reason)


def test_without_node_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "Node.js is not here" in (missing_node() or "")
