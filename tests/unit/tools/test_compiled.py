"""What JAX compiled is found again by the next start, and passed over where it does not fit or is damaged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.config import ROOT
from tools.compiled import COMPILER, keep_compiled

PROGRAM = """
import sys
from pathlib import Path
from tools.compiled import keep_compiled
assert keep_compiled(Path(sys.argv[1]))
import jax
from jax._src import monitoring
found = []
monitoring.register_event_listener(lambda name, **_: found.append(name) if name.endswith("cache_hits") else None)
value = jax.jit(lambda x: jax.numpy.tanh(x) @ x)(jax.numpy.ones((8, 8)))
print(len(found) > 0, float(value.sum()))
"""


def compiled_in(folder: Path, **environment: str) -> tuple[bool, float]:
    """Whether a new process found something compiled in the folder, and what it computed."""
    surroundings = {"PATH": "/usr/bin:/bin", "HOME": str(folder.parent), "PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-c", PROGRAM, str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    hit, value = done.stdout.split()
    return hit == "True", float(value)


def entries(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name.endswith("-cache")}


@pytest.mark.slow
def test_what_another_kind_of_cpu_compiled_or_a_fault_damaged_is_compiled_anew(tmp_path: Path) -> None:
    folder = tmp_path / "compiled"
    # XLA told to know fewer instructions stands for another kind of CPU: its topology has another fingerprint.
    hit, value = compiled_in(folder, XLA_FLAGS="--xla_cpu_max_isa=SSE4_2")
    elsewhere = entries(folder)
    assert (hit, bool(elsewhere)) == (False, True)
    assert compiled_in(folder) == (False, pytest.approx(value))
    here = entries(folder) - elsewhere
    assert here
    assert compiled_in(folder) == (True, pytest.approx(value))
    for name in here:
        (folder / name).write_bytes(b"damaged")
    assert compiled_in(folder)[1] == pytest.approx(value)


def test_the_folder_is_made_for_this_user_alone_and_named_to_jax(tmp_path: Path, no_cache: None) -> None:
    assert keep_compiled(tmp_path / "a" / "compiled")
    assert (tmp_path / "a" / "compiled").stat().st_mode & 0o777 == 0o700
    assert os.environ["JAX_COMPILATION_CACHE_DIR"] == str(tmp_path / "a" / "compiled")
    assert COMPILER.items() <= os.environ.items()


def test_a_folder_that_others_may_write_is_passed_over_for_it_holds_code(tmp_path: Path, no_cache: None) -> None:
    tmp_path.chmod(0o777)
    assert not keep_compiled(tmp_path)
    assert "JAX_COMPILATION_CACHE_DIR" not in os.environ


def test_a_place_that_cannot_be_had_is_passed_over(tmp_path: Path, no_cache: None) -> None:
    (tmp_path / "file").touch()
    assert not keep_compiled(tmp_path / "file")


@pytest.fixture
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without JAX's settings, put back afterwards."""
    for name in ("JAX_COMPILATION_CACHE_DIR", *COMPILER):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
