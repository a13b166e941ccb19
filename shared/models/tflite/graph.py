"""Writes ``.tflite`` files: a graph of builtin operators, put together by hand and packed through the flatbuffer schema
that ai-edge-litert ships. No TensorFlow is needed, and the same graph gives the same bytes.

Operators and versions are those that every runtime since TensorFlow 2.5 knows. A tensor's first axis may be ``BATCH``:
rows are then as many as the interpreter is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

BATCH = -1
"""The rows of a batch, in shapes: any number, one until the interpreter resizes its input."""
_SCHEMA_VERSION = 3
_VERSIONS = {"GATHER": 5}  # with batch_dims; every other operator here is of version 1


class Tensor(NamedTuple):
    """A value of a graph: its number among the tensors, its shape (``BATCH`` allowed), its type."""

    number: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class Graph:
    """A graph in the making. ``op`` and the functions of this package add to it, ``finish`` gives the file."""

    def __init__(self) -> None:
        self._schema = _schema()
        self._tensors: list[Any] = []
        self._buffers: list[Any] = [self._schema.BufferT()]  # the first is empty, for tensors without constants
        self._operators: list[Any] = []
        self._codes: list[tuple[str, int]] = []
        self._constants: dict[tuple[bytes, tuple[int, ...], str], Tensor] = {}
        self._inputs: list[tuple[str, Tensor]] = []

    def input(self, name: str, shape: tuple[int, ...]) -> Tensor:
        """An input of single precision."""
        tensor = self._tensor(name, shape, np.dtype(np.float32))
        self._inputs.append((name, tensor))
        return tensor

    def constant(self, value: Any, dtype: Any = np.float32) -> Tensor:
        """A constant; equal ones are stored once."""
        array = np.ascontiguousarray(value, dtype)
        key = (array.tobytes(), array.shape, str(array.dtype))
        if key not in self._constants:
            buffer = self._schema.BufferT()
            buffer.data = np.frombuffer(array.tobytes(), np.uint8)
            self._buffers.append(buffer)
            self._constants[key] = self._tensor("", array.shape, array.dtype, len(self._buffers) - 1)
        return self._constants[key]

    def op(
        self, name: str, inputs: Sequence[Tensor], shape: tuple[int, ...], dtype: Any = np.float32, **options: Any
    ) -> Tensor:
        """Adds a builtin operator by its name in the schema (``FULLY_CONNECTED``) and answers its one output of that
        shape. ``options``: fields of the operator's table of options."""
        return self.ops(name, inputs, [shape], dtype, **options)[0]

    def ops(
        self, name: str, inputs: Sequence[Tensor], shapes: Sequence[tuple[int, ...]], dtype: Any = np.float32,
        **options: Any,
    ) -> list[Tensor]:  # fmt: skip
        """``op`` for an operator with several outputs."""
        s = self._schema
        outputs = [self._tensor("", shape, np.dtype(dtype)) for shape in shapes]
        operator = s.OperatorT()
        operator.opcodeIndex = self._code(name)
        operator.inputs = [tensor.number for tensor in inputs]
        operator.outputs = [tensor.number for tensor in outputs]
        kind = _options_of(name)
        if hasattr(s, f"{kind}T"):
            operator.builtinOptionsType = getattr(s.BuiltinOptions, kind)
            operator.builtinOptions = getattr(s, f"{kind}T")()
            for field, value in options.items():
                if not hasattr(operator.builtinOptions, field):
                    raise ValueError(f"{name} has no option {field!r}")
                setattr(operator.builtinOptions, field, value)
        self._operators.append(operator)
        return outputs

    def finish(self, outputs: dict[str, Tensor], description: str) -> bytes:
        """The file. ``outputs`` by name, in their order."""
        import flatbuffers

        s = self._schema
        for name, tensor in outputs.items():
            self._tensors[tensor.number].name = name
        subgraph = s.SubGraphT()
        subgraph.name = "main"
        subgraph.tensors, subgraph.operators = self._tensors, self._operators
        subgraph.inputs = [tensor.number for _, tensor in self._inputs]
        subgraph.outputs = [tensor.number for tensor in outputs.values()]
        model = s.ModelT()
        model.version, model.description = _SCHEMA_VERSION, description
        model.subgraphs, model.buffers = [subgraph], self._buffers
        model.operatorCodes = []
        for name, version in self._codes:
            code = s.OperatorCodeT()
            code.builtinCode = getattr(s.BuiltinOperator, name)
            code.deprecatedBuiltinCode = min(code.builtinCode, 127)  # read by runtimes before 2.4
            code.version = version
            model.operatorCodes.append(code)
        builder = flatbuffers.Builder(1 << 16)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _code(self, name: str) -> int:
        code = (name, _VERSIONS.get(name, 1))
        if code not in self._codes:
            self._codes.append(code)
        return self._codes.index(code)

    def _tensor(self, name: str, shape: tuple[int, ...], dtype: np.dtype[Any], buffer: int = 0) -> Tensor:
        s = self._schema
        tensor = s.TensorT()
        tensor.name = name or f"t{len(self._tensors)}"
        tensor.shape = [1 if size == BATCH else size for size in shape]
        if BATCH in shape:
            tensor.shapeSignature = list(shape)
        tensor.type = getattr(s.TensorType, dtype.name.upper())
        tensor.buffer = buffer
        self._tensors.append(tensor)
        return Tensor(len(self._tensors) - 1, shape, dtype)


def _options_of(operator: str) -> str:
    """The schema's table of an operator's options: ``FULLY_CONNECTED`` has ``FullyConnectedOptions``."""
    if operator == "CONCATENATION":
        return "ConcatenationOptions"
    if operator == "SUM":
        return "ReducerOptions"
    return "".join(part.capitalize() for part in operator.split("_")) + "Options"


@cache
def _schema() -> Any:
    from ai_edge_litert import schema_py_generated

    return schema_py_generated
