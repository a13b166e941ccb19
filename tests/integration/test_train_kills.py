"""Training that is killed: run again, it comes to the same bundle, and leaves nothing half written behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shared.config import ROOT
from shared.models.bundle import Bundle
from tools.synthesize import synthesize


def command(data: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "tools.train", "--data", str(data), "--out", str(out)]


@pytest.mark.slow
def test_a_training_killed_in_the_middle_and_run_again_makes_the_same_bundle(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out" / "bundle"
    synthesize(data, 4, seed=5)
    whole = subprocess.run(command(data, tmp_path / "alone" / "bundle"), cwd=ROOT, check=True, capture_output=True)
    steps = [line.split("s", 1)[1].strip() for line in whole.stderr.decode().splitlines() if " s  " in line]
    assert len(steps) >= 6, "progress is told"
    for step in (steps[1], steps[-1]):
        process = subprocess.Popen(command(data, out), cwd=ROOT, stderr=subprocess.PIPE, text=True)
        assert process.stderr is not None
        for line in process.stderr:
            if step in line:
                break
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        process.stderr.close()
    assert not out.exists() or Bundle.load(out)
    began = time.time()
    subprocess.run(command(data, out), cwd=ROOT, check=True, capture_output=True)
    bundle, alone = Bundle.load(out), Bundle.load(tmp_path / "alone" / "bundle")
    assert bundle.version == alone.version
    assert bundle.manifest["files"] == alone.manifest["files"]
    assert all(path.stat().st_mtime >= began - 1 for path in out.iterdir()), "made now, not left by a killed run"
