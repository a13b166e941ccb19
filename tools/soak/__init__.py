"""Long runs that are too long for the test suite: each is a function, registered here by name, run by ``make soak``,
and its figures go to ``docs/soak.md`` with their date.

A run is named by its module and takes ``scale`` (1.0 is the full length; a test may ask for less) and a folder of its
own to work in. It answers an ``Outcome`` and raises nothing for what it set out to find.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast


@dataclass(frozen=True)
class Outcome:
    """What a run came to: whether it held, its figures by name in the order to show them, and what failed."""

    passed: bool
    figures: Mapping[str, str | int | float]
    failures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """A long run: its name, what it shows in a sentence, and the function ``module:name`` that makes it."""

    name: str
    about: str
    function: str

    def load(self) -> Callable[[float, Path], Outcome]:
        """The function ``(scale, folder) -> Outcome``."""
        module, _, name = self.function.partition(":")
        return cast("Callable[[float, Path], Outcome]", getattr(importlib.import_module(module), name))


RUNS: tuple[Run, ...] = (
    Run(
        "kills",
        "The process that ingests and preprocesses is killed (SIGKILL) at random points and its events come again,"
        " until all is done; then every table's rows and every object are compared with those of a run left alone.",
        "tools.soak.kills:soak",
    ),
    Run(
        "stream",
        "Ten minutes of telemetry at 1,000 messages a second while the function that handles it is killed at random;"
        " then every message must be one row, every lap in its car's document, and memory flat.",
        "tools.soak.stream:soak",
    ),
    Run(
        "load",
        "Ten minutes at the rate one instance sustains, while models are promoted and rolled back and server and worker"
        " are killed (SIGKILL): every answer must be the one of the version it names, byte for byte, no question"
        " may stay without one, and memory must be flat.",
        "tools.soak.load:soak",
    ),
    Run(
        "fuzz",
        "24,000 requests to the running server, made from its own OpenAPI document, spoiled, broken or oddly wrapped,"
        " and bytes that are hardly HTTP: no 5xx, no leak, no answer outside the envelope, the same answer after as"
        " before, and memory flat.",
        "tools.soak.fuzz:soak",
    ),
)
"""Every long run, in the order in which ``make soak`` makes them."""
