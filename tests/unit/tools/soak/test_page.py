"""The page of long runs keeps each run's results apart, newest first."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tools.soak import RUNS, Outcome, Run
from tools.soak.__main__ import main
from tools.soak.page import KEPT, Result, record

OTHER = Run("other", "Another run.", "tools.soak.kills:soak")


def _result(day: int, **figures: int) -> Result:
    return Result(dt.date(2024, 1, day), "2 cores", 61.4, Outcome(day != 3, figures, () if day != 3 else ("a row",)))


def test_the_newest_result_comes_first_and_a_failure_is_told(tmp_path: Path) -> None:
    page = tmp_path / "docs" / "soak.md"
    for day in (1, 3):
        record(page, RUNS[0], _result(day, kills=day))
    lines = [line for line in page.read_text().splitlines() if line.startswith("* ")]
    assert lines == [
        "* 2024-01-03, did not hold: kills 3 (61 s; 2 cores); failed: a row",
        "* 2024-01-01, held: kills 1 (61 s; 2 cores)",
    ]


def test_runs_have_sections_of_their_own_and_old_results_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.soak.page.RUNS", (RUNS[0], OTHER))
    page = tmp_path / "soak.md"
    record(page, OTHER, _result(1, requests=5))
    for day in range(1, KEPT + 3):
        record(page, RUNS[0], _result(day, kills=day))
    text = page.read_text()
    assert text.index("## kills") < text.index("## other")
    assert text.count("* 2024") == KEPT + 1
    assert "requests 5" in text


def test_every_registered_run_can_be_loaded() -> None:
    assert all(callable(run.load()) for run in RUNS)


def test_a_run_nobody_knows_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["sok"])
    assert "no run sok; there are kills" in capsys.readouterr().err
