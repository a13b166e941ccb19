"""Figures of a walk-forward, and how they are shown: in the terminal, as Markdown with a plot, as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tools.scoring import measures
from tools.scoring.goals import DISTANCES, standing
from tools.scoring.scores import FORECASTS, MODEL, TABLE, Scores, score_stops

MEASURES = (
    "rps", "crps", "spearman", "winner", "podium", "brier_win", "brier_podium", "brier_points",
    "rps_finishers", "rps_retired",
)  # fmt: skip
REPEATS = 300


def figures(scores: Scores, seconds: Sequence[float] = ()) -> dict[str, Any]:
    """Every figure of the scorecard, as plain JSON values; keys of distances are "0.25"."""
    rows, cars = scores.table(), scores.stops()
    distances = sorted(rows["fraction"].unique())
    found: dict[str, Any] = {
        "races": int(rows["race_id"].nunique()),
        "questions": int((rows["forecast"] == MODEL).sum()),
        "places": {_key(d): _by_forecast(rows[rows["fraction"] == d]) for d in distances},
        "calibration": {_key(d): _calibration(scores, [d]) for d in distances},
        "skill": {_key(d): _skill(rows[rows["fraction"] == d]) for d in distances},
        "stops": {_key(d): score_stops(cars[cars["fraction"] == d]) for d in distances if d < 1},
        "splits": _splits(rows[rows["fraction"].isin(DISTANCES)]),
    }
    main = [d for d in distances if d in DISTANCES]
    if main:
        found["calibration"]["all"] = _calibration(scores, main)
        found["skill"]["all"] = _skill(rows[rows["fraction"].isin(main)])
    if seconds:
        p50, p99 = np.quantile(seconds, [0.5, 0.99])
        found["seconds"] = {"p50": round(float(p50), 3), "p99": round(float(p99), 3)}
    found["goals"] = standing(found)
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
                n, forecast, share = measures.reliability(chance, seen)
                out.setdefault("bins", {})[event] = [
                    {"n": int(a), "forecast": _number(b), "came": _number(c)}
                    for a, b, c in zip(n, forecast, share, strict=True)
                ]
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
    parts = {
        "dry": rows[~rows["wet"]],
        "wet": rows[rows["wet"]],
        "safety car": rows[rows["safety_car"]],
        "no safety car": rows[~rows["safety_car"]],
    } | {str(season): part for season, part in rows.groupby("season")}
    return {name: _split(part) for name, part in parts.items() if len(part)}


def _split(rows: pd.DataFrame) -> dict[str, Any]:
    by = _by_forecast(rows)
    return {
        "skill": _skill(rows),
        "rps": {name: by[name]["rps"] for name in (MODEL, TABLE)},
        "winner": {name: by[name]["winner"] for name in (MODEL, TABLE)},
    }


def _number(x: float) -> float | None:
    return round(float(x), 4) if math.isfinite(x) else None


def printable(found: dict[str, Any]) -> str:
    """The tables as plain text, narrow enough for a terminal."""
    return "\n\n".join(_tables(found))


def _tables(found: dict[str, Any]) -> list[str]:
    return [_places(found), _stops(found), _split_table(found), _goal_table(found)]


def _places(found: dict[str, Any]) -> str:
    header = ["distance", "forecast", "RPS", "CRPS", "Spearman", "winner", "podium", "Brier win", "Brier podium",
              "Brier points", "calibration", "RPS finishers", "RPS retired"]  # fmt: skip
    lines = []
    for distance, by in found["places"].items():
        for name, m in by.items():
            cal = found["calibration"][distance].get(name)
            lines.append(
                [_share_name(distance), name, f"{m['rps']:.4f}", f"{m['crps']:.2f}", f"{m['spearman']:.3f}",
                 f"{m['winner']:.2f}", f"{m['podium']:.2f}", f"{m['brier_win']:.4f}", f"{m['brier_podium']:.4f}",
                 f"{m['brier_points']:.4f}", "" if cal is None else f"{cal:.4f}", f"{m['rps_finishers']:.4f}",
                 f"{m['rps_retired']:.4f}"]
            )  # fmt: skip
    return _markdown(header, lines)


def _stops(found: dict[str, Any]) -> str:
    header = ["distance", "green stops", "exact", "within 1", "within 2", "within 2 of median", "baseline: within 2",
              "MAE of median", "baseline: MAE", "bias", "80% interval covers", "compound", "no further stop: Brier",
              "climatology", "came / expected", "retires: came / expected"]  # fmt: skip
    lines = [
        [_share_name(d), f"{m['stops']:.0f}", f"{m['exact']:.2f}", f"{m['within_1']:.2f}", f"{m['within_2']:.3f}",
         f"{m['within_2_median']:.3f}", f"{m['within_2_usual']:.3f}", f"{m['mae_median']:.2f}", f"{m['mae_usual']:.2f}",
         f"{m['bias_median']:+.2f}", f"{m['coverage_80']:.3f}", f"{m['compound']:.2f}", f"{m['none_brier']:.4f}",
         f"{m['none_climatology']:.4f}", f"{m['none_share']:.3f} / {m['none_expected']:.3f}",
         f"{m['dnf_share']:.3f} / {m['dnf_expected']:.3f}"]
        for d, m in found["stops"].items()
    ]  # fmt: skip
    return _markdown(header, lines)


def _split_table(found: dict[str, Any]) -> str:
    header = ["races", "n", "RPS", "table", "skill", "90% interval", "winner", "table"]
    parts = {f"all, {_share_name(k)}": v for k, v in found["skill"].items()}
    lines = [
        [name, str(s["races"]), "", "", f"{s['value']:+.1%}", f"{s['low']:+.1%} to {s['high']:+.1%}", "", ""]
        for name, s in parts.items()
    ]
    for name, part in found["splits"].items():
        s, rps, winner = part["skill"], part["rps"], part["winner"]
        lines.append(
            [name, str(s["races"]), f"{rps[MODEL]:.4f}", f"{rps[TABLE]:.4f}", f"{s['value']:+.1%}",
             f"{s['low']:+.1%} to {s['high']:+.1%}", f"{winner[MODEL]:.2f}", f"{winner[TABLE]:.2f}"]
        )  # fmt: skip
    return _markdown(header, lines)


def _goal_table(found: dict[str, Any]) -> str:
    lines = [[g["measure"], g["goal"], g["reached"], "yes" if g["met"] else "no"] for g in found["goals"]]
    return _markdown(["measure", "goal", "here", "met"], lines)


def _share_name(distance: str) -> str:
    return {"0": "lap 1", "all": "25, 50, 75%"}.get(distance) or f"{float(distance):.0%}"


def _markdown(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(str(row[i])) for row in [header, *lines]) for i in range(len(header))]
    rule = ["-" * w for w in widths]
    return "\n".join(
        "| " + " | ".join(str(cell).ljust(w) for cell, w in zip(row, widths, strict=True)) + " |"
        for row in [header, rule, *lines]
    )


def write(found: dict[str, Any], scores: Scores, folder: Path) -> None:
    """``scorecard.md``, ``scorecard.json`` and ``scorecard.png`` in ``folder``."""
    from tools.scoring.page import page
    from tools.scoring.plot import reliability_plot

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scorecard.json").write_text(json.dumps(rounded(found), indent=1) + "\n", encoding="utf-8")
    reliability_plot(found, folder / "scorecard.png")
    (folder / "scorecard.md").write_text(page(found, _tables(found)), encoding="utf-8")


def rounded(x: Any, digits: int = 5) -> Any:
    """The same values with floats rounded, and NaN as null."""
    if isinstance(x, dict):
        return {k: rounded(v, digits) for k, v in x.items()}
    if isinstance(x, list | tuple):
        return [rounded(v, digits) for v in x]
    if isinstance(x, float):
        return round(x, digits) if math.isfinite(x) else None
    return x
