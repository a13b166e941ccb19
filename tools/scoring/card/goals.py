"""The goals, and where a walk-forward stands against each.

They were set for questions asked over HTTP on later seasons; on other seasons the table itself scores otherwise, so
that the skill over the table travels better than the level.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from shared.scoring.scores import MODEL
from tools.scoring.probes.rejoin import GREEN
from tools.scoring.probes.replay import GRID, KNOWN, OWN
from tools.scoring.tires import GOALS as TIRES

DISTANCES = (0.25, 0.5, 0.75)


class Goal(NamedTuple):
    """A measure, where it is found among the figures, its goal, and whether more is better."""

    measure: str
    path: tuple[str, ...]
    goal: float
    more: bool = False


GOALS = (
    Goal("RPS at 25%", ("places", "0.25", MODEL, "rps"), 0.0750),
    Goal("RPS at 50%", ("places", "0.5", MODEL, "rps"), 0.0600),
    Goal("RPS at 75%", ("places", "0.75", MODEL, "rps"), 0.0450),
    Goal("winner named at 25%", ("places", "0.25", MODEL, "winner"), 0.74, True),
    Goal("winner named at 50%", ("places", "0.5", MODEL, "winner"), 0.83, True),
    Goal("winner named at 75%", ("places", "0.75", MODEL, "winner"), 0.88, True),
    Goal("Brier of podium at 25%", ("places", "0.25", MODEL, "brier_podium"), 0.046),
    Goal("Brier of podium at 50%", ("places", "0.5", MODEL, "brier_podium"), 0.038),
    Goal("Brier of podium at 75%", ("places", "0.75", MODEL, "brier_podium"), 0.030),
    Goal("skill over the table, lower end of the 90% interval", ("skill", "all", "low"), 0.15, True),
    Goal("next stop within 2 laps of the best window, at 25%", ("stops", "0.25", "within_2"), 0.38, True),
    Goal("next stop within 2 laps of the best window, at 50%", ("stops", "0.5", "within_2"), 0.57, True),
    Goal("MAE of the next stop's median lap, at 25%", ("stops", "0.25", "mae_median"), 5.2),
    Goal("MAE of the next stop's median lap, at 50%", ("stops", "0.5", "mae_median"), 3.6),
    Goal("Brier of no further stop, at 25%", ("stops", "0.25", "none_brier"), 0.040),
    Goal("Brier of no further stop, at 50%", ("stops", "0.5", "none_brier"), 0.135),
    Goal("rejoin place exact, green stops", ("rejoin", GREEN, "exact"), 0.65, True),
    Goal("rejoin place within one, green stops", ("rejoin", GREEN, "within_1"), 0.92, True),
    Goal("replay, pace in sample: finishers' Spearman", ("replay", GRID, OWN, "all", "spearman"), 0.90, True),
    Goal("replay, pace in sample: finishers' CRPS", ("replay", GRID, OWN, "all", "crps"), 1.2),
    Goal("replay, pace not in sample: finishers' Spearman", ("replay", GRID, KNOWN, "all", "spearman"), 0.90, True),
    Goal("replay, pace not in sample: finishers' CRPS", ("replay", GRID, KNOWN, "all", "crps"), 1.2),
    *(Goal(f"MAE of mean pace over the next {h} laps, s", ("tires_mae", str(h)), g) for h, g in TIRES.items()),
)
COVERAGE = (0.78, 0.84)


def standing(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Each goal whose measure is among the figures: measure, goal, what was reached, whether it is met."""
    rows = []
    for goal in GOALS:
        value = _at(found, goal.path)
        if value is not None:
            met = value >= goal.goal if goal.more else value <= goal.goal
            sign = "at least" if goal.more else "at most"
            rows.append(_row(goal.measure, f"{sign} {goal.goal:.4g}", f"{value:.4f}", met))
    for distance in DISTANCES[:2]:
        covers = _at(found, ("stops", f"{distance:g}", "coverage_80"))
        if covers is not None:
            low, high = COVERAGE
            text = f"80% interval of the next stop covers, at {distance:.0%}"
            rows.append(_row(text, f"{low:.2f} to {high:.2f}", f"{covers:.3f}", low <= covers <= high))
    for distance in DISTANCES:
        rows += _calibrated(found, f"{distance:g}", f"{distance:.0%}")
    return rows


def _calibrated(found: dict[str, Any], key: str, name: str) -> list[dict[str, Any]]:
    error = _at(found, ("calibration", key, MODEL))
    limit = _at(found, ("calibration", key, "perfect_95"))
    if error is None or limit is None:
        return []
    text = f"at most {limit:.4f}, the 95th percentile of a perfect forecaster's own"
    return [_row(f"calibration error at {name}", text, f"{error:.4f}", error <= limit)]


def _row(measure: str, goal: str, reached: str, met: bool) -> dict[str, Any]:
    return {"measure": measure, "goal": goal, "reached": reached, "met": bool(met)}


def _at(found: Any, path: tuple[str, ...]) -> float | None:
    for key in path:
        if not isinstance(found, dict) or key not in found:
            return None
        found = found[key]
    return float(found)
