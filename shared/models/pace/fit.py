"""Fits the pace model over recorded races, in order of time: each race is rated only by those before it.

It is rated twice: by all races before it, and by those of earlier seasons alone. A bundle serves until the next one is
trained, which may be a winter later, and learns so what its ratings are worth then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np

from shared.models.cards.scores import mean_score, permuted, sample
from shared.models.grid import REFERENCE_LAP, FloatArray, base_lap
from shared.models.pace import window as pace
from shared.models.pace.features import (
    FEATURES,
    OWN_FEATURES,
    TREE_FEATURES,
    PaceMoment,
    PaceRows,
    estimate,
    recent_pace,
    rows,
    with_fading,
)
from shared.models.pace.ratings import RacePace, Ratings
from shared.models.recorded import RecordedRace
from shared.models.stops.pits import life_laps
from shared.models.tires.table import correction
from shared.models.trees import export_trees
from shared.race.teams import team_line

KNOTS = (0.02, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.85)
"""Shares of the distance at which the linear weights are fitted; between them they are interpolated."""
SHARES = tuple(sorted({*KNOTS, 0.05, 0.15, 0.2, 0.3, 0.35, 0.45, 0.55, 0.65, 0.7, 0.8}))
"""Shares at which the trees learn."""
_WINDOW = 10
_BURN_IN = 5  # races before ratings mean anything
_LEAST_ROWS = 2000  # for trees to be grown
_HALF_LIFE = 3.0  # seasons
_ROUNDS = 200
_PARAMS = {
    "max_depth": 4, "eta": 0.05, "min_child_weight": 300, "subsample": 0.5, "colsample_bytree": 0.4, "lambda": 20.0,
    "tree_method": "hist", "max_bin": 128, "seed": 7, "nthread": 2,
}  # fmt: skip


class Examples(NamedTuple):
    """Cars at one moment and the pace that followed: x; y f64[N] s; n f64[N] laps that y rests on; rating_age: as
    ``PaceMoment`` has it."""

    x: PaceRows
    y: FloatArray
    n: FloatArray
    share: float
    season: int
    race_id: str = ""
    rating_age: int = 0


def fit_pace(races: Sequence[RecordedRace], tires: dict[str, Any], life: Any) -> dict[str, Any]:
    """{"weights": ..., "ratings": {"teams", "drivers"}, "season", "base_lap": {circuit: s}, "noise"} of all races."""
    ratings = Ratings()
    before_season: Ratings | None = None
    under_way = 0
    found: list[Examples] = []
    base_laps: dict[str, float] = {}
    noises = []
    for number, race in enumerate(races):
        base = base_lap(race.grid)
        if not np.isfinite(base):
            continue
        base_laps[race.circuit_id] = round(base, 3)
        table = correction(tires, race.circuit_id)
        teams = [team_line(team) for team in race.teams]
        if race.season != under_way:
            under_way, before_season = race.season, deepcopy(ratings) if number >= _BURN_IN else None
        whole = pace.window_pace(race.grid, table, base)
        if number >= _BURN_IN:
            noises.append(whole.noise)
            usual = life_laps(life, race.circuit_id, race.total_laps)
            known = {0: ratings} if before_season is None else {0: ratings, 1: before_season}
            of_age = {age: r.of_field(race.drivers, teams) for age, r in known.items()}
            for share in SHARES:
                found += moments_of(race, table, of_age, teams, usual, share, base)
        ratings.learn(
            RacePace(race.race_id, race.season, d, t, float(p), int(n))
            for d, t, p, n in zip(race.drivers, teams, whole.pace, whole.n, strict=True)
            if np.isfinite(p) and n >= 3
        )
    season = max((race.season for race in races), default=2018)
    return {
        "weights": fit_estimate(found),
        "ratings": ratings.table(),
        "season": season,
        "base_lap": dict(sorted(base_laps.items())),
        "noise": round(float(np.mean(noises)), 4) if noises else 0.45,
        "holdout": _holdout(found, season),
    }


def fit_estimate(found: Sequence[Examples]) -> dict[str, Any]:
    """Tables of ``pace_features.estimate``: ridge regression of later pace on the linear features at each knot, trees
    over all shares. The standard error is that of the linear residuals less what the target's own noise explains."""
    weights, sd, n_rows = [], [], []
    for knot in KNOTS:
        x, y, n = _stacked([e for e in found if e.share == knot])
        w = np.clip(n, 1.0, 20.0)
        gram = (x.linear * w[:, None]).T @ x.linear + 5.0 * np.eye(x.linear.shape[1])
        b = np.linalg.solve(gram, (x.linear * w[:, None]).T @ y)
        left = y - x.linear @ b
        spread = 1.4826 * float(np.median(np.abs(left - np.median(left))))
        target_noise = float(np.mean(0.45**2 * 2.0 / np.maximum(n, 4.0)))
        weights.append([round(float(v), 4) for v in b])
        sd.append(round(float(np.sqrt(max(spread**2 - target_noise, 0.04))), 4))
        n_rows.append(len(y))
    trees = _grow(found)
    return {"knots": list(KNOTS), "features": list(FEATURES), "weights": weights, "sd": sd, "n": n_rows, "trees": trees}


