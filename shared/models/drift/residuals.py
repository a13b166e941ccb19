"""How far the models that serve are off on races they never saw, beside what they showed on races held out of training.

Races of the reference are those that training held out: of each it kept the mean error, so that the band for the mean
of a few new ones follows from their number and their spread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import t

from shared.models.drift.reference import RETRAIN, WATCH
from shared.models.grid import FloatArray, base_lap
from shared.models.pace.features import estimate
from shared.models.pace.fit import KNOTS, moments_of
from shared.models.pace.ratings import rating_age, ratings_of
from shared.models.recorded import RecordedRace
from shared.models.stops.fit import examples_of
from shared.models.stops.pits import life_laps
from shared.models.tires.examples import examples
from shared.models.tires.forecast import HORIZONS
from shared.models.tires.model import errors_of
from shared.models.tires.table import correction
from shared.models.trees import evaluate
from shared.race.teams import team_line

UNITS = {"pace": "s a lap, mean absolute error", "tire_degradation": "s a lap over ten laps, mean absolute error",
         "next_stop": "log loss a lap"}  # fmt: skip
_LEAST = 5  # races held out, for their spread to mean anything


class Residual(NamedTuple):
    """Mean error of the new races; low and high: 90% band of such a mean; ``beyond``: the share of such means that
    races like those held out stay under."""

    mean: float
    low: float
    high: float
    beyond: float
    races: int


def held_out(tables: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Mean error by model and race held out of training."""
    found = {
        "pace": ((tables.get("pace") or {}).get("holdout") or {}).get("by_race", {}),
        "tire_degradation": (tables.get("tire_model") or {}).get("by_race", {}),
        "next_stop": ((tables.get("stops") or {}).get("holdout") or {}).get("by_race", {}),
    }
    return {name: by_race for name, by_race in found.items() if len(by_race) >= _LEAST}


def residuals(tables: Mapping[str, Any], races: Sequence[RecordedRace]) -> dict[str, Residual]:
    """By model whose races held out are known: what it is off on ``races``, which it was not trained on."""
    out = {}
    for name, known in held_out(tables).items():
        errors = np.array([_ERROR[name](tables, race) for race in races])
        errors = errors[np.isfinite(errors)]
        if len(errors):
            out[name] = _judged(errors, np.array(list(known.values())))
    return out


def race_errors(tables: Mapping[str, Any], races: Sequence[RecordedRace]) -> dict[str, dict[str, float]]:
    """Mean error by model and race, for the models that ``tables`` hold; races that tell nothing are left out."""
    there = {"pace": "pace", "tire_degradation": "tire_model", "next_stop": "stops"}
    out: dict[str, dict[str, float]] = {}
    for name, error in _ERROR.items():
        if tables.get(there[name]) is not None:
            found = {race.race_id: error(tables, race) for race in races}
            out[name] = {race_id: value for race_id, value in found.items() if np.isfinite(value)}
    return out


def _judged(errors: FloatArray, known: FloatArray) -> Residual:
    mean, spread = float(known.mean()), float(known.std(ddof=1))
    scale = max(spread, 1e-9) * np.sqrt(1.0 / len(errors) + 1.0 / len(known))
    free = len(known) - 1
    reach = float(t.ppf(WATCH, free)) * scale
    beyond = float(t.cdf((errors.mean() - mean) / scale, free))
    told, low, high = (round(float(value), 5) for value in (errors.mean(), mean - reach, mean + reach))
    return Residual(told, low, high, round(beyond, 5), len(errors))


def verdict(found: Residual) -> str:
    """fine, watch or retrain: errors that grew; smaller ones are no drift."""
    return "retrain" if found.beyond > RETRAIN else "watch" if found.beyond > WATCH else "fine"


def _pace_error(tables: Mapping[str, Any], race: RecordedRace) -> float:
    base, table = base_lap(race.grid), tables["pace"]
    if not np.isfinite(base):
        return float("nan")
    teams = [team_line(team) for team in race.teams]
    ratings = {rating_age(table, race.season): ratings_of(table, race.drivers, teams)}
    usual = life_laps(tables["pits"]["life"], race.circuit_id, race.total_laps)
    tires = correction(tables["tires"], race.circuit_id)
    found = [moments_of(race, tires, ratings, teams, usual, share, base) for share in KNOTS]
    errors = [np.abs(e.y - estimate(table["weights"], e.x, e.share)[0]).mean() for of_knot in found for e in of_knot]
    return float(np.mean(errors)) if errors else float("nan")


def _tire_error(tables: Mapping[str, Any], race: RecordedRace) -> float:
    rows = examples([race], 3)
    rows = rows.where(rows.dry) if len(rows.season) else rows
    if not len(rows.season):
        return float("nan")
    error = np.abs(errors_of(tables["tire_model"]["horizons"], rows)[:, HORIZONS.index(10)])
    return float(error[np.isfinite(error)].mean()) if np.isfinite(error).any() else float("nan")


def _stop_error(tables: Mapping[str, Any], race: RecordedRace) -> float:
    found = examples_of(race, tables["tires"], tables["pits"]["life"], tables["stops"]["usual_stops"], 0)
    if not found:
        return float("nan")
    x, y = (np.concatenate([part[k] for part in found]) for k in range(2))
    logit = evaluate(tables["stops"]["trees"], x)
    return float(np.mean(np.logaddexp(0.0, logit) - y * logit)) if len(y) else float("nan")


_ERROR: dict[str, Callable[[Mapping[str, Any], RecordedRace], float]] = {
    "pace": _pace_error,
    "tire_degradation": _tire_error,
    "next_stop": _stop_error,
}
