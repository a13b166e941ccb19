"""Tire degradation: the pace a car will keep up over the next 5, 10 and 15 laps of its stint.

For each horizon a robust linear regression on the features of ``tire_features`` and, on what it leaves, boosted trees
(XGBoost, pseudo-Huber), both of the difference from the car's recent pace; trees alone are coarse where the answer
is a weighted mean of recent laps. An 80% interval scales the quantiles of errors on races that the model had not seen
by what the moment shows of them. ``tire_forecast`` evaluates what is fitted here, without xgboost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from shared.models.cards.scores import mean_score, permuted, sample
from shared.models.grid import BoolArray, FloatArray
from shared.models.recorded import RecordedRace
from shared.models.tires.baselines import baseline_errors
from shared.models.tires.examples import Examples, examples
from shared.models.tires.features import NAMES
from shared.models.tires.forecast import HORIZONS, change, error_scale, scale_features, standard
from shared.models.trees import export_trees

LEVEL = 0.8
MIN_RACES = 8
_HELD_OUT = 20  # races; fewer say little of the spread of errors, which go together within a race
_WIDER = 1.06  # errors of a race go together: unwidened, twenty races held 77-79% of the season after (2021-2024)
_EVERY = 3  # laps between the moments learned from: every second lap scored the same to .002 s
_HALF_LIFE = 3.0  # seasons; 1.5 and 6 score the same to .002 s
_RIDGE, _SLOPE, _CLIP = 20.0, 0.3, 4.0
_PARAMS = {
    "objective": "reg:pseudohubererror", "huber_slope": _SLOPE, "max_depth": 5, "eta": 0.06, "min_child_weight": 30,
    "subsample": 0.5, "colsample_bytree": 0.4, "lambda": 5.0, "tree_method": "hist", "max_bin": 64, "seed": 7,
    "nthread": 1, "base_score": 0.0,
}  # fmt: skip
_ROUNDS = 150


def fit_tire_model(races: Sequence[RecordedRace]) -> dict[str, Any] | None:
    """{"horizons", "beats_baselines", "report"}: fitted on every race, reported on the newest by a fit without them.

    None with too few races to hold some out.
    """
    if len(races) < MIN_RACES:
        return None
    known = examples(races, _EVERY)
    newest = known.race >= len(races) - _held_out(races)
    earlier, later = known.where(~newest), known.where(newest)
    if not (_enough(earlier) and _enough(later)):
        return None
    trial = fit_horizons(earlier)
    calibrated = calibrate(trial, later)
    table: dict[str, Any] = {"horizons": fit_horizons(known)}
    for model, scaled in zip(table["horizons"], calibrated, strict=True):
        model["scale"], model["quantiles"] = scaled["scale"], scaled["quantiles"]
    table["report"] = _report(trial, earlier, later)
    table["by_race"] = _by_race(trial, later, races)
    table["card"] = _card(trial, earlier, later)
    model_mae, baselines = table["report"]["metrics"]["mae_s"], table["report"]["baseline"]["mae_s"]
    table["beats_baselines"] = all(model_mae[h] < min(b[h] for b in baselines.values()) for h in model_mae)
    table["report"]["metrics"]["beats_baselines"] = table["beats_baselines"]
    table["report"]["metrics"]["moves_the_simulation"] = table["beats_baselines"]  # through ``stint``
    return table


def _held_out(races: Sequence[RecordedRace]) -> int:
    """Newest races to hold out: the last season's, at least twenty, at most a third of all."""
    season = sum(race.season == races[-1].season for race in races)
    return min(max(season, _HELD_OUT), len(races) // 3)


def _enough(known: Examples) -> bool:
    counted = np.isfinite(known.y[known.dry]).sum(axis=0) if len(known.season) else np.zeros(1)
    return bool((counted >= 200).all())


def fit_horizons(known: Examples) -> list[dict[str, Any]]:
    """Models by horizon: center, spread, weights f64[F + 1] (the last the constant), trees."""
    return [_fit_horizon(known, k) for k in range(len(HORIZONS))]


def _fit_horizon(known: Examples, k: int) -> dict[str, Any]:
    import xgboost

    told = np.isfinite(known.y[:, k])
    rows, x = known.where(told), known.x[told]
    target = np.clip(rows.y[:, k] / rows.scale - rows.recent, -_CLIP, _CLIP)
    weight = 0.5 ** ((rows.season.max() - rows.season) / _HALF_LIFE) * rows.scale
    center, spread = np.round(x.mean(axis=0), 6), np.round(np.maximum(x.std(axis=0), 1e-3), 6)
    z = standard(x, center, spread)
    beta, step = np.zeros(z.shape[1]), weight
    for _ in range(8):  # reweighted towards the least pseudo-Huber loss
        beta = np.linalg.solve((z * step[:, None]).T @ z + _RIDGE * np.eye(len(beta)), (z * step[:, None]).T @ target)
        step = weight / np.sqrt(1.0 + ((target - z @ beta) / _SLOPE) ** 2)
    beta = np.round(beta, 6)
    data = xgboost.DMatrix(x, label=target - z @ beta, weight=weight, feature_names=list(NAMES))
    booster = xgboost.train(_PARAMS, data, num_boost_round=_ROUNDS)
    return {
        "center": center.tolist(),
        "spread": spread.tolist(),
        "weights": beta.tolist(),
        "trees": export_trees(booster, NAMES),
    }


def calibrate(models: list[dict[str, Any]], unseen: Examples) -> list[dict[str, Any]]:
    """The models with scale (log-linear size of the error) and quantiles (80%) of errors on moments ``unseen``."""
    errors = unseen.y / unseen.scale[:, None] - unseen.recent[:, None] - change({"horizons": models}, unseen.x)
    out = []
    for k, model in enumerate(models):
        told = np.isfinite(errors[:, k]) & unseen.dry
        error, f = errors[told, k], scale_features(unseen.x[told])
        gram = f.T @ f + np.diag([5.0, 5.0, 5.0, 5.0, 0.0])
        scale = np.linalg.solve(gram, f.T @ np.log(np.abs(error) + 0.05))
        ends = _WIDER * np.quantile(error / np.exp(f @ scale), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        out.append({**model, "scale": np.round(scale, 5).tolist(), "quantiles": np.round(ends, 5).tolist()})
    return out


def covered(table: Mapping[str, Any], rows: Examples) -> tuple[BoolArray, FloatArray]:
    """(bool[N, H] whether the truth fell within the interval, f64[N, H] its width in real seconds)."""
    error = rows.y / rows.scale[:, None] - rows.recent[:, None] - change(table, rows.x)
    unit = error_scale(table, rows.x)
    low, high = np.array([model["quantiles"] for model in table["horizons"]]).T
    return (error >= unit * low) & (error <= unit * high), unit * (high - low) * rows.scale[:, None]


def errors_of(models: list[dict[str, Any]], rows: Examples) -> FloatArray:
    """f64[N, H]: forecast less truth, real seconds, NaN where there is no truth."""
    forecast = rows.recent[:, None] + change({"horizons": models}, rows.x)
    return forecast * rows.scale[:, None] - rows.y


def _report(trial: list[dict[str, Any]], earlier: Examples, later: Examples) -> dict[str, Any]:
    scored = later.where(later.dry)
    error = errors_of(trial, scored)
    inside, told, tried = np.zeros(error.shape, bool), np.isfinite(error), np.zeros(len(error), bool)
    for half in (0, 1):  # each half of the races by an interval calibrated on the other
        own = scored.race % 2 == half
        if own.any() and _enough_to_calibrate(later.where(later.race % 2 != half)):
            table = {"horizons": calibrate(trial, later.where(later.race % 2 != half))}
            inside[own], tried[own] = covered(table, scored.where(own))[0], True

    def by_horizon(values: FloatArray) -> dict[str, float]:
        return {str(h): round(float(v), 4) for h, v in zip(HORIZONS, values, strict=True)}

    baselines = baseline_errors(earlier.where(earlier.dry), scored)
    return {
        "name": "tire_degradation",
        "kind": "XGBoost on what a robust linear regression leaves, by horizon; difference from the recent pace",
        "truth": "mean time of the clean laps among the next 5, 10, 15 of the stint, dry races; real laps of "
        f"the newest {_races(later)} races, by a model fitted on the {_races(earlier)} before",
        "metrics": {
            "mae_s": by_horizon(np.nanmean(np.abs(error), axis=0)),
            "coverage_80": by_horizon((inside & told)[tried].mean(axis=0) / told[tried].mean(axis=0))
            if tried.any()
            else None,
            "n": by_horizon(told.sum(axis=0)),
        },
        "baseline": {"mae_s": {n: by_horizon(np.nanmean(np.abs(e), axis=0)) for n, e in baselines.items()}},
    }


def _by_race(trial: list[dict[str, Any]], later: Examples, races: Sequence[RecordedRace]) -> dict[str, float]:
    """Mean absolute error over the next ten laps in every dry race held out, s."""
    scored = later.where(later.dry)
    error = np.abs(errors_of(trial, scored)[:, HORIZONS.index(10)])
    return {
        races[number].race_id: round(float(np.nanmean(error[scored.race == number])), 4)
        for number in np.unique(scored.race)
        if np.isfinite(error[scored.race == number]).any()
    }


def _card(trial: list[dict[str, Any]], earlier: Examples, later: Examples) -> dict[str, Any]:
    """Scores beside the best baseline and importance for the model card, on races that ``trial`` has not seen."""
    scored = later.where(later.dry)
    error = np.abs(errors_of(trial, scored))
    baselines = {name: np.abs(each) for name, each in baseline_errors(earlier.where(earlier.dry), scored).items()}
    scores = []
    for k, horizon in enumerate(HORIZONS):
        best = min(baselines, key=lambda name: float(np.nanmean(baselines[name][:, k])))
        name = f"mean absolute error over the next {horizon} laps"
        scores.append(mean_score(name, error[:, k], scored.race, "s a lap", baselines[best][:, k], best))
    rows = sample(len(scored.x))
    some = scored.where(np.isin(np.arange(len(scored.x)), rows))

    def mae(x: FloatArray) -> float:
        return float(np.nanmean(np.abs(errors_of(trial, some._replace(x=x)))))

    return {
        "metrics": scores,
        "importance": permuted(mae, some.x, NAMES),
        "importance_of": "growth of the mean absolute error, s a lap, when the feature is shuffled among unseen races",
    }


def _races(rows: Examples) -> int:
    return len(np.unique(rows.race))


def _enough_to_calibrate(rows: Examples) -> bool:
    return bool((np.isfinite(rows.y[rows.dry]).sum(axis=0) >= 50).all()) if len(rows.season) else False
