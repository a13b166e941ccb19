"""The replay of the whole product: from an ingest request to a recommendation by the bundle that it led to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.config import ROOT

pytestmark = pytest.mark.slow


def test_simulated_races_lead_by_events_to_a_bundle_that_serves_and_is_marked(tmp_path: Path) -> None:
    environment = os.environ | {"F1_STATE_DIR": str(tmp_path), "F1_DATA_DIR": str(tmp_path / "none"), "COLUMNS": "200"}
    command = [sys.executable, "-m", "tools.pipeline"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr
    for stage in ("ingest", "preprocess", "train", "recommend takes over"):
        assert f"{stage}: " in done.stdout
    models = tmp_path / "pipeline-synthetic" / "objects" / "models"
    promoted = json.loads((models / "current.json").read_text())["version"]
    assert f"recommend answers with the promoted bundle {promoted}" in done.stdout
    assert json.loads((models / "bundles" / promoted / "manifest.json").read_text())["synthetic"] is True
    assert not (tmp_path / "objects").exists(), "the product's own state was touched"


def test_a_folder_without_races_is_named(tmp_path: Path) -> None:
    (tmp_path / "data" / "laps").mkdir(parents=True)
    environment = os.environ | {"F1_STATE_DIR": str(tmp_path), "F1_DATA_DIR": str(tmp_path / "data")}
    command = [sys.executable, "-m", "tools.pipeline"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f"{tmp_path}/data holds neither laps/YEAR.parquet nor ergast/races.csv" in done.stderr.replace("\n", "")
