"""The picture of a review: what every decision gained or lost, along the race, and the sum by car."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tools.reviewing.decisions import Neutralization
from tools.reviewing.summary import by_driver
from tools.reviewing.verdicts import Verdict

COLORS = {
    "as advised": "#7f8c8d",
    "too close to tell": "#b7950b",
    "lost": "#c0392b",
    "gained": "#1e8449",
    "not judged": "#d5d8dc",
}
MARKERS = {"stop": "o", "safety car": "s", "VSC": "^"}
N_NAMED = 8


def review_plot(title: str, verdicts: Sequence[Verdict], periods: Sequence[Neutralization], path: Path) -> None:
    """Two panels: decisions by lap with their intervals, and totals by car."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.lines import Line2D

    totals = by_driver(verdicts)
    height = max(5.0, 0.27 * len(totals) + 1.2)
    figure, (race, cars) = plt.subplots(1, 2, figsize=(13, height), gridspec_kw={"width_ratios": [2.4, 1]})
    for period in periods:
        color = "#f7dc6f" if period.kind == "safety car" else "#fcf3cf"
        race.axvspan(period.first - 0.5, period.last + 0.5, color=color, zorder=0)
    for word, color in COLORS.items():
        for kind, marker in MARKERS.items():
            shown = [v for v in verdicts if v.word == word and v.decision.kind == kind]
            laps, points = [at(v) for v in shown], [v.points for v in shown]
            spread = [[v.points - v.low for v in shown], [v.high - v.points for v in shown]]
            race.errorbar(laps, points, yerr=spread, fmt=marker, color=color, markersize=5, linewidth=0.8, alpha=0.85)
    for verdict in sorted(verdicts, key=lambda v: v.points)[:N_NAMED]:
        if verdict.word == "lost":
            race.annotate(
                verdict.decision.driver_id,
                (at(verdict), verdict.points),
                xytext=(5, -3),
                textcoords="offset points",
                fontsize=8,
            )
    race.axhline(0, color="0.6", linewidth=0.8, zorder=0)
    race.set_xlabel("lap")
    race.set_ylabel("expected points against the advice (90% interval)")
    race.set_title("Every decision", fontsize=10)
    handles = [Line2D([], [], marker="o", linestyle="", color=color, label=word) for word, color in COLORS.items()]
    handles += [Line2D([], [], marker=m, linestyle="", color="0.3", label=kind) for kind, m in MARKERS.items()]
    below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.12), "ncols": len(handles)}
    race.legend(handles=handles, fontsize=7, frameon=False, handletextpad=0.1, columnspacing=1.2, **below)
    names = [total.driver_id for total in totals][::-1]
    values = [total.points for total in totals][::-1]
    errors = [[t.points - t.low for t in totals][::-1], [t.high - t.points for t in totals][::-1]]
    cars.barh(names, values, xerr=errors, color="#5d6d7e", error_kw={"linewidth": 0.8, "ecolor": "0.3"})
    cars.axvline(0, color="0.6", linewidth=0.8)
    cars.set_title("Sum by car", fontsize=10)
    cars.set_xlabel("expected points")
    cars.tick_params(axis="y", labelsize=8)
    figure.suptitle(title, fontsize=12)
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def at(verdict: Verdict) -> float:
    """Lap that the decision is drawn on: that of the stop, or the first of the neutralization."""
    return float(verdict.decision.stop or verdict.decision.known)
