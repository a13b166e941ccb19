"""The field that is filled in when a request gives only the car asked about: what is typical at that circuit.

Reads ``bundle.tables["typical_field"]``, made by ``shared.models.typical_field.typical_field(frames.laps)``:

``gap_by_place`` [bins][places] seconds to the leader, bin b for laps in (b / bins, (b + 1) / bins] of the distance;
``bunched_gap_by_place`` [places] behind a safety car; ``circuit_gap_scale`` {circuit_id: factor};
``tires`` [bins][{"compound", "pit_stops", "age" (share of the distance), "share"}];
``drivers`` {season: [[driver_id, team], ...]} fastest first.

Nothing here is random: the same request gets the same field.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from shared.race.state import CarState
from shared.race.vocabulary import Compound, TrackStatus


def typical_cars(
    ego: CarState,
    table: Mapping[str, Any],
    *,
    n_cars: int,
    season: int,
    circuit_id: str,
    lap: int,
    total_laps: int,
    status: TrackStatus,
) -> tuple[CarState, ...]:
    """The whole field in order of place, ``ego`` in its own: places 1 to ``n_cars``, all others marked ``assumed``.

    Rivals take the places left in order of their pace. Gaps are the typical ones, stretched so that the ego's own
    gap fits. On a wet tire the field is taken to be on the same tire as the ego; else tires are shared out as usual
    at that distance.
    """
    fraction = lap / total_laps
    gaps = _gaps_around(ego, _usual_gaps(table, circuit_id, fraction, status, n_cars))
    rivals = _rivals(table, season, ego.driver_id, n_cars - 1)
    tires = _tires(table, fraction, total_laps, lap, n_cars - 1) if ego.compound.is_dry else _wet_tires(ego, n_cars - 1)
    cars: list[CarState] = []
    for place in range(1, n_cars + 1):
        if place == ego.position:
            cars.append(ego)
            continue
        i = place - 1 if place < ego.position else place - 2
        (driver_id, team), (compound, age, stops) = rivals[i], tires[i]
        cars.append(
            CarState(
                driver_id=driver_id,
                team=team,
                position=place,
                gap_to_leader=gaps[place - 1],
                compound=compound,
                tire_age=age,
                compounds_used=compounds_after(stops, compound),
                pit_stops=stops,
                assumed=True,
            )
        )
    return tuple(cars)


def drivers_of(table: Mapping[str, Any], season: int) -> tuple[tuple[str, str | None], ...]:
    """(driver, team) of a season in order of pace; the newest season's for a season to come, none for one before."""
    by_season: Mapping[str, Sequence[Sequence[str]]] = table.get("drivers", {})
    if not by_season:
        return ()
    newest = max(by_season, key=int)
    rows = by_season.get(str(season)) or (by_season[newest] if season > int(newest) else ())
    return tuple((str(driver), str(team) or None) for driver, team in rows)


def compounds_after(stops: int, fitted: Compound) -> tuple[Compound, ...]:
    """Compounds a car is taken to have used when only its stops are known: before the first the fitted one, after
    it a second dry one too, for that is what a dry race's rules demand sooner or later."""
    if stops == 0 or not fitted.is_dry:
        return (fitted,)
    other = Compound.MEDIUM if fitted == Compound.HARD else Compound.HARD
    return (other, fitted)


def _usual_gaps(
    table: Mapping[str, Any], circuit_id: str, fraction: float, status: TrackStatus, n_cars: int
) -> list[float]:
    """Typical seconds to the leader by place; between the middles of two bins on the line between them."""
    if status in (TrackStatus.SC, TrackStatus.RED):
        return [float(g) for g in table["bunched_gap_by_place"][:n_cars]]
    rows = table["gap_by_place"]
    at = min(max(fraction * len(rows) - 0.5, 0.0), len(rows) - 1.0)
    low, weight = int(at), at - int(at)
    high = min(low + 1, len(rows) - 1)
    scale = float(table.get("circuit_gap_scale", {}).get(circuit_id, 1.0))
    return [scale * ((1 - weight) * rows[low][i] + weight * rows[high][i]) for i in range(n_cars)]


def _gaps_around(ego: CarState, usual: Sequence[float]) -> list[float]:
    """The usual gaps made to pass through the ego's: stretched ahead of it, shifted behind it."""
    own = usual[ego.position - 1]
    stretch = ego.gap_to_leader / own if own > 0 else 0.0
    return [g * stretch if g <= own else ego.gap_to_leader + (g - own) for g in usual]


def _rivals(table: Mapping[str, Any], season: int, ego: str, count: int) -> list[tuple[str, str | None]]:
    """``count`` drivers other than ``ego``, fastest first; past those known, unnamed cars of no team."""
    named = [row for row in drivers_of(table, season) if row[0] != ego][:count]
    return [*named, *((f"CAR_{i + 1:02d}", None) for i in range(len(named), count))]


def _wet_tires(ego: CarState, count: int) -> list[tuple[Compound, int, int]]:
    return [(ego.compound, ego.tire_age, ego.pit_stops)] * count


def _tires(
    table: Mapping[str, Any], fraction: float, total_laps: int, lap: int, count: int
) -> list[tuple[Compound, int, int]]:
    """(compound, age in laps, stops) by place, each kind as often as usual and spread evenly over the places."""
    rows = table["tires"]
    kinds = rows[min(max(math.ceil(fraction * len(rows)) - 1, 0), len(rows) - 1)]
    if not kinds:
        return [(Compound.MEDIUM, lap, 0)] * count
    owed = [0.0] * len(kinds)
    tires: list[tuple[Compound, int, int]] = []
    for _ in range(count):
        owed = [o + float(kind["share"]) for o, kind in zip(owed, kinds, strict=True)]
        pick = max(range(len(kinds)), key=owed.__getitem__)
        owed[pick] -= 1.0
        kind = kinds[pick]
        stops = int(kind["pit_stops"])
        age = lap if stops == 0 else max(1, min(round(float(kind["age"]) * total_laps), lap - stops))
        tires.append((Compound[str(kind["compound"])], age, min(stops, lap)))
    return tires
