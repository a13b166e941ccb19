"""Figures of a walk-forward from its scores, and the files that hold them."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shared.models.tires.forecast import HORIZONS
from shared.scoring import measures
from shared.scoring.scores import FORECASTS, MODEL, TABLE, Scores, score_stops, stop_gains
from tools.scoring import ablation, tires
from tools.scoring.card.goals import DISTANCES, standing
from tools.scoring.card.tables import tables
from tools.scoring.probes import approach, rates, regret, rejoin, replay

MEASURES = (
    "rps", "crps", "spearman", "winner", "podium", "brier_win", "brier_podium", "brier_points",
    "rps_finishers", "rps_retired",
)  # fmt: skip
REPEATS = 300
TRIED = "scorecard_tried.md"
"""What was tried for the goals that are not met, written by hand; shown below them where it is there."""


def figures(scores: Scores, seconds: Sequence[float] = (), parts: dict[str, Any] | None = None) -> dict[str, Any]:
    """Every figure of the scorecard, as plain JSON values; keys of distances are "0.25". ``parts``: ``of_parts``."""
    found = (_of_answers(scores, seconds) if scores.rows else {}) | (parts or {})
    found["goals"] = standing(found)
    return found


def _of_answers(scores: Scores, seconds: Sequence[float]) -> dict[str, Any]:
    rows, cars = scores.table(), scores.stops()
    distances = sorted(rows["fraction"].unique())
    found: dict[str, Any] = {
        "races": int(rows["race_id"].nunique()),
        "questions": int((rows["forecast"] == MODEL).sum()),
        "places": {_key(d): _by_forecast(rows[rows["fraction"] == d]) for d in distances},
        "calibration": {_key(d): _calibration(scores, [d]) for d in distances},
        "skill": {_key(d): _skill(rows[rows["fraction"] == d]) for d in distances},
        "gains": {_key(d): _gains(rows[rows["fraction"] == d]) for d in distances},
        "stops": {_key(d): score_stops(cars[cars["fraction"] == d]) for d in distances},
        "stop_gains": {_key(d): stop_gains(cars[cars["fraction"] == d]) for d in distances},
        "stop_splits": {k: score_stops(v) for k, v in _parts(cars[cars["fraction"].isin(DISTANCES[:2])]).items()},
        "reliability": {_key(d): _of_stops(cars[cars["fraction"] == d]) for d in distances},
        "splits": _splits(rows[rows["fraction"].isin(DISTANCES)]),
    }
    main = [d for d in distances if d in DISTANCES]
    if main:
        found["calibration"]["all"] = _calibration(scores, main)
        found["skill"]["all"] = _skill(rows[rows["fraction"].isin(main)])
    if seconds:
        p50, p99 = np.quantile(seconds, [0.5, 0.99])
        found["seconds"] = {"p50": round(float(p50), 3), "p99": round(float(p99), 3)}
    return found


def _key(distance: float) -> str:
    return f"{distance:g}"


def _by_forecast(rows: pd.DataFrame) -> dict[str, dict[str, float]]:
    means = rows.groupby("forecast")[list(MEASURES)].mean()
    return {name: {m: float(means.loc[name, m]) for m in MEASURES} for name in FORECASTS if name in means.index}


def _calibration(scores: Scores, distances: Sequence[float]) -> dict[str, Any]:
    """Calibration error of forecast and table, of a perfect forecaster (mean and 95th percentile), and the bins."""
    out: dict[str, Any] = {}
    for name in (MODEL, TABLE):
        pairs = [pair for d in distances for pair in scores.matrices[name, d]]
        p = np.concatenate([measures.event_probabilities(matrix) for matrix, _ in pairs], axis=1)
        came = np.concatenate([measures.events(place) for _, place in pairs], axis=1)
        out[name] = measures.calibration_error(p, came)
        if name == MODEL:
            mean, high = measures.perfect_calibration_error([matrix for matrix, _ in pairs], REPEATS)
            out |= {"perfect": mean, "perfect_95": high}
            for event, chance, seen in zip(("win", "podium", "points", "pooled"), [*p, p], [*came, came], strict=True):
                out.setdefault("bins", {})[event] = _bins(chance, seen)
    return out


def _skill(rows: pd.DataFrame) -> dict[str, float]:
    """Skill in RPS over the table, and its 90% interval from drawing races."""
    wide = rows.pivot_table(index=["race_id", "fraction"], columns="forecast", values="rps")
    races = wide.index.get_level_values("race_id").to_numpy(dtype=object)
    value, low, high = measures.paired_bootstrap(wide[MODEL].to_numpy(), wide[TABLE].to_numpy(), races)
    return {"value": value, "low": low, "high": high, "races": len(set(races))}


def _splits(rows: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Skill, RPS and winner by kind of race, over 25, 50 and 75%."""
    if rows.empty:
        return {}
    return {name: _split(part) for name, part in _parts(rows).items()}


