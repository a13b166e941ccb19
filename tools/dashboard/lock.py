"""Completes ``dashboard/package-lock.json`` after ``npm install``: ``python -m tools.dashboard.lock``.

A package with a binary names one optional package a platform. Where the registry at hand does not show all of them, npm
leaves those out of the lock, and ``npm ci`` refuses the lock everywhere. They are entered here by the exact version
that their parent asks for, with the platform that their name tells, so that the lock holds on Linux and macOS alike.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from tools.dashboard.build import FOLDER

_OS = {"android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32", "aix"}
_CPU = {"arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "x64", "wasm32"}


def platform_of(name: str) -> dict[str, list[str]]:
    """``os``, ``cpu`` and ``libc`` as a package's name tells them: "@next/swc-linux-x64-musl"."""
    words = re.split(r"[-/]", name)
    found: dict[str, list[str]] = {}
    if chosen := [word for word in words if word in _OS]:
        found["os"] = chosen
    if chosen := [word for word in words if word in _CPU]:
        found["cpu"] = chosen
    if "musl" in words:
        found["libc"] = ["musl"]
    return found


def complete(lock: dict[str, Any]) -> list[str]:
    """Enter what is missing, in place; the names that were entered. A package named for no platform stays out."""
    packages: dict[str, Any] = lock["packages"]
    entered = []
    for path, parent in list(packages.items()):
        for name, version in parent.get("optionalDependencies", {}).items():
            platform = platform_of(name)
            known = (f"{path}/node_modules/{name}", f"node_modules/{name}")
            if not platform or any(place in packages for place in known) or not re.fullmatch(r"\d[\w.+-]*", version):
                continue
            dev = {"dev": True} if parent.get("dev") else {}
            packages[f"node_modules/{name}"] = {"version": version, **dev, "optional": True, **platform}
            entered.append(name)
    lock["packages"] = {key: packages[key] for key in sorted(packages)}
    return entered


def main(path: Path = FOLDER / "package-lock.json") -> int:
    """Complete the file and tell what was entered."""
    lock = json.loads(path.read_text(encoding="utf-8"))
    for name in complete(lock):
        print(f"entered {name}")
    path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
