"""Programs kept as machine code beside JAX's persistent cache, so that a start neither traces nor compiles what an
earlier one has.

JAX's own cache is found by what it has traced and lowered, which takes longer than all else in such a start.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import platform
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

import jax
import jaxlib
from jax.experimental import serialize_executable
from jax.stages import Compiled

SUFFIX = ".executable"
SOURCES = (Path(__file__).parent, Path(__file__).parents[1] / "race")
"""What a program depends on: these folders' code."""

_MARK = 16  # bytes

log = logging.getLogger("f1")


def kept(name: str) -> Compiled | None:
    """The program ``name`` from the folder of JAX's persistent cache, if there is one and it is there.

    Another code, version, setting of XLA or kind of CPU is another file; a file that cannot be loaded, as one that is
    damaged, is passed over. What is loaded runs as it is: the folder is to be nobody else's (``tools.compiled``).
    """
    file = _file(name)
    try:
        data = b"" if file is None else file.read_bytes()
    except OSError:
        return None
    if not data:
        return None
    try:
        mark, program = data[:_MARK], data[_MARK:]
        if mark != _mark(program):
            raise ValueError("it is not as it was written")
        return serialize_executable.deserialize_and_load(*pickle.loads(program))  # noqa: S301 - a file of our own
    except Exception as error:  # whatever unpickling and XLA make of what they cannot use
        log.warning("a compiled program cannot be loaded and is compiled anew: %s: %r", file, error)
        return None


def keep(name: str, program: Compiled) -> None:
    """Write the program, whole or not at all. Without a folder, or in one that is only read, it is not kept."""
    file = _file(name)
    if file is None:
        return
    try:
        data = pickle.dumps(serialize_executable.serialize(program))
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as part:
            part.write(_mark(data) + data)
        Path(part.name).replace(file)
    except OSError as error:
        log.info("a compiled program is not kept: %r", error)


def _file(name: str) -> Path | None:
    folder = jax.config.jax_compilation_cache_dir
    return Path(folder, f"{name}-{_key()}{SUFFIX}") if folder else None


def _mark(data: bytes) -> bytes:
    """What tells a file that a fault has damaged: XLA runs what it is given."""
    return hashlib.blake2b(data, digest_size=_MARK).digest()


@lru_cache(maxsize=1)
def _key() -> str:
    """A mark of all that a program depends on."""
    digest = hashlib.blake2b(digest_size=12)
    for path in sorted(path for folder in SOURCES for path in folder.rglob("*.py")):
        digest.update(path.read_bytes())
    versions = (sys.version_info[:2], jax.__version__, jaxlib.__version__)
    digest.update(repr((versions, os.environ.get("XLA_FLAGS"), platform.machine(), kind_of_cpu())).encode())
    return digest.hexdigest()


def kind_of_cpu() -> str:
    """A mark of the CPU's kind: code compiled for one may not run on another."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        features = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    except OSError:
        features = platform.processor()
    return hashlib.sha256(features.encode()).hexdigest()[:8]