def _parts(rows: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Rows by kind of race and by season; none without rows."""
    if rows.empty:
        return {}
    parts = {
        "dry": rows[~rows["wet"]],
        "wet": rows[rows["wet"]],
        "safety car": rows[rows["safety_car"]],
        "no safety car": rows[~rows["safety_car"]],
    } | {str(season): part for season, part in rows.groupby("season")}
    return {name: part for name, part in parts.items() if len(part)}


def _gains(rows: pd.DataFrame) -> dict[str, dict[str, float]]:
    """What the forecast gains on the table in each measure (more is better throughout), paired over races."""
    mine = rows[rows["forecast"] == MODEL].set_index("race_id")
    theirs = rows[rows["forecast"] == TABLE].set_index("race_id").loc[mine.index]
    races = mine.index.to_numpy(dtype=object)
    out = {}
    for name in MEASURES[:8]:
        sign = 1.0 if name in ("spearman", "winner", "podium") else -1.0
        out[name] = measures.paired_mean(sign * (mine[name] - theirs[name]).to_numpy(dtype=float), races)
    return out


def _of_stops(cars: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Bins of the chances of no further stop (cars that finished) and of retiring."""
    finished = cars[~cars["retired"]]
    pairs = {
        "no further stop": (finished["next_none_probability"], finished["actual"] == 0),
        "retires": (cars["dnf_probability"], cars["retired"]),
    }
    return {name: _bins(p.to_numpy(dtype=float), came.to_numpy(dtype=bool)) for name, (p, came) in pairs.items()}


def _bins(p: Any, came: Any) -> list[dict[str, Any]]:
    n, forecast, share = measures.reliability(p, came)
    return [
        {"n": int(a), "forecast": _number(b), "came": _number(c)} for a, b, c in zip(n, forecast, share, strict=True)
    ]


def of_parts(results: dict[str, list[Any]]) -> dict[str, Any]:
    """Figures of the parts of a walk-forward beside the questions asked (``walk.run_jobs``)."""
    found: dict[str, Any] = {}
    sources = {"rejoin": rejoin.figures, "approach": approach.figures, "replay": replay.figures, "rates": rates.figures,
               "ablation": ablation.figures}  # fmt: skip
    for name, of in sources.items():
        table = pd.DataFrame([row for rows in results.get(name, []) for row in rows])
        if len(table):
            found[name] = of(table)
    calls = pd.DataFrame([row for run in results.get("asked", []) for row in run.calls])
    if len(calls):
        found["calls"] = regret.figures(calls)
    scores = [score for scores in results.get("tires", []) for score in scores]
    if scores:
        found["tires"] = tires.page(scores)
        error = tires.mean_absolute_error(np.concatenate([score.errors[tires.MODEL] for score in scores]))
        found["tires_mae"] = {str(h): float(e) for h, e in zip(HORIZONS, error, strict=True)}
    return found


def _split(rows: pd.DataFrame) -> dict[str, Any]:
    by = _by_forecast(rows)
    return {
        "skill": _skill(rows),
    } | {m: {name: by[name][m] for name in (MODEL, TABLE)} for m in ("rps", "winner", "brier_podium", "spearman")}


def _number(x: float) -> float | None:
    return round(float(x), 4) if math.isfinite(x) else None


def write(found: dict[str, Any], folder: Path) -> None:
    """``scorecard.md`` with its two plots and ``scorecard.json`` in ``folder``."""
    from tools.scoring.card.page import page
    from tools.scoring.card.plot import reliability_plot, stops_plot

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scorecard.json").write_text(json.dumps(rounded(found), indent=1) + "\n", encoding="utf-8")
    reliability_plot(found, folder / "scorecard.png")
    stops_plot(found, folder / "scorecard_stops.png")
    tried = folder / TRIED
    said = tried.read_text(encoding="utf-8") if tried.exists() else ""
    (folder / "scorecard.md").write_text(page(found, tables(found), said), encoding="utf-8")


def rounded(x: Any, digits: int = 5) -> Any:
    """The same values with floats rounded, and NaN as null."""
    if isinstance(x, dict):
        return {k: rounded(v, digits) for k, v in x.items()}
    if isinstance(x, list | tuple):
        return [rounded(v, digits) for v in x]
    if isinstance(x, float):
        return round(x, digits) if math.isfinite(x) else None
    return x
