"""What a race's verdicts come to by car, and as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

from shared.strategy.search.statistics import Z90
from tools.reviewing.verdicts import Verdict, choice

COLUMNS = (
    "lap",
    "car",
    "place",
    "decision",
    "what the team did",
    "what the product advised",
    "points",
    "low",
    "high",
    "verdict",
    "confidence",
    "asked earlier",
    "points then",
)


class Total(NamedTuple):
    """A car's decisions together: expected points against the advice with their 90% interval, decisions, those lost."""

    driver_id: str
    points: float
    low: float
    high: float
    decisions: int
    lost: int


def by_driver(verdicts: Sequence[Verdict]) -> list[Total]:
    """Totals of the decisions judged, the worst first. Intervals add up as of independent errors, which the
    scenarios of two questions are."""
    found = []
    judged = [v for v in verdicts if not v.unseen]
    for driver in sorted({v.decision.driver_id for v in judged}):
        own = [v for v in judged if v.decision.driver_id == driver]
        points = sum(v.points for v in own)
        error = Z90 * sqrt(sum(((v.high - v.low) / (2 * Z90)) ** 2 for v in own))
        lost = sum(v.word == "lost" for v in own)
        found.append(Total(driver, points, points - error, points + error, len(own), lost))
    return sorted(found, key=lambda total: (total.points, total.driver_id))


def rows(verdicts: Sequence[Verdict]) -> list[dict[str, object]]:
    """A row a verdict with ``COLUMNS``, in order of lap."""
    out: list[dict[str, object]] = []
    for v in verdicts:
        then = v.earlier
        values = (
            v.decision.stop or v.decision.known,
            v.decision.driver_id,
            v.place,
            v.decision.kind,
            choice(v.decision),
            v.advice,
            round(v.points, 2),
            round(v.low, 2),
            round(v.high, 2),
            f"{v.word}: {v.unseen}" if v.unseen else v.word,
            round(v.confidence, 2),
            "" if then is None else f"lap {then.decision.known}: {then.advice}",
            "" if then is None else f"{then.points:+.2f} ({then.low:+.2f} to {then.high:+.2f})",
        )
        out.append(dict(zip(COLUMNS, values, strict=True)))
    return out
