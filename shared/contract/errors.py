"""Every error of the contract: one envelope, one exception, and how pydantic's findings turn into both.

A problem says which field, what was given and what is allowed. What was given is cut short and written as JSON, so no
input comes back raw. Nothing here holds a key or a stack trace.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shared.errors import F1Error

MAX_PROBLEMS = 20
"""Problems told in one answer; a request may hold thousands."""
GIVEN_CHARS = 60


class FieldProblem(BaseModel):
    """One field of the request and what is wrong with it."""

    model_config = ConfigDict(frozen=True)

    path: str = Field(description="Where, as in `field[1].position`; empty for the request as a whole.")
    problem: str = Field(description="What was given and what is allowed.")


class ErrorBody(BaseModel):
    """What went wrong: a code to switch on, a sentence to read, and the fields to blame."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(description="Stable name of the kind of error.", examples=["invalid_request"])
    message: str = Field(description="A sentence for a person.")
    fields: tuple[FieldProblem, ...] = Field((), description="Fields to blame; empty where none is.")


class ErrorAnswer(BaseModel):
    """The envelope of every error."""

    model_config = ConfigDict(frozen=True)

    error: ErrorBody


class ContractError(F1Error):
    """An answer that is an error: HTTP status, code, message, and the fields to blame."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        fields: Sequence[FieldProblem] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = tuple(fields)
        self.headers = dict(headers or {})

    def answer(self) -> ErrorAnswer:
        """The envelope of this error."""
        return ErrorAnswer(error=ErrorBody(code=self.code, message=self.message, fields=self.fields))


class Problem(NamedTuple):
    """A contradiction: the path of the field to blame (names and indices), what was given and what is allowed."""

    path: tuple[str | int, ...]
    text: str


class ContradictionError(ValueError):
    """A request that contradicts itself. Raised inside a model's validator; ``invalid`` unfolds it by field."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{path_text(p.path)}: {p.text}" for p in problems))
        self.problems = tuple(problems)


def path_text(path: Sequence[str | int]) -> str:
    """A path as a client reads it: ("field", 1, "position") is ``field[1].position``. Names are cut to 40."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{printable(part)[:40]}"
    return text


def printable(text: str) -> str:
    """The text with everything but printable ASCII escaped, so that it can be logged and shown."""
    return "".join(c if " " <= c <= "~" and c not in "<>&" else f"\\u{ord(c):04x}" for c in text)


def shown(value: Any) -> str:
    """A given value as JSON, cut short; containers by kind only."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**18:
        return f"a number of {value.bit_length() * 0.30103 + 0.5:.0f} digits"
    if isinstance(value, str):
        value = value[: GIVEN_CHARS + 1]
        return printable(json.dumps(value[:GIVEN_CHARS], ensure_ascii=False)) + (
            "..." if len(value) > GIVEN_CHARS else ""
        )
    try:
        return json.dumps(value)[:GIVEN_CHARS]
    except (TypeError, ValueError):
        return type(value).__name__


_ALLOWED: dict[str, Callable[[dict[str, Any]], str]] = {
    "greater_than_equal": lambda c: f"at least {c['ge']:g}",
    "greater_than": lambda c: f"more than {c['gt']:g}",
    "less_than_equal": lambda c: f"at most {c['le']:g}",
    "less_than": lambda c: f"less than {c['lt']:g}",
    "int_type": lambda c: "a whole number",
    "int_from_float": lambda c: "a whole number",
    "int_parsing_size": lambda c: "a whole number of ordinary size",
    "float_type": lambda c: "a finite number",
    "finite_number": lambda c: "a finite number",
    "string_type": lambda c: "text",
    "bool_type": lambda c: "true or false",
    "literal_error": lambda c: f"one of {c['expected']}",
    "string_pattern_mismatch": lambda c: (
        f"text matching {c['pattern'] if len(c['pattern']) < 50 else 'printable, 1 to 64'}"
    ),
    "tuple_type": lambda c: "a list",
    "list_type": lambda c: "a list",
    "model_type": lambda c: "an object",
    "model_attributes_type": lambda c: "an object",
    "dict_type": lambda c: "an object",
    "too_long": lambda c: f"at most {c['max_length']} entries",
    "too_short": lambda c: f"at least {c['min_length']} entries",
}


def problems_of(error: ValidationError) -> list[FieldProblem]:
    """Every finding of pydantic as path and problem, in the order found, ``MAX_PROBLEMS`` at most."""
    found: list[FieldProblem] = []
    for entry in error.errors(include_url=False):
        context = dict(entry.get("ctx", {}))
        cause = context.get("error")
        if isinstance(cause, ContradictionError):
            found += [FieldProblem(path=path_text((*entry["loc"], *p.path)), problem=p.text) for p in cause.problems]
            continue
        allowed = _ALLOWED.get(entry["type"])
        if entry["type"] == "missing":
            problem = "missing; it is required"
        elif allowed is None:
            problem = f"given {shown(entry['input'])}: {printable(entry['msg'])[:120]}"
        else:
            problem = f"given {shown(entry['input'])}; allowed: {allowed(context)}"
        found.append(FieldProblem(path=path_text(entry["loc"]), problem=problem))
    return found[:MAX_PROBLEMS]


def invalid(problems: Sequence[FieldProblem]) -> ContractError:
    """422 for these problems."""
    where = "; ".join(f"{p.path or 'request'}: {p.problem}" for p in problems[:3])
    more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
    return ContractError(
        422, "invalid_request", f"The request cannot be served. {where}{more}", problems[:MAX_PROBLEMS]
    )


def contradicts(problems: Sequence[Problem]) -> ContractError:
    """422 for contradictions found after the models were made (when the circuit's own distance is known)."""
    return invalid([FieldProblem(path=path_text(p.path), problem=p.text) for p in problems])
