"""Fits the forecast of each car's next stop: gradient-boosted hazard by lap ahead, over recorded races."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from shared.models.cards.scores import mean_score, permuted, sample
from shared.models.grid import FloatArray, base_lap
from shared.models.recorded import RecordedRace, race_status
from shared.models.stops.features import NAMES, Moment, rows
from shared.models.stops.pits import life_laps, owed_stops, used_so_far
from shared.models.tires.table import correction
from shared.models.trees import evaluate, export_trees
from shared.race.teams import team_line
from shared.race.vocabulary import Compound, TrackStatus

_EVERY = 4  # laps between the questions asked of a recorded race
_HORIZON = 45
_HALF_LIFE = 0.8  # seasons: cars, tires and rules change, and strategies with them; log loss falls down to here
_PARAMS = {
    "objective": "binary:logistic", "max_depth": 4, "eta": 0.05, "min_child_weight": 50, "subsample": 0.5,
    "colsample_bytree": 0.4, "lambda": 5.0, "tree_method": "hist", "max_bin": 128, "seed": 7, "nthread": 2,
}  # fmt: skip
_ROUNDS = 100
_BASELINE = "rate of stopping by tire age and stops owed"


def usual_stops(races: Sequence[RecordedRace]) -> dict[str, Any]:
    """Mean stops of a car that finished, by circuit, pulled towards the sport's as by three races."""
    means: dict[str, list[float]] = {}
    for race in races:
        done = race.last >= race.laps_run - 3
        if done.any() and race.laps_run > 0.5 * race.total_laps:
            means.setdefault(race.circuit_id, []).append(float(race.stops[done].max(axis=1).mean()))
    every = float(np.mean([x for xs in means.values() for x in xs])) if means else 1.7
    return {
        "all": round(every, 3),
        "circuits": {c: round((sum(xs) + 3 * every) / (len(xs) + 3), 3) for c, xs in sorted(means.items())},
    }


def moment_of(race: RecordedRace, lap: int, life: Any, usual: Any, base: float) -> tuple[Moment, Any]:
    """(the field at the end of ``lap``, indices of its cars in the race)."""
    cars = np.flatnonzero(race.on_track(lap) & np.isfinite(race.gap[:, lap - 1]))
    j = lap - 1
    return Moment(
        lap=lap,
        total_laps=race.total_laps,
        compound=race.grid.compound[cars, j],
        stops=race.stops[cars, j],
        used=used_so_far(race)[cars, j],
        age=np.nan_to_num(race.grid.age[cars, j], nan=10.0),
        gap=race.gap[cars, j],
        owed=owed_stops(race)[cars, j],
        in_pit=race.grid.pit_in[cars, j],
        teams=tuple(team_line(race.teams[i]) for i in cars),
        recent=race.grid.take(cars).until(lap, 10),
        life=life_laps(life, race.circuit_id, race.total_laps),
        usual_stops=float(usual["circuits"].get(race.circuit_id, usual["all"])),
        base=base,
    ), cars


def examples_of(
    race: RecordedRace, tires: Any, life: Any, usual: Any, offset: int
) -> list[tuple[FloatArray, FloatArray, FloatArray]]:
    base, status = base_lap(race.grid), race_status(race)
    table = correction(tires, race.circuit_id)
    out = []
    for lap in range(1 + offset, min(race.laps_run, race.total_laps) - 2, _EVERY):
        moment, cars = moment_of(race, lap, life, usual, base)
        if len(cars) < 4:
            continue
        laps = np.arange(lap + 1, min(lap + _HORIZON, race.total_laps - 1, race.laps_run - 1) + 1)
        if len(laps) == 0:
            continue
        x = rows(moment, table, laps)
        stopped = race.grid.pit_in[cars][:, laps - 1]
        before = np.cumsum(stopped, axis=1) - stopped > 0
        green = (status[laps - 1] < TrackStatus.VSC)[None, :]
        dry = (race.grid.compound[cars][:, laps - 1] <= Compound.HARD) & (moment.compound <= Compound.HARD)[:, None]
        # the last entry of a car that retires is no stop, and nothing after it is known
        running = laps[None, :] < race.last[cars][:, None]
        keep = ~before & green & dry & running & ~moment.in_pit[:, None]
        out.append((x[keep], stopped[keep].astype(float), np.full(int(keep.sum()), float(race.season))))
    return out


