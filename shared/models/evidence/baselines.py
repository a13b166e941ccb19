"""A model that does not beat its baseline on races held out of its own training does not serve: its baseline does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def serve_what_is_better(tables: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """(tables with every losing model replaced by its baseline, what serves by name of the model).

    Pace: the mean of regression and trees against the regression alone. Next stop: the forecast by trees against the
    rate by tire age, in whose place the pit policy decides, which is such a rate. Tire degradation: its table says by
    ``beats_baselines`` whether it moves the simulation. A model that too few races were there to judge serves: nothing
    is known against it.
    """
    out, serving = dict(tables), {}
    pace = tables["pace"]
    held = pace.get("holdout")
    if held is not None and pace["weights"].get("trees") is not None:
        wins = _mean(held, "mae_s") < _mean(held, "linear_mae_s")
        serving["pace"] = "model" if wins else "baseline: the regression without trees"
        if not wins:
            out["pace"] = {**pace, "weights": {**pace["weights"], "trees": None}}
    stops = tables.get("stops")
    if stops is not None and stops.get("holdout") is not None:
        wins = stops["holdout"]["log_loss"] < stops["holdout"]["rate_by_age_log_loss"]
        serving["next_stop"] = "model" if wins else "baseline: the pit policy's rates"
        if not wins:
            out["stops"] = None
    if tables.get("tire_model") is not None:
        wins = tables["tire_model"]["beats_baselines"]
        serving["tire_degradation"] = "model" if wins else "baseline: wear by compound and circuit"
    return out, serving


def _mean(held: Mapping[str, Any], key: str) -> float:
    """Mean over the shares of the distance, each as its rows weigh."""
    knots = sorted(held["n"])
    weights = np.array([held["n"][knot] for knot in knots], float)
    return float(np.array([held[key][knot] for knot in knots]) @ weights / weights.sum())
