"""The tables of a scorecard: Markdown that reads as plain text too. Each takes all figures and shows its own part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shared.scoring.scores import MODEL, TABLE
from tools.scoring.ablation import WHOLE
from tools.scoring.probes.regret import ADVISED, RULE, TEAM

Figures = Mapping[str, Any]


def goals(found: Figures) -> str:
    """Each goal, what was reached, and whether it is met."""
    lines = [[g["measure"], g["goal"], g["reached"], "yes" if g["met"] else "no"] for g in found["goals"]]
    return markdown(["measure", "goal", "here", "met"], lines)


def places(found: Figures) -> str:
    """Every measure of the forecast of places beside its baselines, by distance."""
    header = ["distance", "forecast", "RPS", "CRPS", "Spearman", "winner", "podium", "Brier win", "Brier podium",
              "Brier points", "calibration", "RPS finishers", "RPS retired"]  # fmt: skip
    lines = []
    for distance, by in found["places"].items():
        for name, m in by.items():
            cal = found["calibration"][distance].get(name)
            lines.append(
                [share_name(distance), name, f"{m['rps']:.4f}", f"{m['crps']:.2f}", f"{m['spearman']:.3f}",
                 f"{m['winner']:.2f}", f"{m['podium']:.2f}", f"{m['brier_win']:.4f}", f"{m['brier_podium']:.4f}",
                 f"{m['brier_points']:.4f}", "" if cal is None else f"{cal:.4f}", f"{m['rps_finishers']:.4f}",
                 f"{m['rps_retired']:.4f}"]
            )  # fmt: skip
    return markdown(header, lines)


def gains(found: Figures) -> str:
    """What the forecast of places gains on the table, measure by measure, with intervals over races."""
    names = ("rps", "crps", "spearman", "winner", "podium", "brier_win", "brier_podium", "brier_points")
    header = ["distance", "RPS", "CRPS", "Spearman", "winner", "podium", "Brier win", "Brier podium", "Brier points"]
    lines = [
        [share_name(d), *(between(by[name], 4 if name.startswith(("rps", "brier")) else 3) for name in names)]
        for d, by in found["gains"].items()
    ]
    return markdown(header, lines)


def splits(found: Figures) -> str:
    """Skill over the table by distance, and by kind of race and season."""
    header = ["races", "n", "RPS", "table", "skill", "90% interval", "winner", "table", "Brier podium", "table",
              "Spearman", "table"]  # fmt: skip
    lines = []
    for key, s in found["skill"].items():
        interval = f"{s['low']:+.1%} to {s['high']:+.1%}"
        lines.append([f"all, {share_name(key)}", str(s["races"]), "", "", f"{s['value']:+.1%}", interval, *[""] * 6])
    for name, part in found["splits"].items():
        s = part["skill"]
        pairs = [part[m][who] for m in ("winner", "brier_podium", "spearman") for who in (MODEL, TABLE)]
        lines.append(
            [name, str(s["races"]), f"{part['rps'][MODEL]:.4f}", f"{part['rps'][TABLE]:.4f}", f"{s['value']:+.1%}",
             f"{s['low']:+.1%} to {s['high']:+.1%}", *(f"{x:.2f}" for x in pairs[:2]),
             *(f"{x:.4f}" for x in pairs[2:4]), *(f"{x:.3f}" for x in pairs[4:])]
        )  # fmt: skip
    return markdown(header, lines)


def stops(found: Figures) -> str:
    """The next stop, by distance."""
    header = ["distance", "green stops", "exact", "within 1", "within 2", "baseline", "gained (90%)", "MAE of median",
              "baseline", "gained (90%)", "bias", "80% interval covers", "compound"]  # fmt: skip
    lines = [
        [share_name(d), f"{m['stops']:.0f}", f"{m['exact']:.2f}", f"{m['within_1']:.2f}", f"{m['within_2']:.3f}",
         f"{m['within_2_usual']:.3f}", between(g["within_2"], 3), f"{m['mae_median']:.2f}", f"{m['mae_usual']:.2f}",
         between(g["mae"], 2), f"{m['bias_median']:+.2f}", f"{m['coverage_80']:.3f}", f"{m['compound']:.2f}"]
        for d, m in found["stops"].items()
        for g in (found["stop_gains"][d],)
    ]  # fmt: skip
    return markdown(header, lines)


def chances(found: Figures) -> str:
    """Chances of no further stop and of retiring, by distance."""
    header = ["distance", "no further stop: Brier", "climatology", "gained (90%)", "came / expected",
              "retires: Brier", "climatology", "came / expected"]  # fmt: skip
    lines = [
        [share_name(d), f"{m['none_brier']:.4f}", f"{m['none_climatology']:.4f}",
         between(found["stop_gains"][d]["none"], 4), f"{m['none_share']:.3f} / {m['none_expected']:.3f}",
         f"{m['dnf_brier']:.4f}", f"{m['dnf_share'] * (1 - m['dnf_share']):.4f}",
         f"{m['dnf_share']:.3f} / {m['dnf_expected']:.3f}"]
        for d, m in found["stops"].items()
    ]  # fmt: skip
    return markdown(header, lines)


def stop_splits(found: Figures) -> str:
    """The next stop by kind of race and season, asked at a quarter and half of the distance."""
    header = ["races", "green stops", "exact", "within 1", "within 2", "baseline", "MAE of median", "baseline", "bias",
              "80% interval covers", "no further stop: Brier", "climatology"]  # fmt: skip
    lines = [
        [name, f"{m['stops']:.0f}", f"{m['exact']:.2f}", f"{m['within_1']:.2f}", f"{m['within_2']:.3f}",
         f"{m['within_2_usual']:.3f}", f"{m['mae_median']:.2f}", f"{m['mae_usual']:.2f}", f"{m['bias_median']:+.2f}",
         f"{m['coverage_80']:.3f}", f"{m['none_brier']:.4f}", f"{m['none_climatology']:.4f}"]
        for name, m in found["stop_splits"].items()
    ]  # fmt: skip
    return markdown(header, lines)


def approach(found: Figures) -> str:
    """The next stop asked a few laps before every real one."""
    header = ["asked", "green stops", "exact", "within 1", "within 2", "baseline", "MAE of median", "baseline", "bias",
              "80% interval covers", "compound"]  # fmt: skip
    lines = [
        [f"{ahead} laps before", str(m["stops"]), f"{m['exact']:.2f}", f"{m['within_1']:.2f}", f"{m['within_2']:.3f}",
         f"{m['usual_within_2']:.3f}", f"{m['mae_median']:.2f}", f"{m['mae_usual']:.2f}", f"{m['bias_median']:+.2f}",
         f"{m['coverage_80']:.3f}", f"{m['compound']:.2f}"]
        for ahead, m in found["approach"].items()
    ]  # fmt: skip
    return markdown(header, lines)


def rejoin(found: Figures) -> str:
    """Place after the stop, over real stops."""
    header = ["stops", "n", "exact", "naive", "gained (90%)", "within 1", "naive", "gained (90%)", "mean error",
              "naive", "bias", "80% interval covers", "rivals' stops known: exact", "within 1"]  # fmt: skip
    lines = [
        [name, str(m["stops"]), f"{m['exact']:.3f}", f"{m['naive_exact']:.3f}", between(m["gain_exact"], 3),
         f"{m['within_1']:.3f}", f"{m['naive_within_1']:.3f}", between(m["gain_within_1"], 3), f"{m['error']:.2f}",
         f"{m['naive_error']:.2f}", f"{m['bias']:+.2f}", f"{m['coverage_80']:.2f}", f"{m['given_exact']:.3f}",
         f"{m['given_within_1']:.3f}"]
        for name, m in found["rejoin"].items()
    ]  # fmt: skip
    return markdown(header, lines)


def calls(found: Figures) -> str:
    """What the advised plan came to in the race as it was, beside the team's and a rule of thumb."""
    header = ["questions", "n", "same call as the team", "points on the team (90%)", "s on the team (90%)",
              "points on the rule (90%)", "s on the rule (90%)", "regret: advised", "team", "rule"]  # fmt: skip
    lines = []
    for name, m in found["calls"].items():
        regret = [_lacks(m["regret"][who]) for who in (ADVISED, TEAM, RULE)]
        lines.append(
            [name, str(m["questions"]), f"{m['same_call']:.2f}", between(m[TEAM]["points"], 2),
             between(m[TEAM]["seconds"], 1), between(m[RULE]["points"], 2), between(m[RULE]["seconds"], 1), *regret]
        )  # fmt: skip
    return markdown(header, lines)


