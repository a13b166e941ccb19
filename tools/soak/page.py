"""The page of dated figures of long runs: a section a run, its newest result first, older ones kept."""

from __future__ import annotations

import datetime as dt
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from tools.soak import RUNS, Outcome, Run

KEPT = 12
"""Results of a run that the page keeps."""

_HEAD = """# Long runs

Made by `make soak` (`make soak SOAK=kills` makes one), each line when it was made and on what. A run that did not
hold stays on the page until newer ones push it off.
"""


@dataclass(frozen=True)
class Result:
    """One making of a run: day (UTC), machine, seconds it took, and what it came to."""

    day: dt.date
    machine: str
    seconds: float
    outcome: Outcome


def record(page: Path, run: Run, result: Result) -> None:
    """Put a result first in its run's section, making page and section where there is none."""
    text = page.read_text(encoding="utf-8") if page.is_file() else ""
    lines = {each.name: _lines(text, each.name) for each in RUNS}
    lines[run.name] = [_line(result), *lines.get(run.name, [])][:KEPT]
    sections = [_section(each, lines[each.name]) for each in {**{r.name: r for r in RUNS}, run.name: run}.values()]
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("\n".join([_HEAD, *filter(None, sections)]), encoding="utf-8")


def _section(run: Run, lines: list[str]) -> str:
    return f"## {run.name}\n\n{textwrap.fill(run.about, 120)}\n\n" + "\n".join(lines) + "\n" if lines else ""


def _lines(text: str, name: str) -> list[str]:
    found = re.search(rf"^## {re.escape(name)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return [line for line in found.group(1).splitlines() if line.startswith("* ")] if found else []


def _line(result: Result) -> str:
    figures = ", ".join(f"{name} {value}" for name, value in result.outcome.figures.items())
    failed = "".join(f"; failed: {failure}" for failure in result.outcome.failures[:3])
    verdict = "held" if result.outcome.passed else "did not hold"
    return f"* {result.day.isoformat()}, {verdict}: {figures} ({result.seconds:.0f} s; {result.machine}){failed}"