def _grow(found: Sequence[Examples]) -> dict[str, Any] | None:
    """Boosted trees of later pace, recent seasons weighing more; None with too few examples."""
    if sum(len(e.y) for e in found) < _LEAST_ROWS:
        return None
    import xgboost

    x, y, n = _stacked(found)
    newest = max(e.season for e in found)
    season = np.concatenate([np.full(len(e.y), e.season) for e in found])
    weight = np.clip(n, 1.0, 20.0) * 0.5 ** ((newest - season) / _HALF_LIFE)
    data = xgboost.DMatrix(x.trees, label=y, weight=weight, feature_names=list(TREE_FEATURES))
    return export_trees(xgboost.train(_PARAMS, data, num_boost_round=_ROUNDS), TREE_FEATURES)


def _holdout(found: Sequence[Examples], newest: int) -> dict[str, Any] | None:
    """How an estimate fitted on earlier seasons, with their ratings, does on the newest, beside the rating alone and
    the linear part: mean absolute error by knot, s a lap; None when there is no earlier season."""
    past = [e for e in found if e.season < newest]
    held = [e for e in found if e.season == newest and e.rating_age == 1]
    if any(not [e for e in part if e.share == knot] for part in (past, held) for knot in KNOTS):
        return None
    table = fit_estimate(past)
    linear = {**table, "trees": None}
    by_race: dict[str, list[float]] = {}
    out: dict[str, Any] = {"season": newest, "card": _card(table, held)}
    out |= {"mae_s": {}, "linear_mae_s": {}, "rating_alone_mae_s": {}, "n": {}}
    for knot in KNOTS:
        x, y, _ = _stacked([e for e in held if e.share == knot])
        forecasts = {
            "mae_s": estimate(table, x, knot)[0],
            "linear_mae_s": estimate(linear, x, knot)[0],
            "rating_alone_mae_s": x.linear[:, 0],
        }
        for name, forecast in forecasts.items():
            out[name][str(knot)] = round(float(np.abs(y - forecast).mean()), 4)
        out["n"][str(knot)] = len(y)
    for e in held:
        if e.share in KNOTS:
            by_race.setdefault(e.race_id, []).append(float(np.abs(e.y - estimate(table, e.x, e.share)[0]).mean()))
    out["by_race"] = {race_id: round(float(np.mean(errors)), 4) for race_id, errors in by_race.items()}
    return out


