"""Prints the table of settings for the documentation, made from ``shared.config.Settings``; ``--check FILE`` compares.

In a document the table stands between ``<!-- settings -->`` and ``<!-- /settings -->``; ``--write FILE`` puts it there.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from shared.config import ROOT, Settings

_PLACE = re.compile(r"(<!-- settings -->\n).*?(<!-- /settings -->)", re.DOTALL)


def table() -> str:
    """The settings as a Markdown table: variable, default, meaning."""
    rows = ["| variable | default | what it sets |", "|---|---|---|"]
    for field in Settings.model_fields.values():
        default = field.default
        shown = "" if default in (None, (), "") else f"`{default}`"
        rows.append(f"| `{field.validation_alias}` | {shown} | {field.description} |")
    return "\n".join(rows) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Command line; 1 when a document's table is not current or has no place for one."""
    parser = argparse.ArgumentParser(prog="python -m tools.settings_table", description=__doc__.split("\n")[0])
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table into this document")
    parser.add_argument("--check", type=Path, metavar="FILE", help="say whether this document's table is current")
    options = parser.parse_args(arguments)
    path = options.write or options.check
    if path is None:
        print(table(), end="")
        return 0
    text = (ROOT / path).read_text()
    if not _PLACE.search(text):
        print(f"{path} has no place for the settings: <!-- settings --> and <!-- /settings -->", file=sys.stderr)
        return 1
    current = _PLACE.sub(lambda match: match.group(1) + table() + match.group(2), text)
    if options.write:
        (ROOT / path).write_text(current)
    elif current != text:
        print(f"{path}: run `python -m tools.settings_table --write {path}`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
