"""Boosted trees without the library that grew them: plain arrays, evaluated by numpy, all trees of a row at once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from shared.models.grid import FloatArray


def export_trees(booster: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Tables of an xgboost Booster [T][N]: feature, threshold, child if less (yes) and if not (no), leaf value, and 1
    where a missing value goes the way of ``yes``, as xgboost learned; base score and depth."""
    trees = [json.loads(tree) for tree in booster.get_dump(dump_format="json")]
    flat = [_flatten(tree, {name: i for i, name in enumerate(names)}) for tree in trees]
    width = max(len(nodes) for nodes, _ in flat)
    table: dict[str, Any] = {"depth": max(depth for _, depth in flat)}
    for k, key in enumerate(("feature", "threshold", "yes", "no", "value", "missing")):
        rows = [[node[k] for node in nodes] + [0] * (width - len(nodes)) for nodes, _ in flat]
        short = _single if key == "threshold" else _six
        table[key] = [[short(v) if isinstance(v, float) else v for v in row] for row in rows]
    config = json.loads(booster.save_config())
    base = config["learner"]["learner_model_param"]["base_score"]
    score = float(json.loads(base)[0] if base.startswith("[") else base)
    logistic = "logistic" in config["learner"]["objective"]["name"]
    table["base"] = round(float(np.log(score / (1 - score))) if logistic else score, 6)
    return table


def _six(value: float) -> float:
    return round(value, 6)


def _single(value: float) -> float:
    """The shortest number that is the same in single precision: a row on the threshold stays on its side of it."""
    return float(str(np.float32(value)))


def _flatten(tree: Mapping[str, Any], index: Mapping[str, int]) -> tuple[list[tuple[Any, ...]], int]:
    nodes: dict[int, tuple[Any, ...]] = {}
    deepest = 0
    todo: list[tuple[Mapping[str, Any], int]] = [(tree, 0)]
    while todo:
        node, depth = todo.pop()
        deepest = max(deepest, depth)
        own = int(node["nodeid"])
        if "leaf" in node:
            nodes[own] = (0, 0.0, own, own, float(node["leaf"]), 0)
        else:
            yes, no, missing = int(node["yes"]), int(node["no"]), int(node["missing"])
            nodes[own] = (index[node["split"]], float(node["split_condition"]), yes, no, 0.0, int(missing == yes))
            todo += [(child, depth + 1) for child in node["children"]]
    return [nodes.get(i, (0, 0.0, i, i, 0.0, 0)) for i in range(max(nodes) + 1)], deepest


def evaluate(table: Mapping[str, Any], x: FloatArray) -> FloatArray:
    """f64[N]: sum of the trees' leaves and the base for rows f64[N, F]. A missing value (NaN) goes the way that the
    table says; the way of ``no`` where it does not say, as tables of older bundles."""
    x = np.ascontiguousarray(x, np.float32)
    feature, threshold = np.asarray(table["feature"]), np.asarray(table["threshold"], np.float32)
    yes, no, value = (np.asarray(table[key]) for key in ("yes", "no", "value"))
    t, width = feature.shape
    missing = np.asarray(table["missing"], bool).reshape(-1) if "missing" in table and np.isnan(x).any() else None
    base = (np.arange(t) * width)[None, :]
    node = np.zeros((len(x), t), np.int64) + base
    row = np.arange(len(x))[:, None]
    feature, threshold, yes, no, value = (a.reshape(-1) for a in (feature, threshold, yes, no, value))
    for _ in range(int(table["depth"])):
        seen = x[row, feature[node]]
        goes = seen < threshold[node]
        if missing is not None:
            goes |= np.isnan(seen) & missing[node]
        node = np.where(goes, yes[node], no[node]) + base
    out: FloatArray = value[node].sum(axis=1) + float(table["base"])
    return out
