"""A clock that only sleeping moves."""

from __future__ import annotations


class Clock:
    """Seconds since 1970, and every pause made."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let that time pass."""
        self.pauses.append(seconds)
        self.now += seconds
