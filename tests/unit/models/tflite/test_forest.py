"""Trees as a graph: library, arrays and TensorFlow Lite give the same answer, missing values included."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import xgboost

from shared.models.tflite.forest import both_missing, forest
from shared.models.tflite.graph import BATCH, Graph
from shared.models.tflite.interpreter import Evaluator
from shared.models.trees import evaluate, export_trees

NAMES = ("a", "b", "c", "d")


def grown(objective: str, depth: int, missing: float) -> tuple[Any, dict[str, Any]]:
    """A booster on rows of which a share lacks values, where lacking one means something; its table from a bundle."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(6000, 4)).astype(np.float32)
    lacking = rng.random(x.shape) < missing
    y = x[:, 0] + np.abs(x[:, 1]) + 2.0 * lacking[:, 0] - 2.0 * lacking[:, 1] + rng.normal(0, 0.3, 6000)
    x[lacking] = np.nan
    y = (y > 1).astype(float) if "logistic" in objective else y
    data = xgboost.DMatrix(x, y, feature_names=list(NAMES))
    booster = xgboost.train({"objective": objective, "max_depth": depth, "eta": 0.3, "nthread": 1}, data, 40)
    return booster, json.loads(json.dumps(export_trees(booster, NAMES)))


def graph_of(table: dict[str, Any], width: int = 4) -> bytes:
    graph = Graph()
    x = graph.input("x", (BATCH, width))
    return graph.finish({"y": forest(graph, both_missing(graph, x), table)}, "trees")


@pytest.mark.parametrize("objective", ["binary:logistic", "reg:squarederror", "reg:pseudohubererror"])
@pytest.mark.parametrize("depth", [1, 4, 6])
@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_library_arrays_and_graph_agree_where_values_are_missing(objective: str, depth: int, missing: float) -> None:
    booster, table = grown(objective, depth, missing)
    rng = np.random.default_rng(9)
    fresh = rng.normal(size=(5000, 4)).astype(np.float32)
    fresh[rng.random(fresh.shape) < 0.3] = np.nan
    told = booster.predict(xgboost.DMatrix(fresh, feature_names=list(NAMES)), output_margin=True)
    arrays, graph = evaluate(table, fresh.astype(float)), Evaluator(graph_of(table))(fresh.astype(float))[:, 0]
    assert np.std(told) > 0.2
    np.testing.assert_allclose(arrays, told, atol=3e-5)
    np.testing.assert_allclose(graph, told, atol=3e-5)
    np.testing.assert_allclose(graph, arrays, atol=1e-5)


def test_missing_values_are_learned_to_go_either_way() -> None:
    _, table = grown("reg:squarederror", 4, 0.2)
    inner = np.asarray(table["yes"]) != np.asarray(table["no"])
    assert 0.1 < np.asarray(table["missing"])[inner].mean() < 0.9


def test_a_value_on_the_threshold_goes_the_same_way_everywhere() -> None:
    booster, table = grown("reg:squarederror", 5, 0.0)
    rng = np.random.default_rng(3)
    edges = np.asarray(table["threshold"], np.float32)
    x = rng.choice(edges[edges != 0], size=(5000, 4))
    told = booster.predict(xgboost.DMatrix(x, feature_names=list(NAMES)))
    np.testing.assert_allclose(Evaluator(graph_of(table))(x.astype(float))[:, 0], told, atol=3e-5)


def test_a_table_that_says_nothing_of_missing_values_sends_them_the_way_of_no() -> None:
    _, table = grown("reg:squarederror", 4, 0.0)
    silent = {key: value for key, value in table.items() if key != "missing"}
    x = np.full((1, 4), np.nan)
    by_no = {**table, "missing": np.zeros_like(table["missing"]).tolist()}
    assert evaluate(silent, x) == evaluate(by_no, x) == pytest.approx(Evaluator(graph_of(silent))(x)[:, 0], abs=1e-5)


def test_trees_without_a_split_answer_their_leaf() -> None:
    data = xgboost.DMatrix(np.ones((10, 4), np.float32), np.full(10, 2.5), feature_names=list(NAMES))
    booster = xgboost.train({"objective": "reg:squarederror", "base_score": 0.5, "nthread": 1}, data, 2)
    told = Evaluator(graph_of(export_trees(booster, NAMES)))(np.array([[1.0, 2.0, 3.0, 4.0], [np.nan] * 4]))[:, 0]
    np.testing.assert_allclose(told, booster.predict(data)[:2], atol=1e-5)


def test_a_leaf_may_hold_several_numbers() -> None:
    table = {
        "feature": [[1, 0, 0, 0, 0]], "threshold": [[0.5, -1.0, 0.0, 0.0, 0.0]], "yes": [[1, 3, 2, 3, 4]],
        "no": [[2, 4, 2, 3, 4]], "missing": [[1, 0, 0, 0, 0]], "depth": 2, "base": [0.0, 0.0, 0.0],
        "value": [[[0, 0, 0], [0, 0, 0], [0.1, 0.2, 0.7], [0.6, 0.3, 0.1], [0.0, 1.0, 0.0]]],
    }  # fmt: skip
    x = np.array([[-2.0, 0.0], [0.0, 0.0], [0.0, 0.5], [np.nan, np.nan], [-2.0, np.nan]])
    expected = [[0.6, 0.3, 0.1], [0.0, 1.0, 0.0], [0.1, 0.2, 0.7], [0.0, 1.0, 0.0], [0.6, 0.3, 0.1]]
    np.testing.assert_allclose(Evaluator(graph_of(table, 2))(x), expected, atol=1e-7)


def test_the_same_trees_are_the_same_bytes() -> None:
    _, table = grown("reg:squarederror", 3, 0.1)
    assert graph_of(table) == graph_of(json.loads(json.dumps(table)))
