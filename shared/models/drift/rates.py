"""How often things happened in new races, beside how often the models that serve expect them.

Counts vary more than a Poisson process would have them, stops less: the ratio of variance to expectation is measured
on the races trained on, and the band for new races is that of a Poisson count scaled by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import poisson

from shared.models.drift.reference import RETRAIN, WATCH
from shared.models.events import rate_to_the_flag
from shared.models.recorded import RecordedRace, race_status
from shared.race.vocabulary import TrackStatus

EVENTS = ("safety_car", "virtual_safety_car", "red_flag", "retirement", "stop")
_KIND = {"safety_car": ("sc", TrackStatus.SC), "virtual_safety_car": ("vsc", TrackStatus.VSC),
         "red_flag": ("red", TrackStatus.RED)}  # fmt: skip
_SHORT = 3  # laps short of the winner from which a car counts as retired, as in shared.models.events
_LEAST, _MOST = 0.2, 10.0


class Rate(NamedTuple):
    """``expected`` and ``observed``: mean number a race; low, high: 90% band of that mean; ``verdict`` as elsewhere."""

    name: str
    expected: float
    observed: float
    low: float
    high: float
    verdict: str


def observed(race: RecordedRace) -> dict[str, float]:
    """How often each thing happened in one race."""
    status = race_status(race)
    out = {
        name: float(sum(1 for j in range(len(status)) if status[j] == code and (j == 0 or status[j - 1] != code)))
        for name, (_, code) in _KIND.items()
    }
    out["retirement"] = float((race.last < race.laps_run - _SHORT).sum())
    out["stop"] = float(race.grid.pit_in.sum())
    return out


def expected(tables: Mapping[str, Any], race: RecordedRace) -> dict[str, float]:
    """How often the tables of a bundle have each thing happen in such a race."""
    events = tables["events"]
    rates = events["circuits"].get(race.circuit_id, {})
    out = {}
    for name, (kind, _) in _KIND.items():
        first = events["all"]["sc_first_lap"] if kind == "sc" else 0.0
        out[name] = float(rates.get(kind, events["all"][kind]["rate"]) * race.laps_run + first)
    retire = events["retire"]
    running = float(race.grid.ran.sum())
    out["retirement"] = rate_to_the_flag(retire, 0.0) * running + retire["first_lap"] * len(race.drivers)
    usual = (tables.get("stops") or {}).get("usual_stops") or {"all": 1.7, "circuits": {}}
    out["stop"] = float(usual["circuits"].get(race.circuit_id, usual["all"])) * len(race.drivers)
    return out


def dispersion(tables: Mapping[str, Any], races: Sequence[RecordedRace]) -> dict[str, float]:
    """Mean of (observed - expected)^2 / expected by event over the races trained on: 1 for Poisson counts."""
    out = {}
    pairs = [(observed(race), expected(tables, race)) for race in races]
    for name in EVENTS:
        ratio = [(seen[name] - told[name]) ** 2 / max(told[name], 1e-6) for seen, told in pairs]
        out[name] = round(float(np.clip(np.mean(ratio) if ratio else 1.0, _LEAST, _MOST)), 4)
    return out


def rates(tables: Mapping[str, Any], spread: Mapping[str, float], races: Sequence[RecordedRace]) -> list[Rate]:
    """Every event over ``races``. The limits of a verdict are shared among the events, so that five of them do not
    make five times the alarms."""
    seen, told = [observed(race) for race in races], [expected(tables, race) for race in races]
    out = []
    for name in EVENTS if races else ():
        mean, came, phi = sum(each[name] for each in told), sum(each[name] for each in seen), spread.get(name, 1.0)

        def band(level: float, mean: float = mean, phi: float = phi) -> tuple[float, float]:
            low, high = poisson.ppf([(1 - level) / 2, (1 + level) / 2], mean / phi)
            return float(low * phi), float(high * phi)

        verdict = "fine"
        for name_of, level in (("watch", WATCH), ("retrain", RETRAIN)):
            low, high = band(1 - (1 - level) / len(EVENTS))
            verdict = name_of if came < low or came > high else verdict
        low, high = band(0.9)
        n = len(races)
        mean, came, low, high = (round(value / n, 4) for value in (mean, came, low, high))
        out.append(Rate(name, mean, came, low, high, verdict))
    return out
