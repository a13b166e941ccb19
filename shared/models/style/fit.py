"""Fits the driving style: a decision tree on what is known before the lap, against majority class and previous mode.

What serves as the prior of the driving mode is the tree where it beats both in log loss, else the previous mode's
frequencies. Both are told in the report.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from shared.models.grid import FloatArray, IntArray
from shared.models.style.features import NAMES, row
from shared.models.style.labels import BALANCED, MODES, NO_MODE, modes
from shared.models.telemetry.laps import CarLaps, windows
from shared.models.telemetry.scores import MIN_RACES, balanced, beats, compared, folds
from shared.models.trees import evaluate

DEPTH, LEAF, SEED = 3, 150, 7
"""Depth at most 8 was asked for; deeper trees score worse on a race left out (4 to 8 tried)."""


class Examples(NamedTuple):
    """Laps, N: x f64[N, F], in single precision; mode, previous i64[N]; race, car [N]."""

    x: FloatArray
    mode: IntArray
    previous: IntArray
    race: np.ndarray
    car: np.ndarray


def examples(cars: Sequence[CarLaps]) -> Examples:
    """Every lap that has a mode, with what was known before it; a previous lap without a mode counts as BALANCED."""
    rows = []
    for car in cars:
        found = modes(car)
        for j, window in windows(car):
            before = row(window, car.total_laps, float(np.nan_to_num(car.age[j], nan=1.0)))
            if found[j] != NO_MODE and before is not None:
                previous = BALANCED if before[1] == NO_MODE else before[1]
                rows.append((before[0], found[j], previous, car.race_id, car.driver_id))
    known = Examples(*(np.array(column) for column in zip(*rows, strict=True)))
    return known._replace(x=known.x.astype(np.float32).astype(np.float64))


def fit_style(cars: Sequence[CarLaps]) -> dict[str, Any] | None:
    """The table: the tree as three tables of ``shared.models.trees`` (one probability each), the previous mode's
    frequencies, ``serves`` (tree or previous_mode) and the scores; None with too few races."""
    if len({car.race_id for car in cars}) < MIN_RACES:
        return None
    known = examples(cars)
    weight = balanced(known.race)
    n = len(known.mode)
    told = {name: np.zeros((n, 3)) for name in ("tree", "majority", "previous_mode")}
    for _, out in folds(known.race):
        inside = np.where(out, 0.0, weight)
        told["tree"][out] = probabilities(_tree(known, inside), known.x[out])
        told["majority"][out] = _frequencies(known.mode, inside)
        told["previous_mode"][out] = np.array(_transitions(known, inside))[known.previous[out]]
    rows = np.arange(n)
    loss = {name: -np.log(np.maximum(p[rows, known.mode], 1e-3)) for name, p in told.items()}
    score = compared(loss, known.race, known.car)
    hits = {name: (p.argmax(axis=1) == known.mode).astype(float) for name, p in told.items()}
    hits["previous_mode"] = (known.previous == known.mode).astype(float)
    return {
        **_tree(known, weight),
        "previous_mode": _transitions(known, weight),
        "serves": "tree" if beats(score, "majority", "previous_mode") else "previous_mode",
        "score": score,
        "accuracy": compared(hits, known.race, known.car),
    }


def probabilities(table: dict[str, Any], x: FloatArray) -> FloatArray:
    """f64[N, 3] of MODES by the tree."""
    return np.column_stack([evaluate(table["trees"][mode], x) for mode in MODES])


def _tree(known: Examples, weight: FloatArray) -> dict[str, Any]:
    from sklearn.tree import DecisionTreeClassifier

    used = weight > 0
    fitted = DecisionTreeClassifier(
        criterion="log_loss", max_depth=DEPTH, min_samples_leaf=LEAF, random_state=SEED
    ).fit(known.x[used], known.mode[used], sample_weight=weight[used])
    tree = fitted.tree_
    leaf = tree.children_left < 0
    own = np.arange(tree.node_count)
    share = tree.value[:, 0, :] / tree.value[:, 0, :].sum(axis=1, keepdims=True)
    # scikit-learn goes left at or below its threshold, the tables below theirs: the next single above
    threshold = np.nextafter(tree.threshold.astype(np.float32), np.float32(np.inf))
    shape = {
        "feature": [np.where(leaf, 0, tree.feature).tolist()],
        "threshold": [[0.0 if end else float(str(t)) for end, t in zip(leaf, threshold, strict=True)]],
        "yes": [np.where(leaf, own, tree.children_left).tolist()],
        "no": [np.where(leaf, own, tree.children_right).tolist()],
        "depth": int(tree.max_depth),
        "base": 0.0,
    }
    classes = fitted.classes_.tolist()
    trees = {}
    for k, mode in enumerate(MODES):
        chance = share[:, classes.index(k)] if k in classes else np.zeros(len(share))
        trees[mode] = {**shape, "value": [np.where(leaf, np.round(chance, 6), 0.0).tolist()]}
    return {"kind": "decision_tree", "features": list(NAMES), "classes": list(MODES), "trees": trees}


def _frequencies(mode: IntArray, weight: FloatArray) -> FloatArray:
    counted = np.array([weight[mode == k].sum() + 1.0 for k in range(3)])
    return np.asarray(counted / counted.sum())


def _transitions(known: Examples, weight: FloatArray) -> list[list[float]]:
    """Frequencies of the modes after each mode."""
    return [
        np.round(_frequencies(known.mode, np.where(known.previous == k, weight, 0.0)), 6).tolist() for k in range(3)
    ]
