"""The sport's vocabulary as codes: compounds and track status.

Codes are what arrays carry; names are what the HTTP contract and the tables carry. Everything that
needs one from the other asks here.
"""

from __future__ import annotations

from enum import IntEnum


class Compound(IntEnum):
    """Tire compounds by the color on the sidewall; the code is the array index of every tire table."""

    SOFT = 0
    MEDIUM = 1
    HARD = 2
    INTERMEDIATE = 3
    WET = 4

    @property
    def is_dry(self) -> bool:
        """Whether this is a slick."""
        return self <= Compound.HARD


class TrackStatus(IntEnum):
    """Status of the track, in order of severity: the worst status met on a lap is the lap's status."""

    GREEN = 0
    YELLOW = 1
    VSC = 2
    SC = 3
    RED = 4


DRY_COMPOUNDS = (Compound.SOFT, Compound.MEDIUM, Compound.HARD)
WET_COMPOUNDS = (Compound.INTERMEDIATE, Compound.WET)
N_COMPOUNDS = len(Compound)

_STATUS_OF_DIGIT = {
    "1": TrackStatus.GREEN,
    "2": TrackStatus.YELLOW,
    "4": TrackStatus.SC,
    "5": TrackStatus.RED,
    "6": TrackStatus.VSC,
    "7": TrackStatus.VSC,
}


def track_status_of_digits(digits: str | None) -> TrackStatus:
    """Worst status among the timing service's digits of one lap ("1" clear, "2" yellow, "4" safety car,
    "5" red, "6"/"7" virtual safety car deployed/ending); unknown digits and None count as green."""
    return max((_STATUS_OF_DIGIT.get(d, TrackStatus.GREEN) for d in digits or "1"), default=TrackStatus.GREEN)
