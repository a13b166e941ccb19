"""Scores for the cards of the models of telemetry: what each rests on, and how it did on races left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from shared.models.brakes import features as brakes_features
from shared.models.brakes import fit as brakes
from shared.models.cards.scores import permuted, sample
from shared.models.fuel import features as fuel_features
from shared.models.fuel import fit as fuel
from shared.models.grid import FloatArray
from shared.models.style import features as style_features
from shared.models.style import fit as style
from shared.models.telemetry.laps import CarLaps

_MEASURES = {
    "fuel": ("mean absolute error", "kg a lap"),
    "brake_bias": ("mean absolute error", "points"),
    "driving_style": ("log loss", None),
}


def with_importance(name: str, table: dict[str, Any] | None, cars: Sequence[CarLaps]) -> dict[str, Any] | None:
    """The table of a model with how much it rests on each feature, under ``card``; None where nothing was fitted."""
    if table is None:
        return None
    error, x, names = _OF[name](table, cars)
    return {
        **table,
        "card": {
            "importance": permuted(error, x, names),
            "importance_of": f"growth of the {_MEASURES[name][0]} when the feature is shuffled among laps of the races "
            "that it was fitted on",
        },
    }


def left_out(name: str, table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Figures of each race forecast by a fit without it: mean error beside each baseline's, and the difference with
    its interval over cars."""
    score = table.get("score")
    if score is None:
        return []
    what, unit = _MEASURES[name]
    others = list(score["worse_by"])
    model = next(name for name in score["mean"] if name not in others)
    beside = [
        {
            "name": f"{what}, each of {score['races']} races left out",
            "value": score["mean"][model],
            "baseline": score["mean"][other],
            "baseline_name": other,
            "unit": unit,
            "n": score["n"],
        }
        for other in others
    ]
    return beside + [
        {"name": f"{what} less than that of {other.replace('_', ' ')}", "unit": unit, **score["worse_by"][other]}
        for other in others
    ]


_Asked = tuple[Callable[[FloatArray], float], FloatArray, Sequence[str]]


def _fuel(table: dict[str, Any], cars: Sequence[CarLaps]) -> _Asked:
    known = fuel.examples(cars)
    some = sample(len(known.burn))
    burn, previous, usual, even = (part[some] for part in (known.burn, known.previous, known.usual, known.even))

    def error(x: FloatArray) -> float:
        return float(np.mean(np.abs(fuel.ratio(table, x, previous, usual) - burn) * even))

    return error, known.x[some], fuel_features.NAMES


def _brakes(table: dict[str, Any], cars: Sequence[CarLaps]) -> _Asked:
    known = brakes.examples(cars)
    some = sample(len(known.y))
    return (
        lambda x: float(np.mean(np.abs(brakes.evaluate(table, x) - known.y[some]))),
        known.x[some],
        brakes_features.NAMES,
    )


def _style(table: dict[str, Any], cars: Sequence[CarLaps]) -> _Asked:
    known = style.examples(cars)
    some = sample(len(known.mode))
    rows = np.arange(len(some))

    def loss(x: FloatArray) -> float:
        return float(-np.log(np.maximum(style.probabilities(table, x)[rows, known.mode[some]], 1e-3)).mean())

    return loss, known.x[some], style_features.NAMES


_OF: Mapping[str, Callable[[dict[str, Any], Sequence[CarLaps]], _Asked]] = {
    "fuel": _fuel,
    "brake_bias": _brakes,
    "driving_style": _style,
}
