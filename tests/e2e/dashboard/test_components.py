"""What the dashboard checks of itself without a browser: its components, its types, its style."""

from __future__ import annotations

import subprocess

import pytest

from tools.dashboard.build import FOLDER

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("built")]


@pytest.mark.parametrize("script", ["test", "types", "lint"])
def test_the_dashboards_own_checks_pass(script: str) -> None:
    done = subprocess.run(["npm", "run", "--silent", script], cwd=FOLDER, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
