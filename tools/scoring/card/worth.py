"""What a scorecard means for a strategist, in sentences made of its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shared.scoring.scores import MODEL, TABLE
from tools.scoring.ablation import WHOLE
from tools.scoring.probes.regret import TEAM
from tools.scoring.probes.rejoin import GREEN
from tools.scoring.probes.replay import GRID, KNOWN, OWN

Figures = Mapping[str, Any]


def sentences(found: Figures) -> list[str]:
    """One for each part whose figures are there."""
    return [*_places(found), *_chances(found), *_stops(found), *_rejoin(found), *_calls(found), *_limits(found)]


def _places(found: Figures) -> Iterator[str]:
    half, skill = found.get("places", {}).get("0.5"), found.get("skill", {}).get("all")
    if half and skill:
        mine, table = half[MODEL], half[TABLE]
        yield (
            f"**Places.** At half distance it names the winner in {mine['winner']:.0%} of races (a table of past "
            f"finishes "
            f"by place: {table['winner']:.0%}) and misses a car's place by {mine['crps']:.1f} in the probabilistic "
            f"sense "
            f"(table {table['crps']:.1f}). Over the race it takes {skill['value']:.0%} off the table's error, and "
            f"between "
            f"{skill['low']:.0%} and {skill['high']:.0%} can be relied upon."
        )


def _chances(found: Figures) -> Iterator[str]:
    half = found.get("calibration", {}).get("0.5")
    if half:
        kept = (
            "can be taken at their word" if half[MODEL] <= half["perfect_95"] else "are off by more than chance allows"
        )
        yield (
            f"**Odds** {kept}: the win, podium and points probabilities given at half distance differ from what came "
            f"by "
            f"{half[MODEL]:.1%} on average; a perfect forecaster's would by {half['perfect']:.1%}."
        )


def _stops(found: Figures) -> Iterator[str]:
    half = found.get("stops", {}).get("0.5")
    if half:
        yield (
            f"**Rivals' stops.** Asked at half distance, {half['within_2']:.0%} of the next green-flag stops fall "
            f"within two "
            f"laps of the best guess (a rule by stint length: {half['within_2_usual']:.0%}), and its 80% interval "
            f"holds "
            f"{half['coverage_80']:.0%}. Plan on the interval, not on the lap."
        )
    near = found.get("approach", {}).get("3")
    if near:
        share = f"{near['within_2']:.0%}"
        yield f"Three laps before a stop the lap is told within two for {share} of the cars that make one."


def _rejoin(found: Figures) -> Iterator[str]:
    green = found.get("rejoin", {}).get(GREEN)
    if green:
        yield (
            f"**Rejoin.** Asked a lap before the stop, the place after it is exact for {green['exact']:.0%} of "
            f"{green['stops']} real green-flag stops and within one for {green['within_1']:.0%}; gap less pit loss "
            f"alone gets {green['naive_exact']:.0%} and {green['naive_within_1']:.0%}. If it were known which rivals "
            f"stop as well, it would be {green['given_exact']:.0%} and {green['given_within_1']:.0%}."
        )


def _calls(found: Figures) -> Iterator[str]:
    calls = found.get("calls", {})
    quiet = calls.get("nothing but green after")
    if quiet:
        gain = quiet[TEAM]["seconds"]
        told = (
            "not to be told from" if gain["low"] <= 0 <= gain["high"] else ("ahead of" if gain["low"] > 0 else "behind")
        )
        yield (
            f"**The call.** Driven through the race as it came, where it stayed green, the plan advised is {told} the "
            f"team's own: "
            f"{gain['value']:+.1f} s ({gain['low']:+.1f} to {gain['high']:+.1f}) by the simulation's reckoning. A "
            f"plan made before a "
            "safety car must be asked for anew when it comes out."
        )


def _limits(found: Figures) -> Iterator[str]:
    weak = [
        f"{name} ({part['skill']['value']:+.0%})"
        for name, part in found.get("splits", {}).items()
        if not name.isdigit() and part["skill"]["low"] <= 0.05
    ]
    if weak:
        yield f"**Least sure** against the table: {', '.join(weak)}."
    unmet = [goal["measure"] for goal in found.get("goals", ()) if not goal["met"]]
    if unmet:
        yield f"{len(unmet)} of {len(found['goals'])} goals are not met; the table below says by how much."


def physics(found: Figures) -> str:
    """What the replay says of where the error comes from."""
    grid = found.get("replay", {}).get(GRID, {})
    if not (grid.get(OWN) and grid.get(KNOWN)):
        return ""
    own, known = grid[OWN]["all"], grid[KNOWN]["all"]
    return (
        f"With stops, safety cars, weather and retirements given, and each car's pace as the race showed it, the "
        f"order of the "
        f"finishers comes out with a Spearman correlation of {own['spearman']:.3f} and a CRPS of {own['crps']:.2f} "
        f"places over "
        f"{own['races']} races (TUM's race simulation, in sample as well: .849 and 1.41). With pace as it was known "
        f"before the "
        f"start it is {known['spearman']:.3f} and {known['crps']:.2f}: the difference is what is not known of pace."
    )


def parts(found: Figures) -> str:
    """Which parts the forecast rests on most."""
    rows = [(name, m) for name, m in found.get("ablation", {}).items() if name != WHOLE]
    sure = sorted((row for row in rows if row[1]["low"] > 0), key=lambda row: -row[1]["rps"])
    idle = [name for name, m in rows if m["low"] <= 0 <= m["high"]]
    harm = [name for name, m in rows if m["high"] < 0]
    if not rows:
        return ""
    text = "Worth most to the forecast of places: " + "; ".join(f"{n} ({m['rps']:+.4f})" for n, m in sure[:5]) + "."
    if idle:
        text += f" No effect on places can be told of: {'; '.join(idle)}."
    if harm:
        text += f" Places are forecast better without: {'; '.join(harm)}."
    return text
