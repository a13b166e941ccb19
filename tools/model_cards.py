"""Writes ``docs/models.md`` and the plots in ``docs/models/`` from the cards of the bundle that ships; ``--check`` says
whether they are current.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from shared.config import ROOT
from shared.models.bundle import CARDS, SHIPPED, Bundle
from shared.models.cards.card import Card
from shared.models.cards.page import cards_page

PAGE = ROOT / "docs" / "models.md"
PLOTS = ROOT / "docs" / "models"

_HEAD = """# Models

Made from the cards of the bundle that ships (version {version}, {races} races until {until}) by
`python -m tools.model_cards`; `make lint` checks that it is current. A card is written when the model is trained and
lies in the bundle as `cards/<model>.json` and `.md`, its importance plot beside it. How good the forecasts of whole
races are says [the scorecard](scorecard.md), how the graphs are written and run [the page on
TensorFlow Lite](tflite.md).

An interval holds 90%: whole races (for profiles drivers) are drawn with replacement, or it is the standard error of an
estimate. A baseline was scored on the same rows. Importance is measured by shuffling one feature at a time among rows
that the model has not seen; features that tell the same thing share it out between them.

| model | kind | served by |
|---|---|---|
"""


def pages(bundle: Bundle) -> dict[Path, bytes]:
    """Contents by path: the page and its plots. Raises ValueError for a bundle without cards."""
    if not bundle.cards:
        raise ValueError(f"bundle {bundle.version} has no cards: train it anew")
    order = [str(report["name"]) for report in bundle.manifest["models"]]
    cards = [Card.model_validate(bundle.cards[name]) for name in order if name in bundle.cards]
    data = bundle.manifest["data"]
    head = _HEAD.format(version=bundle.version, races=data["races"], until=data["until"])
    for card in cards:
        anchor = card.name.replace("_", "-")
        lite = card.name in bundle.evaluators and card.serves == "model"
        by = "TensorFlow Lite" if lite else "tables"
        head += f"| [{card.name.replace('_', ' ')}](#{anchor}) | {card.kind} | {by} |\n"
    made = {PAGE: cards_page(cards, head, "models/").encode()}
    for card in cards:
        if card.plot is not None:
            made[PLOTS / card.plot] = (bundle.folder / CARDS / card.plot).read_bytes()
    return made


def stale(made: dict[Path, bytes]) -> list[str]:
    """What on disk is not what the bundle gives, one sentence each."""
    wrong = [path for path, content in made.items() if not path.is_file() or path.read_bytes() != content]
    folder = next(iter(made)).with_suffix("")
    extra = [path for path in sorted(folder.glob("*.png")) if path not in made]
    return [f"{path.name} is not that of the bundle that ships" for path in wrong] + [
        f"{path.name} belongs to no card" for path in extra
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; answers 1 when ``--check`` finds something stale."""
    parser = argparse.ArgumentParser(prog="python -m tools.model_cards", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say what is not current")
    chosen = parser.parse_args(arguments)
    made = pages(Bundle.load(SHIPPED))
    if chosen.check:
        wrong = stale(made)
        for line in wrong:
            print(f"{line}; run python -m tools.model_cards", file=sys.stderr)
        return 1 if wrong else 0
    PLOTS.mkdir(exist_ok=True)
    for path in PLOTS.glob("*.png"):
        path.unlink()
    for path, content in made.items():
        path.write_bytes(content)
    print(f"{PAGE.relative_to(ROOT)}: {len(made) - 1} plots beside it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
