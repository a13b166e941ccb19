"""The importance plot of a card, as a PNG. Needs matplotlib, which only training and the tools have."""

from __future__ import annotations

import io

from shared.models.cards.card import Card


def importance_plot(card: Card) -> bytes:
    """PNG of the features that matter most: bars, the longest on top. The same card gives the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawn = card.drawn()[::-1]
    figure = Figure(figsize=(5.6, 0.6 + 0.22 * len(drawn)), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.add_subplot()
    axis.barh([name.replace("_", " ") for name, _ in drawn], [value for _, value in drawn], color="#31688e", height=0.7)
    axis.axvline(0.0, color="0.5", linewidth=0.8)
    axis.set_title(card.name.replace("_", " "), fontsize=9, loc="left")
    axis.tick_params(labelsize=7)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=90, metadata={"Software": None})
    return content.getvalue()
