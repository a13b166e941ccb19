"""Values from a JSON schema: such as it allows, and such as it forbids."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Mapping
from typing import Any

CANARY = "<canary'&>"
"""Part of the text that is sent; raw, it may come back nowhere."""
NAMES = (
    "VER",
    "LEC",
    "HAM",
    "ALO",
    "max_verstappen",
    "bahrain",
    "monaco",
    "red_bull_ring",
    "nobody",
    "2023_01",
    "a.b'c-d",
)
ODD_NAMES = (CANARY, "lap ", "LAP", "tyre_age", "", "\u0000", "constructor")
HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 10**9, 10**19, -(10**40), 10**400, 0.5, -0.0, 1e-320, 1e308, math.nan, math.inf,
    -math.inf, "", " ", "0", "NaN", "null", CANARY, "\u0000", "\u202eRVE", "ＶＥＲ", "VER\u0301", "ﷺ" * 40, "😀" * 200,
    "\ufeffVER", "\ud800", "x" * 70_000, "../../etc/passwd", "%00", "'; DROP TABLE laps; --", "${jndi:ldap://x}",
    "{{7*7}}", "=cmd|' '!A0", "\r\nX-Evil: 1", [], {}, [[]], [None], {"": {}}, [1] * 3000, {"__proto__": {"a": 1}},
    {"$ref": "#"}, {CANARY: CANARY},
)  # fmt: skip


class Schemas:
    """The schemas of a document, and chance."""

    def __init__(self, document: Mapping[str, Any], rng: random.Random) -> None:
        self._named: Mapping[str, Any] = document["components"]["schemas"]
        self.rng = rng

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema itself: references followed, one of several kinds chosen."""
        while "$ref" in schema or ("anyOf" in schema and "properties" not in schema):
            if "$ref" in schema:
                schema = self._named[schema["$ref"].rsplit("/", 1)[1]]
            else:
                schema = self.rng.choice(schema["anyOf"])
        return schema

    def allowed(self, schema: Mapping[str, Any], depth: int = 0) -> Any:
        """A value that the schema allows."""
        schema, rng = self.resolved(schema), self.rng
        if "enum" in schema:
            return rng.choice(schema["enum"])
        if "const" in schema:
            return schema["const"]
        match schema.get("type"):
            case "integer":
                first, last = int(schema.get("minimum", 0)), int(schema.get("maximum", 1000))
                return rng.choice((first, last, rng.randint(first, last), rng.randint(first, min(last, first + 60))))
            case "number":
                low, high = float(schema.get("minimum", 0)), float(schema.get("maximum", 1000))
                return rng.choice((low, high, rng.uniform(low, high), rng.uniform(low, min(high, low + 100))))
            case "string":
                return rng.choice(NAMES[:9] if "pattern" in schema else NAMES)
            case "boolean":
                return rng.random() < 0.5
            case "array":
                least, most = (
                    int(schema.get("minItems", 0)),
                    min(int(schema.get("maxItems", 4)), 26 if depth < 2 else 4),
                )
                length = max(least, rng.choice((least, rng.randint(0, most), rng.randint(0, min(3, most)))))
                return [self.allowed(schema.get("items", {}), depth + 1) for _ in range(length)]
            case "object":
                needed = set(schema.get("required", ()))
                return {
                    name: self.allowed(each, depth + 1)
                    for name, each in schema.get("properties", {}).items()
                    if name in needed or rng.random() < 0.4
                }
            case _:
                return None

    def spoiled(self, value: Any) -> Any:
        """The value with something at a random place that hardly any schema allows there."""
        rng = self.rng
        if isinstance(value, dict) and value and rng.random() < 0.85:
            name = rng.choice(list(value))
            action = rng.random()
            if action < 0.1:
                return {key: each for key, each in value.items() if key != name}
            if action < 0.2:
                return value | {
                    rng.choice((CANARY, "lap ", "LAP", "tyre_age", "", "\u0000", "constructor")): value[name]
                }
            return value | {name: self.spoiled(value[name])}
        if isinstance(value, list) and value and rng.random() < 0.85:
            place = rng.randrange(len(value))
            if rng.random() < 0.1:
                return value * rng.choice((2, 30))
            return [*value[:place], self.spoiled(value[place]), *value[place + 1 :]]
        if (
            isinstance(value, (int, float))
            and not isinstance(value, bool)
            and abs(value) < 10**18
            and rng.random() < 0.3
        ):
            return rng.choice((value + 1, value - 1, -value, value * 1e6, value + 0.5, str(value)))
        return rng.choice(HOSTILE)


def text_of(value: Any, rng: random.Random) -> bytes:
    """The value as JSON, NaN and lone surrogates included, in one of the ways in which JSON may be written."""
    text = json.dumps(value, ensure_ascii=rng.random() < 0.5, indent=rng.choice((None, None, 1)))
    return text.encode("utf-8", "surrogatepass")


def broken(text: bytes, rng: random.Random) -> bytes:
    """JSON that something was done to."""
    place = rng.randrange(len(text) + 1)
    return rng.choice(
        (
            lambda: text[:place],
            lambda: text[:place] + bytes([rng.randrange(256)]) + text[place:],
            lambda: text[:place] + bytes([rng.randrange(256)]) + text[place + 1 :],
            lambda: text + text,
            lambda: b"\xef\xbb\xbf" + text,
            lambda: text.decode("utf-8", "replace").encode("utf-16"),
            lambda: text[:-1] + b', "lap": 3, "lap": {}, "seed": 1, "seed": 2}',
            lambda: b"[" * rng.choice((150, 250, 100_000)) + text,
            lambda: b'{"field":' * rng.choice((150, 5_000)) + b"1" + b"}" * 150,
            lambda: b'{"lap": ' + b"9" * rng.choice((20, 5_000, 900_000)) + b"}",
            lambda: b'{"lap": 1e' + b"9" * rng.choice((3, 300)) + b"}",
            lambda: b'{"driver_id": "' + b"\\u0041" * rng.choice((10, 100_000)) + b'"}',
            lambda: text.replace(b"{", b"{ /* */ "),
            lambda: text.replace(b'"', b"'"),
            lambda: text.replace(b":", b":,", 1),
            lambda: text.replace(b"1", rng.choice((b"NaN", b"-Infinity", b"01", b"1.", b"+1", b"0x1")), 1),
            lambda: b" " * ((1 << 20) + 1) + text,
            lambda: b"",
        )
    )()