def _lacks(regret: Mapping[str, float]) -> str:
    return f"{regret['seconds']:.1f} s, {regret['points']:.2f} points"


def rates(found: Figures) -> str:
    """Events a race, simulated and real."""
    lines = []
    for event, by in found["rates"].items():
        whole = by["all"]
        seasons = [f"{by[y]['told']:.2f} / {by[y]['came']:.2f}" for y in _seasons(by)]
        kinds = [f"{by[k]['told']:.2f} / {by[k]['came']:.2f}" if k in by else "" for k in ("dry", "wet")]
        lines.append([event, f"{whole['told']:.3f}", f"{whole['came']:.3f}", f"{whole['z']:+.1f}", *kinds, *seasons])
    header = ["a race", "simulated", "real", "z", "dry", "wet"]
    first = next(iter(found["rates"].values()))
    return markdown([*header, *_seasons(first)], lines)


def _seasons(by: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in by if name.isdigit())


def replay(found: Figures) -> str:
    """The physics with the events given."""
    header = ["from", "pace", "races", "n", "Spearman", "CRPS", "error of the order"]
    lines = [
        [f"{start}", pace, name, str(m["races"]), f"{m['spearman']:.3f}", f"{m['crps']:.2f}", f"{m['error']:.2f}"]
        for start, by_pace in found["replay"].items()
        for pace, parts in by_pace.items()
        for name, m in parts.items()
    ]
    return markdown(header, lines)


