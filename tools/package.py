"""`make package`: one archive a function, with all that it needs to be deployed alone.

An archive holds the function's folder, the modules of ``shared`` that it imports, its pinned requirements and, for
recommend, the default bundle and the compiled simulation for every size of field. What the commit decides gives the
same bytes everywhere: names are sorted, times and modes fixed. XLA's compiler does not, so the compiled simulation is
left out of the hash that names an archive, made once for each hash, and used again.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from shared.config import ROOT
from shared.errors import F1Error
from shared.simulation.executable import SUFFIX, kind_of_cpu
from tools.command import run_main
from tools.compiled import COMPILER
from tools.lock import PORTS, internal_imports

OUT = ROOT / "build" / "packages"
COMPILED = "compiled/"
"""Folder in recommend's archive that JAX's persistent cache is in; terraform/main.tf names it to the function."""

BUNDLED = {"recommend": ("shared/bundle", "docs/scorecard.json"), "train": ("shared/bundle",)}
"""Folders and files of data that a function reads beside its modules."""

LEFT_OUT = {"beam_pipeline.py"}
"""Files of a function's folder that run elsewhere."""


class Package(NamedTuple):
    """A function's archive; ``sha256`` is over what the commit decides, ``archive_sha256`` over the file."""

    function: str
    path: Path
    sha256: str
    archive_sha256: str


def sources(function: str) -> dict[str, bytes]:
    """Files of an archive by name, without the compiled simulation. Raises F1Error for an unknown function."""
    if function not in PORTS:
        raise F1Error(f"no function {function!r}; there are {', '.join(PORTS)}")
    folder = ROOT / "functions" / function
    names = {_module_file(module) for module in internal_imports(function)}
    names |= {path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    for part in (ROOT / name for name in BUNDLED.get(function, ())):
        names |= {path for path in part.rglob("*") if path.is_file()} if part.is_dir() else {part}
    if _reads_sql(function):
        names |= set((ROOT / "functions" / "preprocess" / "sql").glob("*.sql"))
    wanted = [path for path in names if path.name not in LEFT_OUT and "__pycache__" not in path.parts]
    files = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in wanted}
    # Where a deployed function is looked for, besides its place in the tree.
    files["main.py"] = files.pop(f"functions/{function}/main.py")
    files["requirements.txt"] = files.pop(f"functions/{function}/requirements.txt")
    return files


def _reads_sql(function: str) -> bool:
    return "shared.features.sql" in internal_imports(function)


def _module_file(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def digest(files: Mapping[str, bytes]) -> str:
    """SHA-256 over names and contents."""
    over = hashlib.sha256()
    for name, data in sorted(files.items()):
        over.update(f"{name}\0{len(data)}\0".encode())
        over.update(data)
    return over.hexdigest()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The files as a zip archive whose bytes depend on nothing else."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return out.getvalue()


_COMPILE = """
from pathlib import Path
from shared.models.bundle import Bundle
from shared.serving.kernels import programs
from shared.serving.service import typical_request
from shared.strategy.recommend import recommend
from shared.strategy.situation import situation

bundle = Bundle.load(Path("shared/bundle"))
for program in programs():
    program.compile()
request = typical_request(bundle)
state, ego = situation(request, bundle)
recommend(request, state, ego, bundle)
"""


def compiled(files: Mapping[str, bytes], kept: Path) -> dict[str, bytes]:
    """The simulation as JAX's persistent cache holds it, compiled from an archive's files for this kind of CPU, or as
    ``kept`` has it from an earlier time. Raises F1Error where the files cannot simulate."""
    folder = kept / f"{digest(files)[:16]}-{platform.machine()}-{kind_of_cpu()}"
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(prefix="package-") as scratch:
            tree, cache = Path(scratch, "tree"), Path(scratch, "cache")
            unpack(files, tree)
            environment = os.environ | COMPILER | {"JAX_COMPILATION_CACHE_DIR": str(cache), "PYTHONPATH": str(tree)}
            command = [sys.executable, "-B", "-c", _COMPILE]
            done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
            if done.returncode != 0 or not cache.is_dir():
                raise F1Error(f"recommend's archive cannot simulate: {done.stderr[-2000:]}")
            folder.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(cache, folder)
    # JAX notes beside an entry when it was last read, which is no part of it.
    entries = [path for path in folder.iterdir() if path.name.endswith(("-cache", SUFFIX))]
    return {COMPILED + path.name: path.read_bytes() for path in entries}


def unpack(files: Mapping[str, bytes], into: Path) -> None:
    """Write an archive's files under a folder."""
    for name, data in files.items():
        path = into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def build(functions: Iterable[str], out: Path = OUT, with_compiled: bool = True) -> list[Package]:
    """Write the archives and ``packages.json``, which Terraform reads, and answer what was made."""
    out.mkdir(parents=True, exist_ok=True)
    made = []
    for function in functions:
        files = sources(function)
        sha256 = digest(files)
        if with_compiled and function == "recommend":
            files |= compiled(files, out / ".compiled")
        archive = zipped(files)
        path = out / f"{function}.zip"
        path.write_bytes(archive)
        made.append(Package(function, path, sha256, hashlib.sha256(archive).hexdigest()))
    note = out / "packages.json"
    known = json.loads(note.read_text()) if note.is_file() else {}
    for package in made:
        known[package.function] = {
            "file": package.path.name,
            "sha256": package.sha256,
            "archive_sha256": package.archive_sha256,
        }
    note.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.package", description=__doc__.split("\n")[0])
    parser.add_argument("functions", nargs="*", metavar="FUNCTION", help="only these (default: all)")
    parser.add_argument("--out", type=Path, default=OUT, help="folder for archives and packages.json")
    parser.add_argument("--no-compiled", action="store_true", help="leave the compiled simulation out")
    options = parser.parse_args(arguments)
    for package in build(options.functions or list(PORTS), options.out, not options.no_compiled):
        size = package.path.stat().st_size
        print(f"{package.function:16} {size / 1e6:6.2f} MB  {package.sha256}")
    return 0


if __name__ == "__main__":
    run_main(main)
