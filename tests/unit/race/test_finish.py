"""How a race ended, by Ergast's texts."""

from __future__ import annotations

import pytest

from shared.race.finish import dnf_cause, is_retired


@pytest.mark.parametrize(
    "status", ["Finished", "+1 Lap", "+12 Laps", "Lapped", "Disqualified", "Did not qualify", None]
)
def test_these_did_not_retire(status: str | None) -> None:
    assert not is_retired(status)
    assert dnf_cause(status) is None


@pytest.mark.parametrize(
    ("status", "cause"),
    [("Collision", "accident"), ("Spun off", "accident"), ("Engine", "mechanical"), ("Gearbox", "mechanical"),
     ("Retired", "other"), ("Illness", "other")],
)  # fmt: skip
def test_these_did_for_a_cause(status: str, cause: str) -> None:
    assert is_retired(status)
    assert dnf_cause(status) == cause
