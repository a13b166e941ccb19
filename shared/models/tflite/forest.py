"""Decision trees as a TensorFlow Lite graph: every tree of every row goes down one level at a time.

Each tree is made perfect (a leaf above the last level stands for all leaves below it), so that a node's children need
no table: those of node i of a level are 2i and 2i + 1 of the next. A level is then seven operators over [rows, trees].
The comparisons are those of the source, in single precision, so only the order of the sum differs.

The matrix form (all comparisons at once, multiplied with the paths: Nakandala et al., OSDI 2020) makes files of the
same size (63 KB for 150 trees of depth 5) and is slower: .62 for .34 ms of processor time on 20 rows, 32 for 7 ms on
900.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from shared.models.tflite.graph import BATCH, Graph, Tensor


def both_missing(graph: Graph, x: Tensor) -> Tensor:
    """[N, 2F]: the features twice, missing values once as what is less than any threshold and once as what is more.
    A node takes its feature from the half that sends a missing value the way it was grown to."""
    width = x.shape[1]
    missing = graph.op("NOT_EQUAL", [x, x], x.shape, np.bool_)
    low = graph.op("SELECT_V2", [missing, graph.constant(np.full(1, -np.inf)), x], x.shape)
    high = graph.op("SELECT_V2", [missing, graph.constant(np.full(1, np.inf)), x], x.shape)
    return graph.op("CONCATENATION", [low, high], (BATCH, 2 * width), axis=1)


def forest(graph: Graph, doubled: Tensor, table: Mapping[str, Any]) -> Tensor:
    """[N, K]: sum of the trees' leaves and the base, for features from ``both_missing``.

    ``table``: feature, threshold, yes, no, value [T][N] (value [T][N][K] where a leaf holds K numbers), base, depth, as
    ``shared.models.trees.export_trees`` makes it; a missing value goes the ``no`` way where ``missing`` is not given.
    """
    levels, leaves = perfect(table, doubled.shape[1] // 2)
    t, k = len(leaves), leaves.shape[2]
    at: Tensor | None = None
    for feature, threshold in levels:
        shape = (BATCH, t)
        if at is None:
            values = graph.op("GATHER", [doubled, graph.constant(feature[:, 0], np.int32)], shape, axis=1)
            against, first = graph.constant(threshold[:, 0]), graph.constant(2 * np.arange(t), np.int32)
        else:
            which = graph.op("GATHER", [graph.constant(feature.reshape(-1), np.int32), at], shape, np.int32)
            values = graph.op("GATHER", [doubled, which], shape, axis=1, batchDims=1)
            against = graph.op("GATHER", [graph.constant(threshold.reshape(-1)), at], shape)
            first = graph.op("ADD", [at, at], shape, np.int32)
        not_less = graph.op("GREATER_EQUAL", [values, against], shape, np.bool_)
        at = graph.op("ADD", [first, _as_int(graph, not_less)], shape, np.int32)
    assert at is not None
    found = graph.op("GATHER", [graph.constant(leaves.reshape(-1, k)), at], (BATCH, t, k))
    total = graph.op("SUM", [found, graph.constant([1], np.int32)], (BATCH, k))
    base = np.broadcast_to(np.asarray(table["base"], np.float32), (k,))
    return graph.op("ADD", [total, graph.constant(base)], (BATCH, k))


def perfect(table: Mapping[str, Any], width: int) -> tuple[list[tuple[Any, Any]], Any]:
    """(by level, feature i64[T, 2^d] and threshold f32[T, 2^d]; leaves f32[T, 2^depth, K]) of perfect trees. Features
    from ``width`` on are those whose missing value goes the ``no`` way."""
    feature, yes, no = (np.asarray(table[key], np.int64) for key in ("feature", "yes", "no"))
    threshold, value = np.asarray(table["threshold"], np.float32), np.asarray(table["value"], np.float32)
    goes_yes = np.asarray(table["missing"], bool) if "missing" in table else np.zeros(feature.shape, bool)
    if value.ndim == 2:
        value = value[:, :, None]
    tree = np.arange(len(feature))[:, None]
    node = np.zeros((len(feature), 1), np.int64)
    levels = []
    for _ in range(max(int(table["depth"]), 1)):  # a tree of one leaf is a split whose sides are alike
        levels.append((np.where(goes_yes, feature, feature + width)[tree, node], threshold[tree, node]))
        node = np.stack([yes[tree, node], no[tree, node]], axis=-1).reshape(len(feature), -1)
    return levels, value[tree, node]


def _as_int(graph: Graph, flags: Tensor) -> Tensor:
    return graph.op("CAST", [flags], flags.shape, np.int32)
