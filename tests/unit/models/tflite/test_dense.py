"""Scaling, weighted sums and an unrolled LSTM as graphs, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shared.models.tflite.dense import bounded, lstm, scaled, weighted
from shared.models.tflite.graph import BATCH, Graph
from shared.models.tflite.interpreter import Evaluator

STEPS, FEATURES, HIDDEN = 10, 7, 12


def weights(seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        "mean": rng.normal(size=FEATURES).tolist(),
        "scale": rng.uniform(0.5, 2.0, FEATURES).tolist(),
        "kernel": rng.normal(0, 0.5, (FEATURES, 4 * HIDDEN)).tolist(),
        "recurrent": rng.normal(0, 0.5, (HIDDEN, 4 * HIDDEN)).tolist(),
        "bias": rng.normal(0, 0.5, 4 * HIDDEN).tolist(),
        "dense": rng.normal(size=HIDDEN).tolist(),
        "dense_bias": 0.4,
    }


def by_hand(table: dict[str, Any], x: Any) -> Any:
    def gate(v: Any) -> Any:
        return 1.0 / (1.0 + np.exp(-v))

    hidden = cell = np.zeros((len(x), HIDDEN))
    kernel, recurrent = np.asarray(table["kernel"]), np.asarray(table["recurrent"])
    for k in range(STEPS):
        z = (x[:, k] - table["mean"]) / np.asarray(table["scale"])
        enter, keep, new, tell = np.split(z @ kernel + hidden @ recurrent + table["bias"], 4, axis=1)
        cell = gate(keep) * cell + gate(enter) * np.tanh(new)
        hidden = gate(tell) * np.tanh(cell)
    return hidden @ np.asarray(table["dense"]) + table["dense_bias"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_unrolled_lstm_answers_as_its_recurrence(seed: int) -> None:
    table = weights(seed)
    graph = Graph()
    x = graph.input("x", (BATCH, STEPS, FEATURES))
    model = Evaluator(graph.finish({"y": lstm(graph, scaled(graph, x, table["mean"], table["scale"]), table)}, "lstm"))
    rows = np.random.default_rng(seed + 10).normal(0, 2, (4000, STEPS, FEATURES))
    told = by_hand(table, rows)
    assert np.std(told) > 0.3
    np.testing.assert_allclose(model(rows)[:, 0], told, atol=5e-6)
    rows[7, 3, 2] = np.nan
    assert np.flatnonzero(np.isnan(model(rows)[:, 0])).tolist() == [7]


def test_a_bounded_weighted_sum_is_numpys_and_a_missing_value_stays_missing() -> None:
    rng = np.random.default_rng(4)
    center, spread, w, constant = rng.normal(size=5), rng.uniform(0.1, 3, 5), rng.normal(size=(5, 2)), [0.3, -1.0]
    graph = Graph()
    x = graph.input("x", (BATCH, 5))
    out = weighted(graph, bounded(graph, scaled(graph, x, center, spread), -1.5, 2.0), w, constant)
    rows = rng.normal(0, 3, (3000, 5))
    rows[11, 0] = np.nan
    told = np.clip((rows - center) / spread, -1.5, 2.0) @ w + constant
    np.testing.assert_allclose(Evaluator(graph.finish({"y": out}, "sum"))(rows), told, atol=5e-6)
    assert np.isnan(told[11]).all()
