"""Boosted trees without their library: the same numbers as with it."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xgboost

from shared.models.trees import evaluate, export_trees

NAMES = ("a", "b", "c")


@pytest.mark.parametrize("objective", ["binary:logistic", "reg:squarederror"])
def test_exported_trees_answer_as_the_library_does(objective: str) -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(4000, 3)).astype(np.float32)
    y = ((x[:, 0] + np.abs(x[:, 1]) + rng.normal(0, 0.3, 4000)) > 1).astype(float)
    data = xgboost.DMatrix(x, y, feature_names=list(NAMES))
    booster = xgboost.train({"objective": objective, "max_depth": 4, "eta": 0.3, "nthread": 1}, data, 25)
    table = json.loads(json.dumps(export_trees(booster, NAMES)))  # as it goes through a bundle
    fresh = rng.normal(size=(3000, 3)).astype(np.float32)
    told = booster.predict(xgboost.DMatrix(fresh, feature_names=list(NAMES)), output_margin=True)
    ours = evaluate(table, fresh.astype(float))
    assert np.std(told) > 0.2
    np.testing.assert_allclose(ours, told, atol=2e-5)


def test_a_single_leaf_is_a_tree() -> None:
    data = xgboost.DMatrix(np.ones((10, 3), np.float32), np.full(10, 2.5), feature_names=list(NAMES))
    booster = xgboost.train({"objective": "reg:squarederror", "base_score": 0.5, "nthread": 1}, data, 2)
    told = booster.predict(data)
    np.testing.assert_allclose(evaluate(export_trees(booster, NAMES), np.ones((10, 3))), told, atol=1e-5)
