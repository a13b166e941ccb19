"""Simulated races: marked, the same for a seed, and like races."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pytest

from shared.features.frames import load_frames
from tools.synthesize import main, synthesize


def _digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def test_the_same_seed_gives_the_same_files_and_another_seed_others(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        synthesize(tmp_path / name, 2, seed)
    assert _digest(tmp_path / "a" / "laps") == _digest(tmp_path / "b" / "laps")
    assert _digest(tmp_path / "a" / "ergast") == _digest(tmp_path / "b" / "ergast")
    assert _digest(tmp_path / "a" / "ergast") != _digest(tmp_path / "c" / "ergast")


def test_simulated_races_look_like_races(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--out", str(tmp_path), "--races", "6", "--seed", "9"]) == 0
    assert "6 simulated races" in capsys.readouterr().out
    assert (tmp_path / "SYNTHETIC").read_text().startswith("simulated")
    frames = load_frames(tmp_path)
    laps = frames.laps
    assert 0.7 < laps["is_clean"].mean() < 0.95
    assert laps.groupby(["race_id", "lap"])["gap_to_leader"].min().eq(0).all()
    assert 0 < laps.groupby(["race_id", "driver_id"])["pit_stops"].max().mean() < 3
    dry = laps[laps["compound"].isin(["SOFT", "MEDIUM", "HARD"])]
    finished = frames.results[~frames.results["retired"]][["race_id", "driver_id"]]
    used = dry.merge(finished).groupby(["race_id", "driver_id"])["compound"].nunique()
    assert used.min() >= 2
    assert pd.Index(frames.results["dnf_cause"].dropna()).isin(["accident", "mechanical"]).all()