def ablation(found: Figures) -> str:
    """What each part is worth."""
    whole = found["ablation"][WHOLE]
    header = ["taken out", "RPS worse by", "90% interval", "in wet races", "within 2 laps", "MAE of median",
              "Brier none"]  # fmt: skip
    lines = [
        [f"nothing (RPS {whole['rps']:.4f})", "", "", "", f"{whole['within_2']:.3f}", f"{whole['mae_median']:.2f}",
         f"{whole['none_brier']:.4f}"]
    ]  # fmt: skip
    parts = [(name, m) for name, m in found["ablation"].items() if name != WHOLE]
    for name, m in sorted(parts, key=lambda item: -item[1]["rps"]):
        interval = f"{m['low']:+.4f} to {m['high']:+.4f}"
        lines.append(
            [name, f"{m['rps']:+.4f}", interval, f"{m['rps_wet']:+.4f}", f"{m['within_2']:+.3f}",
             f"{m['mae_median']:+.2f}", f"{m['none_brier']:+.4f}"]
        )  # fmt: skip
    return markdown(header, lines)


def between(interval: Mapping[str, float], digits: int) -> str:
    """A value and its interval."""
    value, low, high = (f"{interval[name]:+.{digits}f}" for name in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def share_name(distance: str) -> str:
    """How a key of distances reads."""
    return {"0": "lap 1", "all": "25, 50, 75%"}.get(distance) or f"{float(distance):.0%}"


def markdown(header: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A table whose columns line up."""
    widths = [max(len(str(row[i])) for row in [header, *lines]) for i in range(len(header))]
    rule = ["-" * w for w in widths]
    return "\n".join(
        "| " + " | ".join(str(cell).ljust(w) for cell, w in zip(row, widths, strict=True)) + " |"
        for row in [header, rule, *lines]
    )


SECTIONS = {
    "places": places, "gains": gains, "splits": splits, "stops": stops, "chances": chances, "stop_splits": stop_splits,
    "approach": approach, "rejoin": rejoin, "calls": calls, "rates": rates, "replay": replay, "ablation": ablation,
}  # fmt: skip
"""By the figures that each one needs; ``chances`` needs those of ``stops``."""


def tables(found: Figures) -> dict[str, str]:
    """Every table whose figures are there, by name."""
    have = set(found) | ({"chances"} if "stops" in found else set())
    return {name: show(found) for name, show in SECTIONS.items() if name in have and found.get(name, True)}


def printable(found: Figures) -> str:
    """All tables one below the other."""
    shown = [f"{name.replace('_', ' ')}:\n{text}" for name, text in tables(found).items()]
    return "\n\n".join([*shown, *([goals(found)] if found.get("goals") else [])])
