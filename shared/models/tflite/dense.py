"""Linear parts of a graph: scaling of the inputs, a weighted sum, and an LSTM unrolled over its steps.

Missing values stay missing, as in NumPy: bounds are set by comparing and selecting, since the runtime's own MINIMUM and
MAXIMUM turn a missing value into the bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from shared.models.tflite.graph import BATCH, Graph, Tensor


def scaled(graph: Graph, x: Tensor, center: Any, spread: Any) -> Tensor:
    """(x - center) / spread along the last axis."""
    about = graph.op("SUB", [x, graph.constant(center)], x.shape)
    return graph.op("DIV", [about, graph.constant(spread)], x.shape)


def bounded(graph: Graph, x: Tensor, low: float, high: float) -> Tensor:
    """x within [low, high]."""
    for bound, comparison in ((low, "LESS"), (high, "GREATER")):
        limit = graph.constant(np.full(1, bound))
        beyond = graph.op(comparison, [x, limit], x.shape, np.bool_)
        x = graph.op("SELECT_V2", [beyond, limit, x], x.shape)
    return x


def filled(graph: Graph, x: Tensor, value: float) -> Tensor:
    """x with ``value`` where it is missing."""
    missing = graph.op("NOT_EQUAL", [x, x], x.shape, np.bool_)
    return graph.op("SELECT_V2", [missing, graph.constant(np.full(1, value)), x], x.shape)


def weighted(graph: Graph, x: Tensor, weights: Any, constant: Any) -> Tensor:
    """[N, K]: x [N, F] times weights [F, K] and constants [K]."""
    columns = np.asarray(weights, np.float32).T
    bias = graph.constant(np.broadcast_to(np.asarray(constant, np.float32), (len(columns),)))
    return graph.op("FULLY_CONNECTED", [x, graph.constant(columns), bias], (BATCH, len(columns)))


def lstm(graph: Graph, z: Tensor, table: Mapping[str, Any]) -> Tensor:
    """[N, 1]: a dense reading of the last hidden state of an LSTM over scaled inputs z [N, steps, F].

    ``table``: kernel [F][4H], recurrent [H][4H], bias [4H], gates in the order input, forget, cell, output; dense [H],
    dense_bias.
    """
    _, steps, width = z.shape
    hidden_size = len(table["dense"])
    both = np.concatenate([np.asarray(table["kernel"], float), np.asarray(table["recurrent"], float)])
    rows = graph.ops("UNPACK", [z], [(BATCH, width)] * steps, num=steps, axis=1)
    shape = (BATCH, hidden_size)
    hidden: Tensor | None = None
    cell: Tensor | None = None
    for row in rows:
        if hidden is None:  # the state before the first step is zero
            gates = weighted(graph, row, both[:width], table["bias"])
        else:
            joined = graph.op("CONCATENATION", [row, hidden], (BATCH, width + hidden_size), axis=1)
            gates = weighted(graph, joined, both, table["bias"])
        split = graph.ops("SPLIT", [graph.constant(1, np.int32), gates], [shape] * 4, numSplits=4)
        enter, keep, tell = (graph.op("LOGISTIC", [split[k]], shape) for k in (0, 1, 3))
        new = graph.op("MUL", [enter, graph.op("TANH", [split[2]], shape)], shape)
        cell = new if cell is None else graph.op("ADD", [graph.op("MUL", [keep, cell], shape), new], shape)
        hidden = graph.op("MUL", [tell, graph.op("TANH", [cell], shape)], shape)
    if hidden is None:
        raise ValueError("an LSTM of no steps has nothing to read")
    return weighted(graph, hidden, np.asarray(table["dense"], float)[:, None], [table["dense_bias"]])
