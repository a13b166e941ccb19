"""The decisions that teams took in a recorded race: every tire stop, and every car's answer to every neutralization.

Each comes with the last lap known when it was taken; nothing here is judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import pandas as pd

from shared.race.vocabulary import Compound, TrackStatus
from shared.scoring.truth import tire_stops

Kind = Literal["stop", "safety car", "VSC"]
MARKS: tuple[tuple[Kind, TrackStatus, str], ...] = (("safety car", TrackStatus.SC, "4"), ("VSC", TrackStatus.VSC, "6"))
"""Neutralizations, and the digit that marks a lap in FastF1's ``TrackStatus``."""


@dataclass(frozen=True, slots=True)
class Neutralization:
    """Laps ``first`` to ``last`` of the race, by the field's own lap counts, under one status."""

    kind: Kind
    status: TrackStatus
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Decision:
    """One car's choice. ``known``: last completed lap when it was taken. ``status``: the track then where that is not
    what the lap's end showed (a safety car that came out on the way to the pits), else None. ``stop``: in-lap of
    the stop chosen, None for staying out; ``compound`` what was fitted, None where that is not recorded."""

    driver_id: str
    kind: Kind
    known: int
    status: TrackStatus | None
    stop: int | None
    compound: Compound | None


def decisions(laps: pd.DataFrame) -> list[Decision]:
    """All decisions of a race from its completed laps (``situations.completed_laps``), in order of lap and driver.

    A stop under a neutralization is the answer to it and not listed again. Lap 1 is never a question: nothing is known
    before it. Changes under a red flag are free and no decisions; a car's last lap but one is the last that is asked.
    """
    stops = tire_stops(laps)
    total = int(laps["total_laps"].iloc[0])
    found: list[Decision] = []
    answered: set[tuple[str, int]] = set()
    for period in neutralizations(laps):
        for driver in sorted(laps.loc[laps["lap"] == period.first, "driver_id"].unique()):
            own = stops[(stops["driver_id"] == driver) & stops["lap"].between(period.first, period.last)]
            if len(own):
                lap, compound = int(own["lap"].iloc[0]), _compound(own["compound"].iloc[0])
                answered.add((driver, lap))
                found.append(Decision(driver, period.kind, lap - 1, period.status, lap, compound))
            else:
                found.append(Decision(driver, period.kind, period.first, period.status, None, None))
    for row in stops.itertuples():
        if (row.driver_id, row.lap) not in answered:
            lap = int(row.lap)
            found.append(Decision(str(row.driver_id), "stop", lap - 1, None, lap, _compound(row.compound)))
    asked = [d for d in found if 1 <= d.known < total - 1]
    return sorted(asked, key=lambda d: (d.known, d.driver_id))


def neutralizations(laps: pd.DataFrame) -> list[Neutralization]:
    """Safety cars and VSCs in order: runs of laps that most of the running cars met under that status. Laps that also
    saw a red flag are left out, and of a VSC those that a safety car took over."""
    digits = laps["status_digits"].fillna("").astype(str)
    share = {mark: digits.str.contains(mark, regex=False).groupby(laps["lap"]).mean() > 0.5 for mark in ("4", "5", "6")}
    found = []
    for kind, status, mark in MARKS:
        under = share[mark] & ~share["5"] & (~share["4"] if mark == "6" else True)
        numbers = sorted(int(lap) for lap in under.index[under])
        for _, run in groupby(enumerate(numbers), key=lambda entry: entry[1] - entry[0]):
            span = [lap for _, lap in run]
            found.append(Neutralization(kind, status, span[0], span[-1]))
    return sorted(found, key=lambda n: n.first)


def _compound(name: object) -> Compound | None:
    return Compound[name] if isinstance(name, str) and name in Compound.__members__ else None
