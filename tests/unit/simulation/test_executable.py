"""Compiled programs are found again by the same code on the same kind of machine, and by nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest

from shared.config import ROOT
from shared.simulation import executable
from shared.simulation.executable import SOURCES, SUFFIX, keep, kept


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    before = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    executable._key.cache_clear()
    yield tmp_path
    jax.config.update("jax_compilation_cache_dir", before)
    executable._key.cache_clear()


class Program:
    """x -> 2 x + 1, kept under a name, and how often it had to be compiled."""

    def __init__(self) -> None:
        self.compiled = 0

    def run(self) -> list[float]:
        program = kept("doubled")
        if program is None:
            self.compiled += 1
            program = jax.jit(lambda x: 2.0 * x + 1.0).lower(jnp.zeros(3, jnp.float32)).compile()
            keep("doubled", program)
        return [float(x) for x in program(jnp.arange(3, dtype=jnp.float32))]


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}"))


def test_a_program_is_compiled_once_and_found_after_that(folder: Path) -> None:
    program = Program()
    assert program.run() == program.run() == [1.0, 3.0, 5.0]
    assert program.compiled == 1
    assert len(files(folder)) == 1


@pytest.mark.parametrize("damage", [b"", b"damaged", None], ids=["empty", "other", "one byte"])
def test_a_damaged_file_is_compiled_anew_and_mended(folder: Path, damage: bytes | None) -> None:
    program = Program()
    program.run()
    (file,) = files(folder)
    whole = file.read_bytes()
    middle = len(whole) // 2
    file.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :] if damage is None else damage)
    assert program.run() == [1.0, 3.0, 5.0]
    assert program.compiled == 2
    assert program.run() == [1.0, 3.0, 5.0]
    assert program.compiled == 2


@pytest.mark.parametrize("name", ["kind_of_cpu", "SOURCES", "XLA_FLAGS"])
def test_another_cpu_code_or_setting_is_another_file(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    program = Program()
    program.run()
    if name == "kind_of_cpu":
        monkeypatch.setattr(executable, "kind_of_cpu", lambda: "another")
    elif name == "SOURCES":
        code = tmp_path_factory.mktemp("code")
        (code / "lap.py").write_text("FASTER = True")
        monkeypatch.setattr(executable, "SOURCES", (code,))
    else:
        monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=false")
    executable._key.cache_clear()
    assert program.run() == [1.0, 3.0, 5.0]
    assert program.compiled == 2
    assert len(files(folder)) == 2


def test_without_a_folder_or_where_it_cannot_be_written_nothing_is_kept(folder: Path) -> None:
    program = Program()
    for place in (None, str(folder / "nowhere")):
        jax.config.update("jax_compilation_cache_dir", place)
        assert program.run() == [1.0, 3.0, 5.0]
    assert program.compiled == 2
    assert files(folder) == []


def test_all_code_that_the_simulation_imports_decides_which_program_it_is() -> None:
    covered = {".".join(folder.relative_to(ROOT).parts) for folder in SOURCES}
    imported = {
        found
        for path in SOURCES[0].rglob("*.py")
        for found in re.findall(r"^\s*(?:from|import) (shared\.\w+)", path.read_text(), re.MULTILINE)
    }
    assert "shared.simulation" in imported
    assert imported <= covered


SIMULATED = """
import hashlib, sys
from pathlib import Path
from tools.compiled import keep_compiled
assert keep_compiled(Path(sys.argv[1]))
from shared.simulation import plain_race, programs, simulate
if "improved" in sys.argv:
    programs.improve(20)
if "never traced" in sys.argv:
    programs._jitted = None
outcome = simulate(plain_race(20, 45, 50), 3, None, 300, 7)
print(hashlib.sha256(b"".join(part.tobytes() for part in outcome)).hexdigest())
"""


@pytest.mark.slow
def test_the_simulation_gives_the_same_bytes_made_quickly_made_well_and_found(tmp_path: Path) -> None:
    def told(*arguments: str) -> str:
        surroundings = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", SIMULATED, str(tmp_path / "compiled"), *arguments]
        done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    quickly = told()
    assert quickly == told("never traced")
    assert quickly == told("improved")
    for file in files(tmp_path / "compiled"):
        if "quickly" in file.name:
            file.unlink()
    assert quickly == told("never traced")
