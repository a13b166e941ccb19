"""Lists events that used up their attempts, shows what one holds, and sends them again.

``python -m tools.deadletters`` lists; ``show ID`` prints one with its attributes, its whole error and its data;
``replay ID…`` or ``replay --all`` sends again, which every handler takes twice without harm. It works while the worker
runs, and while it does not; with ``F1_BACKEND=gcp``, on Pub/Sub's dead-letter subscriptions.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from shared.bootstrap import ports
from shared.ports import DeadLetter
from tools.command import run_main


def main(arguments: list[str] | None = None) -> int:
    """Command line; answers 1 when an id is not among the dead letters."""
    parser = argparse.ArgumentParser(prog="python -m tools.deadletters", description=__doc__.split("\n")[0])
    actions = parser.add_subparsers(dest="action")
    actions.add_parser("list", help="list dead letters (the default)")
    show = actions.add_parser("show", help="print what a dead letter holds and why it failed")
    show.add_argument("id", metavar="ID")
    replay = actions.add_parser("replay", help="send dead letters again, with all their attempts")
    replay.add_argument("ids", nargs="*", metavar="ID")
    replay.add_argument("--all", action="store_true")
    chosen = parser.parse_args(arguments)
    dead = ports().dead_letters
    if chosen.action == "show":
        return _inspect([letter for letter in dead.dead_letters() if letter.id == chosen.id], chosen.id)
    if chosen.action != "replay":
        _list(dead.dead_letters())
        return 0
    if bool(chosen.ids) == chosen.all:
        parser.error("name the ids to replay, or give --all")
    counts = [dead.replay(None)] if chosen.all else [dead.replay(identity) for identity in chosen.ids]
    unknown = [identity for identity, count in zip(chosen.ids, counts, strict=False) if count == 0]
    print(f"{sum(counts)} sent again")
    for identity in unknown:
        print(f"no dead letter {identity}", file=sys.stderr)
    return 1 if unknown else 0


def _list(letters: list[DeadLetter]) -> None:
    if not letters:
        print("no dead letters")
        return
    table = Table("id", "subscription", "published", "attempts", "last error", title=f"{len(letters)} dead letters")
    for letter in letters:
        table.add_row(letter.id, letter.subscription, letter.published_at, str(letter.attempts), letter.error[:200])
    Console().print(table)


def _inspect(letters: list[DeadLetter], identity: str) -> int:
    """Print the dead letters of one message, a JSON object for each subscription that gave it up."""
    for letter in letters:
        shown: dict[str, Any] = {**letter._asdict(), "attributes": dict(letter.attributes), "data": _data(letter.data)}
        print(json.dumps(shown, indent=2, ensure_ascii=False))
    if not letters:
        print(f"no dead letter {identity}", file=sys.stderr)
    return 0 if letters else 1


def _data(data: bytes) -> Any:
    """The message as JSON where it is JSON, else as text, with what is no text escaped."""
    try:
        return json.loads(data)
    except ValueError:
        return data.decode(errors="backslashreplace")


if __name__ == "__main__":
    run_main(main)
