"""Roll back as an operator does it: one command beside a running server, which answers all the while."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from shared.config import ROOT
from shared.models.bundle import SHIPPED, Bundle, write_bundle
from shared.models.bundle_store import put_bundle
from shared.models.promotion import promote_by_hand
from tools.client import Client
from tools.streambench.instance import running

pytestmark = pytest.mark.slow

REQUEST: dict[str, Any] = json.loads((ROOT / "tools" / "examples" / "bahrain_2023_lap_12.json").read_text())


def test_one_command_brings_the_last_bundle_back_within_a_minute_and_every_question_is_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = Bundle.load(SHIPPED)
    files = {name: (shipped.folder / name).read_bytes() for name in shipped.manifest["files"] if ".json" not in name}
    other = write_bundle(tmp_path / "other", {**shipped.tables, "notes": {}}, shipped.manifest, files)
    with running(tmp_path / "state", "tools.serve", F1_API_KEYS="key", F1_RATE_LIMIT="10000") as instance:
        store = instance.ports.objects
        for bundle in (shipped, other):
            put_bundle(store, bundle.folder, bundle.version)
            assert promote_by_hand(store, bundle) == []
        client = Client(f"http://127.0.0.1:{instance.settings.port}", "key", timeout=120.0, tries=1)
        until_served(client, other.version, 180.0)
        began = time.monotonic()
        command = [sys.executable, "-m", "tools.models", "rollback"]
        rolling = subprocess.Popen(command, cwd=ROOT, env=instance.environment, stdout=subprocess.PIPE, text=True)
        asked = until_served(client, shipped.version, 180.0)
        took = time.monotonic() - began
        told, _ = rolling.communicate(timeout=60)
    assert rolling.returncode == 0 and f"{shipped.version} serves again in place of {other.version}" in told
    with capsys.disabled():
        print(f"\nroll back: {took:.1f} s from the command to the first answer by the old bundle, {asked} questions")


def until_served(client: Client, version: str, seconds: float) -> int:
    """Asks until an answer comes from that bundle; how often. Any error is the client's to raise."""
    asked, deadline = 0, time.monotonic() + seconds
    while time.monotonic() < deadline:
        asked += 1
        if client.recommend({**REQUEST, "seed": asked}).model_version == version:
            return asked
        time.sleep(0.1)
    raise AssertionError(f"{version} did not serve within {seconds} s and {asked} questions")
