"""How a race ended for a driver: finished, retired and why, or never started, from Ergast's status texts."""

from __future__ import annotations

import re
from typing import Literal

Cause = Literal["accident", "mechanical", "other"]

# Status texts of Ergast's table ``status``; whatever is not named here and is no finish is a part that failed.
_ACCIDENT = {
    "Accident",
    "Collision",
    "Collision damage",
    "Spun off",
    "Fatal accident",
    "Damage",
    "Debris",
}
_OTHER = {
    "Retired",
    "Withdrew",
    "Puncture",
    "Injured",
    "Injury",
    "Physical",
    "Illness",
    "Driver unwell",
    "Eye injury",
    "Safety",
    "Safety concerns",
    "Not restarted",
    "Out of fuel",
}
_RAN_TO_THE_END = {"Finished", "Lapped", "Disqualified", "Excluded", "Underweight", "Not classified"}
NOT_STARTED = {"Did not qualify", "Did not prequalify", "107% Rule", "Did not start"}
_LAPS_DOWN = re.compile(r"\+\d+ Laps?")


def is_retired(status: str | None) -> bool:
    """Whether the driver started and stopped before the end. Unknown (None) counts as not retired."""
    if status is None or status in _RAN_TO_THE_END or status in NOT_STARTED:
        return False
    return _LAPS_DOWN.fullmatch(status) is None


def dnf_cause(status: str | None) -> Cause | None:
    """Why a driver retired: in an accident, by a failure of the car, or otherwise; None for one who did not."""
    if status is None or not is_retired(status):
        return None
    if status in _ACCIDENT:
        return "accident"
    return "other" if status in _OTHER else "mechanical"
