"""Tables of the models of telemetry with weights made up."""

from __future__ import annotations

from typing import Any

import numpy as np

from shared.models.brakes import features as brakes_features
from shared.models.fuel import features as fuel_features
from shared.models.style import features as style_features


def made_by_hand() -> dict[str, Any]:
    """Tables of the models of telemetry, as they are fitted, with weights made up."""
    rng = np.random.default_rng(8)
    width, hidden = len(fuel_features.NAMES), 8
    lstm = {
        "kind": "lstm", "steps": 10, "hidden": hidden, "features": list(fuel_features.NAMES),
        "mean": [0.0, *rng.normal(0, 0.3, width - 1)], "scale": [1.0, *rng.uniform(0.05, 0.5, width - 1)],
        "kernel": rng.normal(0, 0.4, (width, 4 * hidden)), "recurrent": rng.normal(0, 0.4, (hidden, 4 * hidden)),
        "bias": rng.normal(0, 0.4, 4 * hidden), "dense": rng.normal(0, 0.4, hidden), "dense_bias": 0.1,
    }  # fmt: skip
    linear = {
        "kind": "linear", "features": list(brakes_features.NAMES), "coefficients": [-0.004, -0.01, 0.6, 0.4],
        "intercept": 0.5, "low": 50.0, "high": 65.0,
    }  # fmt: skip
    shape = {"feature": [[3, 0, 0, 0, 0]], "threshold": [[0.5, 1.5, 0.0, 0.0, 0.0]], "yes": [[1, 3, 2, 3, 4]],
             "no": [[2, 4, 2, 3, 4]], "depth": 2, "base": 0.0}  # fmt: skip
    leaves = {"PUSH": (0.1, 0.6, 0.2), "BALANCED": (0.2, 0.3, 0.5), "CONSERVE": (0.7, 0.1, 0.3)}
    trees = {mode: {**shape, "value": [[0.0, 0.0, *told]]} for mode, told in leaves.items()}
    style = {"kind": "decision_tree", "features": list(style_features.NAMES), "classes": list(leaves), "trees": trees}
    return {"fuel": lstm, "brake_bias": linear, "driving_style": style}
