"""Lists events that used up their attempts, and sends them again.

``python -m tools.deadletters`` lists; ``python -m tools.deadletters replay ID…`` or ``replay --all`` sends again. It
works while the worker runs, and while it does not.
"""

from __future__ import annotations

import argparse
import sys

from rich.console import Console
from rich.table import Table

from shared.adapters.embedded.event_bus import DeadLetter, open_port
from shared.config import settings
from shared.errors import F1Error


def main(arguments: list[str] | None = None) -> int:
    """Command line; answers 1 when an id to replay is not among the dead letters."""
    parser = argparse.ArgumentParser(prog="python -m tools.deadletters", description=__doc__)
    actions = parser.add_subparsers(dest="action")
    actions.add_parser("list", help="list dead letters (the default)")
    replay = actions.add_parser("replay", help="send dead letters again, with all their attempts")
    replay.add_argument("ids", nargs="*", metavar="ID")
    replay.add_argument("--all", action="store_true")
    chosen = parser.parse_args(arguments)
    bus = open_port(settings())
    if chosen.action != "replay":
        _show(bus.dead_letters())
        return 0
    if bool(chosen.ids) == chosen.all:
        parser.error("name the ids to replay, or give --all")
    counts = [bus.replay(None)] if chosen.all else [bus.replay(identity) for identity in chosen.ids]
    unknown = [identity for identity, count in zip(chosen.ids, counts, strict=False) if count == 0]
    print(f"{sum(counts)} sent again")
    for identity in unknown:
        print(f"no dead letter {identity}", file=sys.stderr)
    return 1 if unknown else 0


def _show(letters: list[DeadLetter]) -> None:
    if not letters:
        print("no dead letters")
        return
    table = Table("id", "subscription", "published", "attempts", "last error", title=f"{len(letters)} dead letters")
    for letter in letters:
        table.add_row(letter.id, letter.subscription, letter.published_at, str(letter.attempts), letter.error[:200])
    Console().print(table)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except F1Error as problem:
        print(problem, file=sys.stderr)
        sys.exit(2)
