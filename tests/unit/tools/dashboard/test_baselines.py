"""What is said where the screenshots cannot be taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.dashboard.baselines import SCREENS, BaselinesError, take
from tools.dashboard.build import FOLDER


def test_without_chromium_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BaselinesError, match="Chromium is not here"):
        take(SCREENS)


def test_every_screenshot_is_one_that_a_scenario_compares() -> None:
    pages = {"live", "drivers", "simulation", "history", "model"}
    screens = {path.stem.split("-")[0] for path in (FOLDER / "tests" / "e2e" / "baselines").glob("*.png")}
    assert screens == pages
