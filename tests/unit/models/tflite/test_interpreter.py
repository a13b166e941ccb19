"""The interpreter behind one door: any number of rows, several threads, a clear word where it cannot be had."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from shared.models.tflite.dense import weighted
from shared.models.tflite.graph import BATCH, Graph
from shared.models.tflite.interpreter import Evaluator, Unavailable, runtime


@pytest.fixture
def no_litert(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine on which ai-edge-litert is not installed."""
    runtime.cache_clear()
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    yield
    runtime.cache_clear()


def doubling(width: int = 3) -> bytes:
    graph = Graph()
    x = graph.input("x", (BATCH, width))
    return graph.finish({"y": weighted(graph, x, 2.0 * np.eye(width), np.zeros(width))}, "twice")


def test_batches_of_any_size_one_after_another() -> None:
    model = Evaluator(doubling())
    for n in (1, 20, 3, 900, 0, 1):
        x = np.arange(3.0 * n).reshape(n, 3)
        np.testing.assert_array_equal(model(x), 2.0 * x)


def test_rows_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match=r"rows of shape \(4,\), the model takes \(3,\)"):
        Evaluator(doubling())(np.zeros((2, 4)))


def test_threads_that_share_a_model_get_their_own_answers() -> None:
    model = Evaluator(doubling(50))

    def ask(seed: int) -> bool:
        rng = np.random.default_rng(seed)
        rows = [rng.integers(0, 1000, (int(rng.integers(1, 60)), 50)).astype(float) for _ in range(60)]
        return all(np.array_equal(model(x), 2.0 * x) for x in rows)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))


@pytest.mark.parametrize("content", [b"", b"\x00\x01", doubling()[:200], b"TFL3" * 100])
def test_a_file_that_is_none_is_named(content: bytes) -> None:
    with pytest.raises(Unavailable, match=r"fuel\.tflite is not a TensorFlow Lite file"):
        Evaluator(content, "fuel.tflite")


@pytest.mark.usefixtures("no_litert")
def test_the_old_runtime_is_taken_where_it_is_the_one_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    old = SimpleNamespace()
    monkeypatch.setitem(sys.modules, "tflite_runtime", SimpleNamespace(interpreter=old))
    monkeypatch.setitem(sys.modules, "tflite_runtime.interpreter", old)
    assert runtime() == ("tflite_runtime", old)


@pytest.mark.usefixtures("no_litert")
def test_without_a_runtime_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tflite_runtime", None)
    with pytest.raises(Unavailable, match="no TensorFlow Lite runtime"):
        runtime()