def _card(table: dict[str, Any], held: Sequence[Examples]) -> dict[str, Any]:
    """Scores and importance for the model card, on races that ``table`` has not seen. A feature of both parts is
    shuffled in both."""
    scores, errors = [], []
    for knot in KNOTS:
        here = [e for e in held if e.share == knot]
        x, y, _ = _stacked(here)
        race = np.repeat(np.arange(len(here)), [len(e.y) for e in here])
        error, alone = np.abs(y - estimate(table, x, knot)[0]), np.abs(y - x.linear[:, 0])
        name = f"mean absolute error at {knot:.0%} of the distance"
        scores.append(mean_score(name, error, race, "s a lap", alone, "the rating alone"))
        rows = sample(len(y), most=100)
        errors.append((knot, x.linear[rows], x.trees[rows], y[rows]))
    linear, trees = (np.concatenate([part[k] for part in errors]) for k in (1, 2))
    linear = linear[:, : len(OWN_FEATURES)]
    both = [k for k, name in enumerate(OWN_FEATURES) if name in TREE_FEATURES]
    only = [k for k in range(len(OWN_FEATURES)) if k not in both]
    at = np.cumsum([0, *(len(part[3]) for part in errors)])

    def score(x: FloatArray) -> float:
        changed = linear.copy()
        changed[:, both] = x[:, [TREE_FEATURES.index(OWN_FEATURES[k]) for k in both]]
        changed[:, only] = x[:, len(TREE_FEATURES) :]
        faded = with_fading(changed, held[0].rating_age)
        told = [
            np.abs(y - estimate(table, PaceRows(faded[a:b], x[a:b, : len(TREE_FEATURES)]), knot)[0])
            for (knot, _, _, y), a, b in zip(errors, at[:-1], at[1:], strict=True)
        ]
        return float(np.concatenate(told).mean())

    names = (*TREE_FEATURES, *(OWN_FEATURES[k] for k in only))
    return {
        "metrics": scores,
        "importance": permuted(score, np.column_stack([trees, linear[:, only]]), names),
        "importance_of": "growth of the mean absolute error, s a lap, when the feature is shuffled among unseen races",
    }


def _stacked(found: Sequence[Examples]) -> tuple[PaceRows, FloatArray, FloatArray]:
    if not found:  # two pseudo-cars that follow their rating and their place: what serves before any race is known
        linear = np.zeros((2, len(FEATURES)))
        linear[:, :2] = [[1.0, 0.3], [-1.0, -0.3]]
        return PaceRows(linear, np.zeros((2, len(TREE_FEATURES)))), np.array([1.0, -1.0]), np.array([10.0, 10.0])
    x = PaceRows(np.concatenate([e.x.linear for e in found]), np.concatenate([e.x.trees for e in found]))
    return x, np.concatenate([e.y for e in found]), np.concatenate([e.n for e in found])


def moments_of(
    race: RecordedRace, tires: pace.TireCorrection, ratings: Mapping[int, FloatArray], teams: list[str],
    life: FloatArray, share: float, base: float,
) -> list[Examples]:  # fmt: skip
    """Features at a share of the distance by each of ``ratings`` (f64[C] s by their age, as ``PaceMoment`` has it) and
    the pace that followed; cars with at least six clean laps to come."""
    lap = max(1, round(share * race.total_laps))
    if lap >= race.laps_run - 8:
        return []
    on = race.on_track(lap)
    grid = race.grid.take(on)
    later = pace.window_pace(grid.until(race.laps_run, race.laps_run - lap), tires, base)
    known = np.isfinite(later.pace) & (later.n > 5)
    if known.sum() < 5:
        return []
    recent = grid.until(lap, _WINDOW)
    windows = recent_pace(recent, lap, tires)
    y = np.clip(later.pace - np.median(later.pace[known]), -3.0, 4.0)
    out = []
    for age, rating in ratings.items():
        moment = PaceMoment(
            lap=lap,
            total_laps=race.total_laps,
            rating=rating[on],
            rating_age=age,
            gap=race.gap[on, lap - 1],
            stops=race.stops[on, lap - 1],
            compound=grid.compound[:, lap - 1],
            age=np.nan_to_num(grid.age[:, lap - 1], nan=10.0),
            life=life,
            teams=[team for team, runs in zip(teams, on, strict=True) if runs],
            recent=recent,
            scale=REFERENCE_LAP / base,
            tires=tires,
        )
        x = rows(moment, windows)
        of_known = PaceRows(x.linear[known], x.trees[known])
        out.append(Examples(of_known, y[known], later.n[known], share, race.season, race.race_id, age))
    return out
