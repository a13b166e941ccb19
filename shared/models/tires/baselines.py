"""What the tire degradation model has to beat: three forecasts of a stint's pace that need no features."""

from __future__ import annotations

import numpy as np

from shared.models.grid import FloatArray
from shared.models.tires.examples import Examples
from shared.models.tires.features import NAMES
from shared.models.tires.forecast import HORIZONS
from shared.race.vocabulary import DRY_COMPOUNDS

PERSISTENCE, REVERSION, SLOPE = "last_three_laps", "ar1_to_stint_mean", "last_five_and_compound_slope"
_MEAN_5 = NAMES.index("mean_5")


def reversion_weights(past: Examples) -> FloatArray:
    """f64[H]: how much of a car's distance from its stint's mean is left over the horizon, by least absolute error."""
    grid = np.linspace(0.0, 1.0, 41)
    out = np.ones(len(HORIZONS))
    away = past.recent - past.stint_mean
    for k in range(len(HORIZONS)):
        told = np.isfinite(past.y[:, k])
        if told.any():
            y = past.y[told, k] / past.scale[told]
            loss = [np.abs(past.stint_mean[told] + w * away[told] - y).mean() for w in grid]
            out[k] = grid[int(np.argmin(loss))]
    return out


def compound_slopes(past: Examples) -> FloatArray:
    """f64[3]: median change of pace a lap by dry compound, s on the reference lap, fuel and track evolution in it."""
    out = np.zeros(len(DRY_COMPOUNDS))
    five = past.recent + past.x[:, _MEAN_5]
    for code in range(len(DRY_COMPOUNDS)):
        slopes = [
            (past.y[:, k] / past.scale - five)[(past.compound == code) & np.isfinite(past.y[:, k])] / _reach(h)
            for k, h in enumerate(HORIZONS)
        ]
        every = np.concatenate(slopes)
        out[code] = float(np.median(every)) if len(every) else 0.0
    return out


def _reach(horizon: int) -> float:
    """Laps from the middle of the last five to the middle of the next ``horizon``."""
    return 2.0 + (horizon + 1) / 2


def baseline_errors(past: Examples, rows: Examples) -> dict[str, FloatArray]:
    """{name: f64[N, H] forecast less truth, real seconds}; what the baselines learn they learn from ``past``."""
    away = (rows.recent - rows.stint_mean)[:, None]
    slope = compound_slopes(past)[np.clip(rows.compound, 0, 2)][:, None]
    five = (rows.recent + rows.x[:, _MEAN_5])[:, None]
    forecasts = {
        PERSISTENCE: np.repeat(rows.recent[:, None], len(HORIZONS), axis=1),
        REVERSION: rows.stint_mean[:, None] + away * reversion_weights(past)[None, :],
        SLOPE: five + slope * np.array([_reach(h) for h in HORIZONS])[None, :],
    }
    return {name: forecast * rows.scale[:, None] - rows.y for name, forecast in forecasts.items()}
