"""Cards as Markdown: one by itself in a bundle, all together in the documentation."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import fill

from shared.models.cards.card import Card
from shared.models.cards.scores import Score

_WIDTH = 120


def card_page(card: Card, level: int = 1, plots: str = "") -> str:
    """One card. ``level``: of its heading; ``plots``: folder of the plots, as seen from the page."""
    head, sub = "#" * level, "#" * (level + 1)
    parts = [f"{head} {card.name.replace('_', ' ').capitalize()}", _wrapped(card.purpose)]
    truth = f"**Truth:** {card.truth}."
    if card.physics_target:
        truth += " There is no public record of it: the target is computed by a physical rule."
    data = f"**Data:** {card.data}" + ("." if card.until is None else f", until {card.until}.")
    if card.synthetic:
        data += " The races are simulated: the figures say nothing of real ones."
    lines = [f"**Kind:** {card.kind}.", truth, data]
    if card.serves != "model":
        lines.append(f"**It does not serve:** {card.serves}, which it did not beat on races held out.")
    parts += ["\n".join(f"* {_wrapped(line, '  ')}" for line in lines)]
    if card.metrics:
        parts += [f"{sub} Figures", _metrics(card.metrics)]
    if card.features:
        parts += [f"{sub} Features", _features(card)]
        if card.plot is not None:
            parts += [_wrapped(f"Importance: {card.importance_of}."), f"![{card.name}: importance]({plots}{card.plot})"]
    if card.limits:
        parts += [f"{sub} Limits", "\n".join(f"* {_wrapped(limit, '  ')}" for limit in card.limits)]
    if card.sources:
        parts += [_wrapped("Sources: " + "; ".join(card.sources) + ".")]
    return "\n\n".join(parts) + "\n"


def cards_page(cards: Iterable[Card], introduction: str, plots: str) -> str:
    """All cards on one page, after an introduction."""
    return "\n".join([introduction.rstrip() + "\n", *(card_page(card, 2, plots) for card in cards)])


def _wrapped(text: str, indent: str = "") -> str:
    return fill(text, _WIDTH - len(indent), subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _metrics(scores: Iterable[Score]) -> str:
    rows = ["| figure | value | 90% interval | baseline | n |", "|---|---|---|---|---|"]
    for score in scores:
        unit = f" ({score.unit})" if score.unit else ""
        interval = "" if score.low is None or score.high is None else f"{_number(score.low)} to {_number(score.high)}"
        baseline = "" if score.baseline is None else f"{_number(score.baseline)} ({_words(score.baseline_name)})"
        n = "" if score.n is None else f"{score.n:,}"
        rows.append(f"| {score.name}{unit} | {_number(score.value)} | {interval} | {baseline} | {n} |")
    return "\n".join(rows)


def _features(card: Card) -> str:
    """Features by when they are known: a row a moment, the most important first."""
    by_moment: dict[str, list[str]] = {}
    for feature in sorted(card.features, key=lambda f: -(f.importance or 0.0)):
        by_moment.setdefault(feature.known_when, []).append(feature.name)
    rows = ["| known when | features |", "|---|---|"]
    return "\n".join([*rows, *(f"| {when} | {', '.join(names)} |" for when, names in by_moment.items())])


def _number(value: float) -> str:
    return f"{value:.4g}"


def _words(name: str | None) -> str:
    return (name or "").replace("_", " ")
