"""The demonstration from its command line, without any data: the stack, a simulated race, recommendations."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.config import ROOT


@pytest.mark.slow
def test_a_simulated_race_is_shown_with_recommendations(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("F1_")}
    environment |= {"F1_STATE_DIR": str(tmp_path / "state"), "F1_DATA_DIR": str(tmp_path / "none"), "COLUMNS": "140"}
    command = [sys.executable, "-m", "tools.demo", "--from-lap", "30", "--to-lap", "32", "--speed", "40"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert "the call" in done.stdout
    assert "odds, laps " in done.stdout
    assert "simulated" in done.stdout
