"""The lock of the dashboard's packages holds everywhere and names no registry."""

from __future__ import annotations

import json
import re

from tools.dashboard.build import FOLDER
from tools.dashboard.lock import complete, platform_of


def test_the_lock_names_no_registry_and_every_package_exactly() -> None:
    text = (FOLDER / "package-lock.json").read_text()
    assert "registry." not in text
    assert '"resolved"' not in text
    packages = json.loads(text)["packages"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+\S*", entry["version"]) for entry in packages.values())
    wanted = json.loads((FOLDER / "package.json").read_text())
    assert all(version[0].isdigit() for version in (wanted["dependencies"] | wanted["devDependencies"]).values())


def test_the_lock_has_an_entry_for_every_platform() -> None:
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    assert complete(lock) == []
    assert "node_modules/@next/swc-darwin-arm64" in lock["packages"]


def test_a_platform_is_read_from_a_packages_name() -> None:
    assert platform_of("@next/swc-linux-x64-musl") == {"os": ["linux"], "cpu": ["x64"], "libc": ["musl"]}
    assert platform_of("lightningcss-darwin-arm64") == {"os": ["darwin"], "cpu": ["arm64"]}
    assert platform_of("fsevents") == {}
