"""The prior of the driving mode: what the driver's last laps make likely for the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.models.style.features import row
from shared.models.style.labels import BALANCED, MODES, NO_MODE
from shared.models.telemetry.laps import WINDOW, values_of
from shared.models.tflite.interpreter import Evaluate
from shared.models.trees import evaluate
from shared.race.telemetry import LapTelemetry


def prior(
    table: Mapping[str, Any] | None,
    laps: Sequence[LapTelemetry],
    total_laps: int,
    age: int,
    evaluator: Evaluate | None = None,
) -> dict[str, float] | None:
    """Probability of each mode on the next lap; None without a model or with too little telemetry.
    ``evaluator``: the tree by other means."""
    if table is None or "trees" not in table or not laps:
        return None
    known = row(values_of(laps[-WINDOW:]), total_laps, float(age + 1))
    if known is None:
        return None
    if table["serves"] != "tree":
        last = BALANCED if known[1] == NO_MODE else known[1]
        return dict(zip(MODES, table["previous_mode"][last], strict=True))
    x = known[0][None]
    if evaluator is not None:
        return {mode: float(told) for mode, told in zip(MODES, evaluator(x)[0], strict=True)}
    return {mode: float(evaluate(table["trees"][mode], x)[0]) for mode in MODES}
