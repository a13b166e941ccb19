"""Alerts, metrics and runbooks look for log lines by their words and fields: what nobody writes alerts nobody."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from shared.config import ROOT

PLACES = [*(ROOT / "terraform" / "modules").rglob("*.tf"), *(ROOT / "docs" / "runbooks").glob("*.md")]
FILTERS = sorted(path for path in PLACES if "jsonPayload" in path.read_text(encoding="utf-8"))
VALUED = re.compile(r'jsonPayload\.(\w+)(=|:)("[^"]*"|\("[^"]*"(?: OR "[^"]*")*\))')
NAMED = re.compile(r"jsonPayload\.(\w+)")
OF_THE_FORMAT = {"message", "exception"}


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8").replace('\\"', '"')


def code() -> Iterator[ast.AST]:
    for folder in ("shared", "functions"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def logged(call: ast.Call) -> Iterator[str]:
    """The messages that a call of the log, or of ``stage``, writes."""
    target = call.func
    if isinstance(target, ast.Name) and target.id == "stage":
        wanted = call.args[:1]
    elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "log":
        wanted = call.args
    else:
        wanted = []
    return (part.value for part in wanted if isinstance(part, ast.Constant) and isinstance(part.value, str))


@cache
def said() -> tuple[set[str], set[str], set[str]]:
    """(messages; all string constants; names of keywords and keys of dictionaries, which log fields come from)."""
    messages, words, names = set[str](), set[str](), set[str]()
    for node in code():
        if isinstance(node, ast.Call):
            messages |= set(logged(node))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            words.add(node.value)
        elif isinstance(node, ast.keyword) and node.arg:
            names.add(node.arg)
    return messages, words, names | {word for word in words if word.isidentifier()}


@pytest.mark.parametrize("path", FILTERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_log_line_that_is_looked_for_is_written(path: Path) -> None:
    messages, words, names = said()
    for field, operator, values in VALUED.findall(text(path)):
        for value in re.findall(r'"([^"]+)"', values):
            lines = messages if field == "message" else words
            written = value in lines if operator == "=" else any(value in line for line in lines)
            assert written, f"{field}{operator}{value}"
    assert set(NAMED.findall(text(path))) - OF_THE_FORMAT <= names


def test_filters_were_found() -> None:
    found = [match for path in FILTERS for match in VALUED.findall(text(path))]
    assert len(found) >= 10
    assert {field for field, *_ in found} >= {"message", "metric", "route", "verdict"}
