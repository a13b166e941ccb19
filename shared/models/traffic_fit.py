"""How hard it is to pass: chance of a pass within reach by pace edge, and how circuits differ."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from shared.models.grid import REFERENCE_LAP, base_lap, gap_ahead
from shared.models.pace import window as pace
from shared.models.recorded import RecordedRace, race_status
from shared.models.tires.table import correction
from shared.race.vocabulary import TrackStatus

_REACH = 1.2
_CIRCUIT_SD = 0.5  # spread of circuits' intercepts about the sport's, logits
_DEFAULT = {"intercept": -2.6, "slope": 2.4, "circuits": {}, "n": 0}


def fit_passing(races: Sequence[RecordedRace], tires: dict[str, Any]) -> dict[str, Any]:
    """{"intercept", "slope" (per s of pace edge on the reference lap), "circuits": {id: shift of the intercept}, "n"}:
    logistic regression over pairs of cars within ``_REACH`` at the line, both on track on the next lap."""
    edges, passed, where = [], [], []
    circuits = sorted({race.circuit_id for race in races})
    for race in races:
        grid, status = race.grid, race_status(race)
        table = correction(tires, race.circuit_id)
        base = base_lap(grid)
        if not np.isfinite(base):
            continue
        own = pace.window_pace(grid, table, base).pace
        code = np.clip(grid.compound, 0, 4)
        expected = own[:, None] + table.offset[code] + table.wear[code] * np.nan_to_num(grid.age, nan=8.0)
        ahead = gap_ahead(grid.line)
        for j in range(2, len(status) - 1):
            if status[j] >= TrackStatus.VSC or status[j + 1] >= TrackStatus.VSC or (grid.compound[:, j] > 2).any():
                continue
            order = np.argsort(grid.line[:, j], kind="stable")
            for front, back in pairwise(order):
                if not (0 <= ahead[back, j] < _REACH and grid.ran[front, j + 1] and grid.ran[back, j + 1]):
                    continue
                pits = grid.pit_in[[front, back], j : j + 2].any() or grid.pit_out[[front, back], j : j + 2].any()
                edge = expected[front, j + 1] - expected[back, j + 1]
                if not pits and np.isfinite(edge):
                    edges.append(edge)
                    passed.append(grid.line[back, j + 1] < grid.line[front, j + 1])
                    where.append(circuits.index(race.circuit_id))
    if len(edges) < 100:
        return _DEFAULT
    x, y, c = np.clip(np.array(edges), -2, 3), np.array(passed, float), np.array(where)

    def loss(b: Any) -> tuple[float, Any]:
        z = b[0] + b[1] * x + b[2 + c]
        left = expit(z) - y
        shift = b[2:]
        gradient = np.concatenate(
            [[left.sum(), (left * x).sum()], np.bincount(c, left, len(circuits)) + shift / _CIRCUIT_SD**2]
        )
        return float(np.sum(np.logaddexp(0.0, z) - y * z) + 0.5 * np.sum(shift**2) / _CIRCUIT_SD**2), gradient

    fit = minimize(loss, np.concatenate([[-2.5, 2.0], np.zeros(len(circuits))]), jac=True, method="L-BFGS-B")
    return {
        "intercept": round(float(fit.x[0]), 4),
        "slope": round(float(fit.x[1]), 4),
        "circuits": {name: round(float(v), 4) for name, v in zip(circuits, fit.x[2:], strict=True)},
        "n": len(x),
        "reference_lap": REFERENCE_LAP,
    }
