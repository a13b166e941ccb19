"""Makes ``requirements.lock`` and each function's ``requirements.txt``, or checks that they are current.

``python -m tools.lock`` resolves anew and needs the package index; ``--check`` needs no network. A function's list
is what its ``main.py`` and the modules of ``shared`` behind it import, with what those packages need in turn, at the
versions and hashes of the one lock.
"""

from __future__ import annotations

import argparse
import functools
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import grimp
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
HEADER = "# Made by `python -m tools.lock` from requirements.lock: what this function imports, and what that needs.\n"
PYTHONS = ("3.11", "3.12", "3.13")

PORTS = {
    "ingest_ergast": ("warehouse", "object_store", "event_bus"),
    "ingest_fastf1": ("warehouse", "object_store", "event_bus"),
    "preprocess": ("warehouse", "object_store", "event_bus"),
    "train": ("warehouse", "object_store", "event_bus"),
    "stream_features": ("warehouse", "object_store", "event_bus"),
    "recommend": ("object_store", "event_bus"),
}
"""Ports each function opens. ``shared.bootstrap`` imports adapters by name, which no import graph shows."""

DISTRIBUTION = {
    "ai_edge_litert": "ai-edge-litert",
    "google.api_core": "google-api-core",
    "google.auth": "google-auth",
    "google.cloud.bigquery": "google-cloud-bigquery",
    "google.cloud.pubsub": "google-cloud-pubsub",
    "google.cloud.pubsub_v1": "google-cloud-pubsub",
    "google.cloud.storage": "google-cloud-storage",
    "google.oauth2": "google-auth",
    "sklearn": "scikit-learn",
    "xgboost": "xgboost-cpu",
}
"""Distributions whose name is not that of the module imported."""

NAMESPACES = {"google"}
"""Packages that several distributions put their modules into."""


class Pin(NamedTuple):
    """An entry of the lock: its text with hashes, the package's canonical name and the marker, if any."""

    text: str
    name: str
    marker: Marker | None


def compile_lock(upgrade: bool) -> str:
    """Resolve pyproject.toml's dependencies anew; pins already in the lock are kept unless ``upgrade``."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--extra", "dev", "--universal"]
    command += ["--python-version", PYTHONS[0], "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"]
    command += ["--no-header", "--no-annotate", "--quiet", "--output-file", str(LOCK)]
    if upgrade:
        command.append("--upgrade")
    subprocess.run(command, cwd=ROOT, check=True)
    return LOCK.read_text()


def read_pins(text: str) -> list[Pin]:
    """The entries of a lock. Raises ValueError for a line that is none, or that names a host."""
    pins = []
    for block in re.split(r"\n(?=\S)", text.strip()):
        if block.startswith("#"):
            continue
        requirement = Requirement(block.split("\\")[0].strip())
        if requirement.url is not None or not str(requirement.specifier).startswith("==") or "--hash=" not in block:
            raise ValueError(f"the lock's entry {block.splitlines()[0]!r} is not a pinned version with hashes")
        pins.append(Pin(block + "\n", canonicalize_name(requirement.name), requirement.marker))
    return pins


OWN_ENVIRONMENT = frozenset({"apache_beam"})
"""Modules of pipelines that run in an environment of their own and are no part of the deployed function."""


def function_requirements(function: str, pins: Iterable[Pin]) -> str:
    """The requirements.txt of a function."""
    wanted = with_dependencies({distribution(module) for module in external_imports(function) - OWN_ENVIRONMENT})
    lines = [pin.text for pin in pins if pin.name in wanted]
    missing = wanted - {pin.name for pin in pins}
    if missing:
        raise ValueError(f"{function} imports {', '.join(sorted(missing))}, which the lock does not hold")
    return HEADER + "".join(lines)


def external_imports(function: str) -> set[str]:
    """Third-party modules that a function imports, directly or through ``shared``, adapters of its ports included."""
    graph = _graph()
    stdlib = sys.stdlib_module_names | {"__future__"}
    reached = _reached(function)
    external = {module for module in reached if graph.is_module_squashed(module)}
    for shared_name in external & NAMESPACES:
        external = external - {shared_name} | _below(shared_name, reached)
    return {module for module in external if module.partition(".")[0] not in stdlib} | {"functions_framework"}


def _below(namespace: str, importers: set[str]) -> set[str]:
    """What these modules import of a namespace that several distributions share: the graph knows its first name only,
    the lines that import it the rest."""
    graph = _graph()
    found: set[str] = set()
    for importer in graph.find_modules_that_directly_import(namespace) & importers:
        for detail in graph.get_import_details(importer=importer, imported=namespace):
            base, names = re.findall(r"(?:from|import)\s+([\w.]+)(?:\s+import\s+(.+))?", detail["line_contents"])[0]
            found |= {f"{base}.{name.split()[0]}" for name in names.strip("()").split(",")} if names else {base}
    return found


def internal_imports(function: str) -> set[str]:
    """Modules of ``shared`` and of the function's own folder that it needs, packages around them included."""
    graph = _graph()
    needed = {module for module in _reached(function) if not graph.is_module_squashed(module)}
    packages = {module.rsplit(".", depth)[0] for module in needed for depth in range(1, module.count(".") + 1)}
    return needed | packages


