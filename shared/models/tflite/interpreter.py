"""Runs ``.tflite`` files: the one place that imports an interpreter.

Takes ai-edge-litert, TensorFlow Lite's runtime under its present name, or else the old tflite-runtime; where neither is
installed, ``Unavailable`` says so and callers fall back to plain arrays.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np

from shared.errors import F1Error
from shared.models.grid import FloatArray

Evaluate = Callable[[FloatArray], FloatArray]
"""Rows f64[N, ...] to answers f64[N, K]."""
NO_EVALUATORS: Mapping[str, Evaluate] = MappingProxyType({})
"""Of a bundle whose tables serve."""


class Unavailable(F1Error):
    """No TensorFlow Lite runtime is installed, or it cannot read a file; the message says which."""


@cache
def runtime() -> tuple[str, Any]:
    """(name of the runtime, its interpreter module). Raises Unavailable where there is none."""
    try:
        from ai_edge_litert import interpreter

        return "ai_edge_litert", interpreter
    except ImportError as error:
        try:
            return "tflite_runtime", importlib.import_module("tflite_runtime.interpreter")
        except ImportError:
            raise Unavailable(f"no TensorFlow Lite runtime: {error}") from None


class Evaluator:
    """A model of one input f32[N, ...] and one or more outputs, for any N. Safe to call from several threads: an
    interpreter is not, so calls of one model go one after another."""

    def __init__(self, content: bytes, name: str = "model") -> None:
        """Raises Unavailable where no runtime is installed or the file is none that it reads."""
        _, module = runtime()
        try:
            # without the delegate: on graphs this small it only makes resizing slower
            self._interpreter = module.Interpreter(
                model_content=content,
                num_threads=1,
                experimental_op_resolver_type=module.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
            )
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise Unavailable(f"{name} is not a TensorFlow Lite file that this runtime reads: {error}") from None
        self._lock = threading.Lock()
        details = self._interpreter.get_input_details()[0]
        self._input, self._shape = details["index"], tuple(int(size) for size in details["shape"])
        self._outputs = [(str(out["name"]), out["index"]) for out in self._interpreter.get_output_details()]

    def __call__(self, x: FloatArray) -> FloatArray:
        """f64[N, K]: the first output for rows f64[N, ...]. Raises ValueError for rows of another width."""
        return next(iter(self.outputs(x).values()))

    def outputs(self, x: FloatArray) -> dict[str, FloatArray]:
        """Every output by name, f64[N, ...]."""
        if x.shape[1:] != self._shape[1:]:
            raise ValueError(f"rows of shape {x.shape[1:]}, the model takes {self._shape[1:]}")
        if len(x) == 0:
            return {name: np.zeros((0, *self._tail(index))) for name, index in self._outputs}
        with self._lock:
            if x.shape != self._shape:
                self._interpreter.resize_tensor_input(self._input, x.shape)
                self._interpreter.allocate_tensors()
                self._shape = x.shape
            self._interpreter.set_tensor(self._input, np.ascontiguousarray(x, np.float32))
            self._interpreter.invoke()
            return {name: self._interpreter.get_tensor(index).astype(np.float64) for name, index in self._outputs}

    def _tail(self, index: int) -> tuple[int, ...]:
        details = next(out for out in self._interpreter.get_output_details() if out["index"] == index)
        return tuple(int(size) for size in details["shape"][1:])
