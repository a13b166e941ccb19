"""How often things happen: safety cars, VSCs, red flags and retirements, by circuit and season, shrunk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from shared.models.grid import FloatArray
from shared.models.recorded import RecordedRace, race_status
from shared.race.vocabulary import TrackStatus

_PRIOR_LAPS = 400.0  # a circuit's own rate counts as much as the sport's after this many laps
_FIFTHS = 5
_HALF_LIFE = 2.0  # seasons: retirements fell from 18.6% of cars in 2018 to 10.0% in 2024, and race control, which
# stopped one race in 20 after its first lap from 2000 to 2019, stopped one in 6 from 2020 to 2024


def _starts(status: Any, kind: int) -> list[int]:
    """Laps (from 1) on which a run of ``kind`` begins."""
    is_kind = status == kind
    return [j + 1 for j in range(len(status)) if is_kind[j] and (j == 0 or not is_kind[j - 1])]


def fit_events(races: Sequence[RecordedRace]) -> dict[str, Any]:
    """Rates by lap with their standard errors: {"all": {...}, "circuits": {id: {"sc", "vsc"}}, "retire": {...}}."""
    counts: dict[str, list[tuple[str, int, int]]] = {}
    lengths: dict[str, list[int]] = {"sc": [], "vsc": []}
    first_lap = 0
    for race in races:
        status = race_status(race)
        found = {"sc": _starts(status, TrackStatus.SC), "vsc": _starts(status, TrackStatus.VSC),
                 "red": _starts(status, TrackStatus.RED)}  # fmt: skip
        first_lap += int(any(lap == 1 for lap in found["sc"]))
        for kind, laps in found.items():
            counts.setdefault(kind, []).append((race.circuit_id, sum(lap > 1 for lap in laps), race.laps_run))
        for kind, code in (("sc", TrackStatus.SC), ("vsc", TrackStatus.VSC)):
            for start in found[kind]:
                end = start
                while end < len(status) and status[end] == code:
                    end += 1
                lengths[kind].append(end - start + 1)
    n = max(len(races), 1)
    newest = max((race.season for race in races), default=0)
    recent = np.array([0.5 ** ((newest - race.season) / _HALF_LIFE) for race in races])
    everywhere: dict[str, Any] = {"races": len(races), "sc_first_lap": round((first_lap + 1) / (n + 5), 4)}
    circuits: dict[str, dict[str, float]] = {}
    for kind, rows in counts.items():
        total, run_laps = sum(k for _, k, _ in rows), sum(w for _, _, w in rows)
        weight = recent if kind == "red" else np.ones(len(rows))
        counted, run = (float(weight @ [row[column] for row in rows]) for column in (1, 2))
        rate = (counted + 0.5) / (run + 50.0)
        everywhere[kind] = {"rate": round(rate, 6), "sd": round(float(np.sqrt(total + 1) / max(run_laps, 1)), 6)}
        for circuit in {c for c, _, _ in rows}:
            here = sum(x for c, x, _ in rows if c == circuit)
            raced = sum(x for c, _, x in rows if c == circuit)
            circuits.setdefault(circuit, {})[kind] = round((here + rate * _PRIOR_LAPS) / (raced + _PRIOR_LAPS), 6)
    everywhere["sc_laps"] = round(float(np.mean(lengths["sc"])) if lengths["sc"] else 4.0, 2)
    everywhere["vsc_laps"] = round(float(np.mean(lengths["vsc"])) if lengths["vsc"] else 2.0, 2)
    return {"all": everywhere, "circuits": dict(sorted(circuits.items())), "retire": _retirements(races)}


def _retirements(races: Sequence[RecordedRace]) -> dict[str, Any]:
    """Rate per car and lap, its shape over the quarters of a race, and the share that does no more than lap 1, recent
    seasons weighing more. A car more than three laps short of the winner has retired."""
    if not races:
        return {"rate": 0.0015, "shape": [1.0] * 4, "by_place": [1.0] * _FIFTHS, "first_lap": 0.015, "n": 0}
    newest = max(race.season for race in races)
    lost = early = exposure = starts = 0.0
    by_quarter, laps_in_quarter = np.zeros(4), np.zeros(4)
    for race in races:
        weight = 0.5 ** ((newest - race.season) / _HALF_LIFE)
        out = race.last < race.laps_run - 3
        lost += weight * float((out & (race.last > 1)).sum())
        early += weight * float((out & (race.last <= 1)).sum())
        exposure += weight * float(race.last.sum())
        starts += weight * len(race.drivers)
        quarter = np.minimum(4 * race.last // race.laps_run, 3)
        by_quarter += np.bincount(quarter[out & (race.last > 1)], minlength=4)
        laps_in_quarter += np.histogram(race.last, bins=np.arange(1, race.laps_run + 2))[0][::-1].cumsum()[::-1][
            : 4 * (race.laps_run // 4)].reshape(4, -1).sum(axis=1)  # fmt: skip
    shape = (by_quarter + 5.0) / (laps_in_quarter + 5.0 / max(lost / exposure, 1e-6))
    return {
        "rate": round(lost / exposure, 6),
        "shape": [round(float(s), 4) for s in shape / shape.mean()],
        "by_place": _by_place(races),
        "first_lap": round(early / starts, 5),
        "n": len(races),
    }


def _by_place(races: Sequence[RecordedRace]) -> list[float]:
    """Rate relative to the mean by fifth of the field, leaders first: those at the back are slow because something is
    wrong already, or drive what breaks (2018-2024: from 0.5 to 1.8). Counted every fifth lap, lightly shrunk."""
    lost, cars = np.zeros(_FIFTHS), np.zeros(_FIFTHS)
    for race in races:
        out = race.last < race.laps_run - 3
        for lap in range(_FIFTHS, race.laps_run - 4, _FIFTHS):
            on = race.on_track(lap)
            fifth = np.minimum((race.position[on, lap - 1] - 1) * _FIFTHS // max(on.sum(), 1), _FIFTHS - 1)
            lost += np.bincount(fifth[out[on] & (race.last[on] < lap + _FIFTHS)], minlength=_FIFTHS)
            cars += np.bincount(fifth, minlength=_FIFTHS)
    mean = max(float(lost.sum() / max(cars.sum(), 1)), 1e-9)
    return [round(float(f), 3) for f in (lost + 4.0) / (cars * mean + 4.0)]


def place_factors(retire: dict[str, Any], cars: int) -> FloatArray:
    """f64[C]: each car's rate of retirement relative to the mean, by the place it holds."""
    share = (np.arange(cars) + 0.5) / max(cars, 1)
    return np.interp(share, (np.arange(_FIFTHS) + 0.5) / _FIFTHS, np.asarray(retire["by_place"], float))


def rate_to_the_flag(retire: dict[str, Any], share: float) -> float:
    """Mean rate per lap from a share of the distance to the flag: retirements come unevenly over a race's quarters."""
    edges = np.clip((np.arange(5) / 4.0), share, 1.0)
    weight = np.diff(edges)
    shape = np.asarray(retire["shape"])
    return float(retire["rate"] * (weight @ shape) / weight.sum()) if weight.sum() > 0 else float(retire["rate"])