def _reached(function: str) -> set[str]:
    graph = _graph()
    main = f"functions.{function}.main"
    roots = {main} if main in graph.modules else {f"functions.{function}"}
    roots |= {f"functions.{function}"} | set(graph.find_descendants(f"functions.{function}"))
    roots |= {adapter for port in PORTS[function] for adapter in _adapters(graph, port)}
    reached = set(roots)
    for module in roots:
        reached |= graph.find_upstream_modules(module)
    return reached


def with_dependencies(names: Iterable[str]) -> set[str]:
    """These distributions and all that they need on any supported Python, read from what is installed."""
    known: set[str] = set()
    waiting = [Requirement(name) for name in names]
    seen: set[str] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        key = f"{name}[{','.join(sorted(requirement.extras))}]"
        if key in seen:
            continue
        seen.add(key)
        known.add(name)
        waiting += list(_needs(name, requirement.extras))
    return known


def distribution(module: str) -> str:
    """The distribution that provides a module."""
    for known, name in DISTRIBUTION.items():
        if module == known or module.startswith(f"{known}."):
            return name
    return canonicalize_name(module.partition(".")[0])


def stale() -> Iterator[str]:
    """What is not current, one sentence each."""
    text = LOCK.read_text()
    if re.search(r"https?://|--index-url|--find-links", text):
        yield "requirements.lock names a host"
    pins = read_pins(text)
    locked = {pin.name for pin in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    for line in wanted:
        requirement = Requirement(line)
        versions = [
            Requirement(p.text.split("\\")[0]).specifier for p in pins if p.name == canonicalize_name(requirement.name)
        ]
        if canonicalize_name(requirement.name) not in locked:
            yield f"requirements.lock lacks {line}"
        elif not all(requirement.specifier.contains(str(version)[2:], prereleases=True) for version in versions):
            yield f"requirements.lock holds another version than {line}"
    # It is installed without resolving anything.
    for name in sorted(with_dependencies(wanted) - locked - {canonicalize_name(Requirement(x).name) for x in wanted}):
        yield f"requirements.lock lacks {name}, which its packages need"
    for function in PORTS:
        path = ROOT / "functions" / function / "requirements.txt"
        if not path.is_file() or path.read_text() != function_requirements(function, pins):
            yield f"{path.relative_to(ROOT)} is not what the lock and the function's imports give"


def _needs(name: str, extras: set[str]) -> Iterator[Requirement]:
    try:
        metadata = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return  # only needed on another platform or Python; the lock's markers know
    for line in metadata:
        requirement = Requirement(line)
        if requirement.marker is None or any(_applies(requirement.marker, extra) for extra in ("", *extras)):
            yield requirement


def _applies(marker: Marker, extra: str) -> bool:
    platforms = (("linux", "Linux", "x86_64"), ("linux", "Linux", "aarch64"), ("darwin", "Darwin", "arm64"))
    return any(
        marker.evaluate(
            {
                "extra": extra,
                "python_version": python,
                "python_full_version": f"{python}.9",
                "sys_platform": platform,
                "platform_system": system,
                "platform_machine": machine,
                "os_name": "posix",
            }
        )
        for python in PYTHONS
        for platform, system, machine in platforms
    )


def _adapters(graph: grimp.ImportGraph, port: str) -> list[str]:
    """Adapters that a deployed function opens: the cloud's where it exists, else the embedded one."""
    for backend in ("gcp", "embedded"):
        if f"shared.adapters.{backend}.{port}" in graph.modules:
            return [f"shared.adapters.{backend}.{port}"]
    return []


@functools.cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph("shared", "functions", include_external_packages=True, exclude_type_checking_imports=True)


def main() -> int:
    """Command line; answers 1 when ``--check`` finds something stale."""
    parser = argparse.ArgumentParser(prog="python -m tools.lock", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say what is not current; no network")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that pyproject.toml allows")
    parser.add_argument("--functions", action="store_true", help="leave the lock, make the functions' requirements")
    chosen = parser.parse_args()
    if chosen.check:
        problems = list(stale())
        for problem in problems:
            print(f"{problem}; run `make lock`", file=sys.stderr)
        return 1 if problems else 0
    pins = read_pins(LOCK.read_text() if chosen.functions else compile_lock(chosen.upgrade))
    for function in PORTS:
        path = ROOT / "functions" / function / "requirements.txt"
        path.write_text(function_requirements(function, pins))
        print(f"{path.relative_to(ROOT)}: {len(read_pins(path.read_text()))} pins")
    return 0


if __name__ == "__main__":
    sys.exit(main())
