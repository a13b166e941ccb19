"""The ``.tflite`` files of a bundle, made from its tables and compared with them before they are let out.

One entry of ``EXPORTS`` a model, under the name that the manifest's reports give it. The tables stay in the bundle:
they are the source that the graphs were written from, and serve where no runtime is installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from shared.errors import F1Error
from shared.models.brakes import fit as brakes_fit
from shared.models.fuel import features as fuel_features
from shared.models.fuel import lstm as recurrence
from shared.models.grid import FloatArray
from shared.models.pace import features as pace_features
from shared.models.stops import features as stop_features
from shared.models.style import fit as style_fit
from shared.models.tflite.dense import bounded, filled, lstm, scaled, weighted
from shared.models.tflite.forest import both_missing, forest
from shared.models.tflite.graph import BATCH, Graph
from shared.models.tflite.interpreter import Evaluator
from shared.models.tires import features as tire_features
from shared.models.tires import forecast as tire_forecast
from shared.models.trees import evaluate

CHECKED_ROWS = 256
"""Rows on which an export is compared with its source whenever a bundle is trained."""
_MISSING = 0.02  # share of the values checked that are missing


class ExportDisagrees(F1Error):
    """A ``.tflite`` file that answers otherwise than the model it was made from; the message names both."""


class Export(NamedTuple):
    """A model as a graph: the file; the source's answer f64[N, K] for the same input; rows like those it is asked about
    (all kinds of branches, missing values among them); the largest difference allowed, in the unit of the answer."""

    content: bytes
    source: Callable[[FloatArray], FloatArray]
    rows: Callable[[np.random.Generator, int], FloatArray]
    bound: float


def tire_degradation(tables: Mapping[str, Any]) -> Export | None:
    """x [N, F] of ``tire_features`` to change [N, 3] by horizon, s on the reference lap."""
    table = tables.get("tire_model")
    if table is None:
        return None
    graph = Graph()
    x = graph.input("x", (BATCH, len(tire_features.NAMES)))
    doubled = both_missing(graph, x)
    columns = []
    for model in table["horizons"]:
        z = bounded(graph, scaled(graph, x, model["center"], model["spread"]), *tire_forecast.BOUNDS)
        weights = np.asarray(model["weights"])
        linear = weighted(graph, z, weights[:-1, None], weights[-1:])
        columns.append(graph.op("ADD", [linear, forest(graph, doubled, model["trees"])], (BATCH, 1)))
    change = graph.op("CONCATENATION", columns, (BATCH, len(columns)), axis=1)
    first = table["horizons"][0]
    return Export(
        graph.finish({"change": change}, "tire degradation: change of pace over the next 5, 10, 15 laps, s"),
        lambda rows: tire_forecast.change(table, rows),
        lambda rng, n: _branching(rng, n, [m["trees"] for m in table["horizons"]], first["center"], first["spread"]),
        5e-6,
    )


def pace(tables: Mapping[str, Any]) -> Export | None:
    """x [N, F] of ``pace_features.TREE_FEATURES`` to pace [N, 1] to the flag, s on the reference lap: the trees."""
    trees = tables["pace"]["weights"].get("trees")
    return _trees(trees, len(pace_features.TREE_FEATURES), "pace", "pace to the flag, s on the reference lap")


def next_stop(tables: Mapping[str, Any]) -> Export | None:
    """x [N, F] of ``stop_features`` to logit [N, 1] of a stop at the end of that lap."""
    trees = (tables.get("stops") or {}).get("trees")
    return _trees(trees, len(stop_features.NAMES), "logit", "logit of a stop at the end of a lap to come")


def fuel(tables: Mapping[str, Any]) -> Export | None:
    """x [N, 10, F] of ``fuel.features.sequence`` (laps not at hand missing) to change [N, 1] of the next lap's burn."""
    table = tables.get("fuel") or {}
    if table.get("kind") != "lstm":
        return None
    graph = Graph()
    steps, mean, scale = int(table["steps"]), np.asarray(table["mean"], float), np.asarray(table["scale"], float)
    x = graph.input("x", (BATCH, steps, len(mean)))
    z = filled(graph, bounded(graph, scaled(graph, x, mean, scale), *fuel_features.BOUNDS), 0.0)

    def rows(rng: np.random.Generator, n: int) -> FloatArray:
        out = mean + 2.0 * scale * rng.normal(size=(n, steps, len(mean)))
        at_hand = np.arange(steps) >= rng.integers(0, steps, n)[:, None]
        out[..., 1:] = np.where(at_hand[..., None], out[..., 1:], np.nan)
        out[..., 0] = at_hand
        return out

    return Export(
        graph.finish({"change": lstm(graph, z, table)}, "change of the fuel burnt on the next lap, share of the usual"),
        lambda rows: recurrence.evaluate(table, fuel_features.standard(rows, mean, scale))[:, None],
        rows,
        5e-6,
    )


