"""The dashboard's own tests need Node; those in a browser need Chromium too. Each says what is missing."""

from __future__ import annotations

import pytest

from tools.dashboard.baselines import find_chromium
from tools.dashboard.build import FOLDER, build, missing_node


@pytest.fixture(scope="session")
def built() -> None:
    """The dashboard as its sources are, with its packages. Skips where there is no Node."""
    if (reason := missing_node()) is not None:
        pytest.skip(reason)
    build()
    assert (FOLDER / "node_modules").is_dir()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Chromium's program. Skips where there is none."""
    found = find_chromium()
    if found is None:
        pytest.skip("needs Chromium (Debian's package chromium)")
    return found
