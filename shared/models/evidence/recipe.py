"""What a bundle was made by, so that another can be told to be of the same recipe: code that fits, and the knobs."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from shared.config import ROOT

_START = "shared.models.training"


def recipe(tables: Mapping[str, Any]) -> dict[str, str]:
    """{"code": hash of the modules that fit, "knobs": hash of the parameters chosen by the score of forecasts}."""
    knobs = json.dumps(tables.get("knobs", {}), sort_keys=True).encode()
    return {"code": code_hash(), "knobs": hashlib.sha256(knobs).hexdigest()[:12]}


@lru_cache(maxsize=1)
def code_hash() -> str:
    """Hash of every module of ``shared`` that training imports, at the top or within functions: the same in the
    project's tree and in a deployed function's archive."""
    digest = hashlib.sha256()
    for module in fitting_modules():
        digest.update(module.encode() + _source(module))
    return digest.hexdigest()[:12]


@lru_cache(maxsize=1)
def fitting_modules() -> tuple[str, ...]:
    """Names of those modules, sorted."""
    seen: set[str] = set()
    todo = [_START]
    while todo:
        module = todo.pop()
        if module in seen or not _file(module).is_file():
            continue
        seen.add(module)
        for node in ast.walk(ast.parse(_source(module))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("shared"):
                todo += [str(node.module), *(f"{node.module}.{name.name}" for name in node.names)]
            elif isinstance(node, ast.Import):
                todo += [name.name for name in node.names if name.name.startswith("shared")]
    return tuple(sorted(seen))


def _source(module: str) -> bytes:
    return _file(module).read_bytes()


def _file(module: str) -> Any:
    return ROOT / (module.replace(".", "/") + ".py")