def fit_stops(races: Sequence[RecordedRace], tires: Any, life: Any) -> dict[str, Any] | None:
    """{"trees", "usual_stops", "n"}; None with too few races to learn from."""
    usual = usual_stops(races)
    of_race = [examples_of(race, tires, life, usual, k % _EVERY) for k, race in enumerate(races)]
    found = [part for parts in of_race for part in parts]
    if len(races) < 5 or not found:
        return None
    x, y, season = (np.concatenate([part[k] for part in found]) for k in range(3))
    number = np.repeat(np.arange(len(races)), [sum(len(part[1]) for part in parts) for parts in of_race])
    return {
        "trees": export_trees(_grow(x, y, season), NAMES),
        "usual_stops": usual,
        "n": {"rows": len(y), "stops": int(y.sum())},
        "holdout": _holdout(x, y, season, np.array([race.race_id for race in races])[number]),
    }


def _grow(x: FloatArray, y: FloatArray, season: FloatArray) -> Any:
    import xgboost

    weight = 0.5 ** ((season.max() - season) / _HALF_LIFE)
    data = xgboost.DMatrix(x, label=y, weight=weight, feature_names=list(NAMES))
    return xgboost.train(_PARAMS, data, num_boost_round=_ROUNDS)


def _holdout(x: FloatArray, y: FloatArray, season: FloatArray, race_id: Any) -> dict[str, Any] | None:
    """Log loss on the newest season of trees grown on the earlier ones, beside the rate of stopping by tire age (in
    twelfths of a usual life) and by whether a stop is owed; None when there is no earlier season. The usual life
    itself knows all seasons."""
    past = season < season.max()
    if past.sum() < 1000:
        return None
    trees = export_trees(_grow(x[past], y[past], season[past]), NAMES)
    logit = evaluate(trees, x[~past])
    share = np.minimum(x[:, NAMES.index("age_over_life")] * 12, 35).astype(int) * 2 + (x[:, NAMES.index("owed")] > 0)
    stopped = np.bincount(share[past], y[past], minlength=72) + 0.5
    rate = (stopped / (np.bincount(share[past], minlength=72) + 25.0))[share[~past]]
    came = y[~past]
    losses = np.logaddexp(0, logit) - came * logit
    by_rate = -(came * np.log(rate) + (1 - came) * np.log(1 - rate))
    names, index = np.unique(race_id[~past], return_inverse=True)
    by_race = np.bincount(index, losses) / np.bincount(index)
    return {
        "season": int(season.max()),
        "log_loss": round(float(np.mean(losses)), 5),
        "rate_by_age_log_loss": round(float(np.mean(by_rate)), 5),
        "n": len(came),
        "by_race": {str(name): round(float(value), 5) for name, value in zip(names, by_race, strict=True)},
        "card": {
            "metrics": [mean_score("log loss of a stop, by lap to come", losses, index, None, by_rate, _BASELINE)],
            **_importance(trees, x[~past], came),
        },
    }


def _importance(trees: Any, x: FloatArray, came: FloatArray) -> dict[str, Any]:
    some = sample(len(x), most=3000)

    def loss(rows: FloatArray) -> float:
        logit = evaluate(trees, rows)
        return float(np.mean(np.logaddexp(0, logit) - came[some] * logit))

    return {
        "importance": permuted(loss, x[some], NAMES),
        "importance_of": "growth of the log loss when the feature is shuffled among rows of the season held out",
    }
