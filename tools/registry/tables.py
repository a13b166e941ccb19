"""The registry as tables in a terminal. Nothing is cut off where the output is no terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from shared.models.bundle import Bundle
from shared.models.bundle_store import Promoted
from shared.models.evidence.report import markdown
from shared.models.registry import Difference, Registered

_WIDE = 160


def console() -> Console:
    """Where tables go: the terminal, or as wide as they need."""
    found = Console(highlight=False, soft_wrap=False)
    return found if found.is_terminal else Console(highlight=False, width=_WIDE)


def plain(*columns: str, title: str | None = None, right: Sequence[str] = ()) -> Table:
    """An empty table in the style of all of them; ``right``: columns of numbers."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in columns:
        made.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return made


def bundles(known: Sequence[Registered], serving: Promoted | None, cut_short: Sequence[str]) -> None:
    """All bundles; the star is on the one that serves."""
    if not known:
        print("no bundle is registered; recommend serves the one that ships")
    else:
        table = plain("", "version", "made", "data until", "races", "bytes", "", right=("races", "bytes"))
        for each in known:
            serves = serving is not None and serving.version == each.version
            before = serving is not None and serving.note.get("previous") == each.version
            says = ["simulated"] if each.synthetic else []
            says += [f"serves, by {serving.note.get('by', 'evidence')}"] if serves and serving else []
            says += ["served before"] if before else []
            table.add_row(
                "*" if serves else "", each.version, each.created_at[:16].replace("T", " "), each.until,
                str(each.races), f"{each.bytes:,}", ", ".join(says), style="bold" if serves else "",
            )  # fmt: skip
        console().print(table)
    for version in cut_short:
        print(f"{version} was never written whole: train again, or delete bundles/{version}/")


def show(bundle: Bundle, report: Mapping[str, Any] | None = None) -> None:
    """What a bundle holds, how its models do beside their baselines, and why it was promoted or refused."""
    manifest, out = bundle.manifest, console()
    out.print(Text(f"{bundle.version}", style="bold"), f"made {manifest['created_at']}", end="")
    out.print("  from simulated races" if manifest["synthetic"] else "")
    out.print("data: " + ", ".join(f"{name} {value}" for name, value in manifest["data"].items()))
    if manifest.get("recipe"):
        out.print("recipe: " + ", ".join(f"{name} {value}" for name, value in manifest["recipe"].items()))
    models = plain("model", "metric", "value", "baseline", right=("value", "baseline"))
    for model in manifest["models"]:
        baseline = dict(leaves(model.get("baseline") or {}))
        rows = [(key, value) for key, value in leaves(model["metrics"]) if isinstance(value, (int, float, str, bool))]
        models.add_row(Text(str(model["name"]), style="bold"), f"serves: {model.get('serves', 'model')}")
        for key, value in rows:
            models.add_row("", key, figure(value), figure(baseline.get(key)))
        for key, value in baseline.items():
            if key not in dict(rows):
                models.add_row("", Text(key, style="dim"), "", figure(value))
    out.print(models)
    if report is not None:
        out.print(Text(markdown(report).rstrip()))
    files = plain("file", "hash")
    for name, digest in manifest["files"].items():
        files.add_row(name, digest[:12])
    out.print(files)


def differences(first: Bundle, second: Bundle, found: Difference) -> None:
    """Files and values that one bundle has otherwise than the other."""
    if found == Difference((), ()):
        print(f"nothing differs between {first.version} and {second.version}")
        return
    if found.files:
        files = plain("", "file", title=f"files ({first.version} -> {second.version})")
        for line in found.files:
            mark, _, name = line.partition(" ")
            files.add_row(mark, name)
        console().print(files)
    if found.values:
        values = plain("value", first.version, second.version, "change", right=(first.version, second.version))
        for name, old, new in found.values:
            values.add_row(name, figure(old), figure(new), change(old, new))
        console().print(values)


def change(old: Any, new: Any) -> str:
    """How far a number moved, in percent; empty where it is none."""
    numbers = all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in (old, new))
    return f"{(new - old) / abs(old):+.1%}" if numbers and old else ""


def figure(value: Any) -> str:
    """A value as it is written in a table."""
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Values by their dotted path, lists as their text."""
    if isinstance(value, Mapping):
        return [leaf for key, inner in value.items() for leaf in leaves(inner, f"{path}.{key}" if path else str(key))]
    return [(path, str(value) if isinstance(value, (list, tuple)) else value)]
