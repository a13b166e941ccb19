"""The reliability plot: what was forecast against what came, by distance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

EVENTS = (("win", "#c0392b", "o"), ("podium", "#2471a3", "s"), ("points", "#1e8449", "^"))


def reliability_plot(found: dict[str, Any], path: Path) -> None:
    """A panel a distance: share that came by mean forecast of each bin, its size the number of forecasts in it."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    panels = {k: v for k, v in found["calibration"].items() if k != "all"}
    figure, axes = plt.subplots(1, len(panels), figsize=(3.1 * len(panels), 3.4), sharey=True, squeeze=False)
    for axis, (distance, calibration) in zip(axes[0], panels.items(), strict=True):
        axis.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        for event, color, marker in EVENTS:
            bins = [b for b in calibration["bins"][event] if b["n"]]
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
