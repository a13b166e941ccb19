"""The reliability plots: what was forecast against what came, by distance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

EVENTS = (("win", "#c0392b", "o"), ("podium", "#2471a3", "s"), ("points", "#1e8449", "^"))


STOPS = (("no further stop", "#6c3483", "o"), ("retires", "#b9770e", "s"))


def reliability_plot(found: dict[str, Any], path: Path) -> None:
    """Win, podium and points: a panel a distance."""
    _plot({k: v["bins"] for k, v in found["calibration"].items() if k != "all"}, EVENTS, path)


def stops_plot(found: dict[str, Any], path: Path) -> None:
    """No further stop, and retiring: a panel a distance."""
    _plot(found["reliability"], STOPS, path)


def _plot(panels: dict[str, Any], events: Sequence[tuple[str, str, str]], path: Path) -> None:
    """Share that came by mean forecast of each bin, its size the number of forecasts in it."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, len(panels), figsize=(3.1 * len(panels), 3.4), sharey=True, squeeze=False)
    for axis, (distance, by) in zip(axes[0], panels.items(), strict=True):
        axis.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        for event, color, marker in events:
            bins = [b for b in by[event] if b["n"]]
            sizes = [6 + 60 * b["n"] / sum(x["n"] for x in bins) for b in bins]
            x, y = [b["forecast"] for b in bins], [b["came"] for b in bins]
            axis.plot(x, y, color=color, linewidth=0.8, alpha=0.6)
            axis.scatter(x, y, s=sizes, color=color, marker=marker, label=event)
        axis.set_title("lap 1" if distance == "0" else f"{float(distance):.0%} of the distance", fontsize=9)
        axis.set_xlabel("forecast", fontsize=8)
        axis.tick_params(labelsize=7)
    axes[0][0].set_ylabel("came", fontsize=8)
    axes[0][0].legend(fontsize=7, frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=80, metadata={"Software": None})
    plt.close(figure)