def brake_bias(tables: Mapping[str, Any]) -> Export | None:
    """x [N, F] of ``brakes.features`` to share [N, 1], percent on the front."""
    table = tables.get("brake_bias") or {}
    if table.get("kind") != "linear":
        return None
    graph = Graph()
    x = graph.input("x", (BATCH, len(table["features"])))
    share = weighted(graph, x, np.asarray(table["coefficients"])[:, None], [table["intercept"]])
    low, high = float(table["low"]), float(table["high"])
    middle, spread = np.array([55.0, 15.0, 57.0, 57.0]), np.array([30.0, 10.0, 4.0, 4.0])
    return Export(
        graph.finish({"share": bounded(graph, share, low, high)}, "brake bias, percent on the front"),
        lambda rows: brakes_fit.evaluate(table, rows)[:, None],
        lambda rng, n: np.where(rng.random((n, 4)) < _MISSING, np.nan, middle + spread * rng.normal(size=(n, 4))),
        5e-5,
    )


def driving_style(tables: Mapping[str, Any]) -> Export | None:
    """x [N, F] of ``style.features`` to probability [N, 3] of PUSH, BALANCED, CONSERVE."""
    table = tables.get("driving_style") or {}
    if table.get("kind") != "decision_tree":
        return None
    trees = [table["trees"][mode] for mode in table["classes"]]
    together = {**trees[0], "value": np.stack([np.asarray(tree["value"]) for tree in trees], axis=-1)}
    width = len(table["features"])
    graph = Graph()
    out = forest(graph, both_missing(graph, graph.input("x", (BATCH, width))), together)
    return Export(
        graph.finish({"probability": out}, "driving style: probability of PUSH, BALANCED, CONSERVE"),
        lambda rows: style_fit.probabilities(table, rows),
        lambda rng, n: _branching(rng, n, trees[:1], np.zeros(width), np.ones(width)),
        1e-6,
    )


EXPORTS: Mapping[str, Callable[[Mapping[str, Any]], Export | None]] = {
    "tire_degradation": tire_degradation,
    "pace": pace,
    "next_stop": next_stop,
    "fuel": fuel,
    "brake_bias": brake_bias,
    "driving_style": driving_style,
}
"""What makes each model's graph, by the model's name; None for a bundle that has no such model."""


def exports(tables: Mapping[str, Any]) -> dict[str, Export]:
    """Graphs of all models that a bundle of these tables has, by name."""
    made = {name: make(tables) for name, make in EXPORTS.items()}
    return {name: export for name, export in made.items() if export is not None}


def tflite_files(tables: Mapping[str, Any]) -> dict[str, bytes]:
    """Files ``<model>.tflite`` of a bundle. Raises ExportDisagrees for one that does not answer as its source does."""
    made = exports(tables)
    for name, export in made.items():
        off = disagreement(export, CHECKED_ROWS)
        if not off <= export.bound:
            raise ExportDisagrees(
                f"{name}.tflite is off its source by {off:.3g}; at most {export.bound:.3g} is allowed"
            )
    return {f"{name}.tflite": export.content for name, export in made.items()}


def disagreement(export: Export, n: int, seed: int = 7) -> float:
    """Largest difference between graph and source on ``n`` rows; infinite where only one of them has no answer."""
    x = export.rows(np.random.default_rng(seed), n)
    told, source = Evaluator(export.content)(x), export.source(x).reshape(n, -1)
    if told.shape != source.shape or (np.isnan(told) != np.isnan(source)).any():
        return float("inf")
    return float(np.nanmax(np.abs(told - source), initial=0.0))


def _trees(trees: Mapping[str, Any] | None, width: int, answer: str, description: str) -> Export | None:
    if trees is None:
        return None
    graph = Graph()
    x = graph.input("x", (BATCH, width))
    out = forest(graph, both_missing(graph, x), trees)
    return Export(
        graph.finish({answer: out}, description),
        lambda rows: evaluate(trees, rows)[:, None],
        lambda rng, n: _branching(rng, n, [trees], np.zeros(width), np.ones(width)),
        5e-6,
    )


def _branching(
    rng: np.random.Generator, n: int, forests: list[Mapping[str, Any]], center: Any, spread: Any
) -> FloatArray:
    """Rows that meet every kind of branch: values at the trees' own thresholds, where a comparison is closest, and
    around the center where no tree asks; some missing."""
    x = np.asarray(center) + np.asarray(spread) * rng.normal(size=(n, len(center)))
    feature, threshold = (
        np.concatenate([np.asarray(f[key]).reshape(-1) for f in forests]) for key in ("feature", "threshold")
    )
    inner = np.concatenate([(np.asarray(f["yes"]) != np.asarray(f["no"])).reshape(-1) for f in forests])
    for k in range(x.shape[1]):
        asked = threshold[inner & (feature == k)]
        if len(asked):
            x[:, k] = rng.choice(np.concatenate([asked, asked - 1e-3, asked + 1e-3]), n)
    x[rng.random(x.shape) < _MISSING] = np.nan
    return x
