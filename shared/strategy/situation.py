"""From a request to the state of a race: who drives, where everyone is, what the rules are, what had to be assumed.

Whatever is taken otherwise than given, or assumed, is said in ``RaceState.warnings``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from shared.contract.consistency import beyond_distance, clashes
from shared.contract.errors import contradicts
from shared.contract.requests import FieldCar, RecentLap, RecommendRequest, unknown_fields
from shared.race import rules
from shared.race.state import CarState, LapRecord, RaceState
from shared.race.telemetry import LapTelemetry
from shared.race.vocabulary import Compound, TrackStatus
from shared.strategy.names import Names
from shared.strategy.typical import compounds_after, typical_cars

if TYPE_CHECKING:
    from shared.models.bundle import Bundle

GAP_TOLERANCE = 0.05
"""Seconds by which a gap may contradict the order before it is worth a warning: what rounding explains."""


def situation(request: RecommendRequest, bundle: Bundle) -> tuple[RaceState, int]:
    """The state of the race and the index in it of the car asked about.

    With ``field`` the cars given are the whole field. Without it the field is what is typical at the circuit, and its
    cars are marked ``assumed``. The order is that of ``position``, renumbered 1 to n; a gap that contradicts it is
    raised to that of the car ahead. Raises ContractError (422) where the request contradicts what the models know of
    the circuit's distance, or of who a driver's name means.
    """
    warnings = [f"unknown field {path!r} was ignored" for path in unknown_fields(request)]
    names = Names(bundle.tables, bundle.manifest)
    season = request.season if request.season is not None else names.newest_season
    circuit_id = names.circuit(request.circuit_id)
    total_laps = (
        request.total_laps
        if request.total_laps is not None
        else rules.scheduled_laps(season, circuit_id, _round(request))
    )
    problems = beyond_distance(request, total_laps) + clashes(request, names.driver)
    if problems:
        raise contradicts(problems)
    warnings += _missing_knowledge(request, names, season, circuit_id, total_laps)
    if request.field is None:
        cars = _assumed_field(request, names, season, circuit_id, total_laps, bundle, warnings)
    else:
        cars = _given_field(request, request.field, names, season, warnings)
    max_stint = request.max_stint_laps or rules.max_stint_laps(season, circuit_id)
    state = RaceState(
        season=season,
        circuit_id=circuit_id,
        lap=request.lap,
        total_laps=total_laps,
        track_status=TrackStatus[request.track_status],
        cars=cars,
        min_stops=request.min_stops if request.min_stops is not None else rules.min_stops(season, circuit_id),
        max_stint_laps=max_stint,
        rain=tuple(sorted((rain.from_lap, rain.probability) for rain in request.rain)),
        fuel=request.fuel_remaining,
        driven=_driven(request),
        warnings=tuple(warnings),
    )
    return state, state.index_of(names.driver(request.driver_id))


def _driven(request: RecommendRequest) -> tuple[LapTelemetry, ...]:
    """The last laps' telemetry, in order, each lap once; nothing later than the lap asked about."""
    by_lap = {entry.lap: entry for entry in request.telemetry if entry.lap <= request.lap}
    return tuple(LapTelemetry(*(getattr(by_lap[lap], name) for name in LapTelemetry._fields)) for lap in sorted(by_lap))


def _round(request: RecommendRequest) -> int | None:
    """The round that ``race_id`` names, if it is one of the season asked about."""
    if request.race_id is None or (request.season is not None and int(request.race_id[:4]) != request.season):
        return None
    return int(request.race_id[5:])


def _missing_knowledge(
    request: RecommendRequest, names: Names, season: int, circuit_id: str, total_laps: int
) -> list[str]:
    """Warnings for everything that only the priors stand for."""
    warnings: list[str] = []
    if request.race_id is not None and request.field is None:
        warnings.append("race_id was not used: no live state of the race is served; the request's own values were")
    if not names.knows_circuit(circuit_id):
        warnings.append(f"circuit {circuit_id!r} is not known; the priors over all circuits stand in")
        if request.total_laps is None:
            warnings.append(f"total_laps is not known for it; the usual {total_laps} laps were taken")
    if not names.knows_season(season):
        warnings.append(f"season {season} is outside the training data; the nearest known one stands in")
    drivers = [request.driver_id, *(car.driver_id for car in request.field or ())]
    unknown = sorted({driver for driver in drivers if not names.knows_driver(driver)})
    if unknown:
        warnings.append(f"drivers not known, served from the priors: {', '.join(unknown)}")
    teams = sorted({car.team for car in request.field or () if car.team and not names.knows_team(car.team)})
    if teams:
        warnings.append(f"teams not known, served from the priors: {', '.join(teams)}")
    limit = request.max_stint_laps or rules.max_stint_laps(season, circuit_id)
    if limit is not None and request.tire_age > limit:
        warnings.append(f"the tire has done {request.tire_age} laps already, past the stint limit of {limit}")
    return warnings


def _assumed_field(
    request: RecommendRequest,
    names: Names,
    season: int,
    circuit_id: str,
    total_laps: int,
    bundle: Bundle,
    warnings: list[str],
) -> tuple[CarState, ...]:
    ego = _ego(request, None, names, season, warnings)
    if ego.position == 1 and ego.gap_to_leader > 0:
        warnings.append("gap_to_leader of the leader was taken as 0")
        ego = replace(ego, gap_to_leader=0.0)
    n_cars = max(rules.n_cars(season), ego.position)
    warnings.append(f"field was not given: {n_cars - 1} rivals were filled in from what is typical at the circuit")
    return typical_cars(
        ego,
        bundle.tables["typical_field"],
        n_cars=n_cars,
        season=season,
        circuit_id=circuit_id,
        lap=request.lap,
        total_laps=total_laps,
        status=TrackStatus[request.track_status],
    )


def _given_field(
    request: RecommendRequest, field: Sequence[FieldCar], names: Names, season: int, warnings: list[str]
) -> tuple[CarState, ...]:
    """The cars given, in order, with the ego in its place: its entry merged under the request's own values."""
    asked = names.driver(request.driver_id)
    entry = next((car for car in field if names.driver(car.driver_id) == asked), None)
    cars = [rival(car, names, season, request.lap) for car in field if names.driver(car.driver_id) != asked]
    cars.append(_ego(request, entry, names, season, warnings))
    added = [
        car.driver_id
        for car in field
        if car.compounds_used is not None
        and car.tire_compound not in car.compounds_used
        and names.driver(car.driver_id) != asked
    ]
    if added:
        warnings.append(f"the fitted compound was added to compounds_used of {', '.join(added)}")
    silent = sum(not car.recent_laps for car in cars)
    if silent:
        what = "no car" if silent == len(cars) else f"{len(cars) - silent} of {len(cars)} cars"
        warnings.append(f"recent_laps were given for {what}: the others' pace is that of past races")
    return ordered(cars, warnings)


def ordered(cars: Sequence[CarState], warnings: list[str]) -> tuple[CarState, ...]:
    """Cars by position, renumbered 1 to n, the first at gap 0 and no gap below that of the car ahead."""
    ranked = sorted(cars, key=lambda car: car.position)
    if [car.position for car in ranked] != list(range(1, len(ranked) + 1)):
        warnings.append(f"positions given do not run from 1 to {len(ranked)}; their order was kept")
    base = ranked[0].gap_to_leader
    if base > GAP_TOLERANCE:
        warnings.append(f"gap_to_leader of the first car was {base:g}, not 0; it was taken off every gap")
    in_order: list[CarState] = []
    raised: list[str] = []
    ahead = 0.0
    for place, car in enumerate(ranked, start=1):
        gap = max(car.gap_to_leader - base, 0.0)
        if gap < ahead - GAP_TOLERANCE:
            raised.append(car.driver_id)
        ahead = max(gap, ahead)
        in_order.append(replace(car, position=place, gap_to_leader=ahead))
    if raised:
        warnings.append(
            f"gap_to_leader contradicts position for {', '.join(raised)}; position was kept, the gap raised"
        )
    return tuple(in_order)


def _ego(request: RecommendRequest, entry: FieldCar | None, names: Names, season: int, warnings: list[str]) -> CarState:
    """The car asked about: the request's own values, then its entry's in the field, then what can be inferred."""
    records = _records(entry.recent_laps) if entry else ()
    fitted = Compound[request.tire_compound]
    given = request.compounds_used if request.compounds_used is not None else entry.compounds_used if entry else None
    stops = request.pit_stops if request.pit_stops is not None else entry.pit_stops if entry else None
    if given is not None and request.tire_compound not in given:
        warnings.append(f"compounds_used does not hold the fitted {request.tire_compound}; it was added")
    if stops is None:
        stops = _stops_inferred(request.tire_age, request.lap, given, records)
        if stops:
            warnings.append(f"pit_stops was not given: the tire's age means a stop; {stops} was taken")
    used = _used(given, fitted, stops, records)
    if given is None and len(used) > 1:
        warnings.append(f"compounds_used was not given: {', '.join(c.name for c in used)} was taken")
    return CarState(
        driver_id=names.driver(request.driver_id),
        team=(names.team(entry.team) if entry and entry.team else None) or names.team_of(request.driver_id, season),
        position=request.position,
        gap_to_leader=request.gap_to_leader,
        compound=fitted,
        tire_age=request.tire_age,
        compounds_used=used,
        pit_stops=stops,
        in_pit=entry.in_pit if entry else False,
        time_penalty=entry.time_penalty if entry else 0.0,
        recent_laps=records,
        grid_position=entry.grid_position if entry else None,
        tire_sets=None
        if request.tire_sets is None
        else tuple((Compound[tire.compound], tire.age) for tire in request.tire_sets),
    )


def rival(car: FieldCar, names: Names, season: int, lap: int) -> CarState:
    """A car of the field as given, with what can be inferred of it."""
    records = _records(car.recent_laps)
    fitted = Compound[car.tire_compound]
    stops = car.pit_stops
    if stops is None:
        stops = _stops_inferred(car.tire_age, lap, car.compounds_used, records)
    return CarState(
        driver_id=names.driver(car.driver_id),
        team=names.team(car.team) if car.team else names.team_of(car.driver_id, season),
        position=car.position,
        gap_to_leader=car.gap_to_leader,
        compound=fitted,
        tire_age=car.tire_age,
        compounds_used=_used(car.compounds_used, fitted, stops, records),
        pit_stops=stops,
        in_pit=car.in_pit,
        time_penalty=car.time_penalty,
        recent_laps=records,
        grid_position=car.grid_position,
    )


def _records(laps: Sequence[RecentLap]) -> tuple[LapRecord, ...]:
    return tuple(
        LapRecord(
            lap=lap.lap,
            lap_time=lap.lap_time,
            compound=None if lap.tire_compound is None else Compound[lap.tire_compound],
            tire_age=lap.tire_age,
            track_status=TrackStatus[lap.track_status],
            pit_in=lap.pit_in,
            pit_out=lap.pit_out,
        )
        for lap in laps
    )


def _stops_inferred(age: int, lap: int, used: Sequence[str] | None, records: Sequence[LapRecord]) -> int:
    """Fewest stops that explain what is given: a tire younger than the race, compounds used, pit entries seen."""
    entries = sum(record.pit_in for record in records)
    compounds = len(dict.fromkeys(used)) - 1 if used else 0
    return min(max(int(age < lap), compounds, entries), lap)


def _used(
    given: Sequence[str] | None, fitted: Compound, stops: int, records: Sequence[LapRecord]
) -> tuple[Compound, ...]:
    """Compounds used, in the order known, the fitted one last if it was not among those given. Where the request names
    none, those of the recent laps count; failing these, what a car with so many stops is taken to have used."""
    seen = [record.compound for record in records if record.compound is not None]
    if given is not None:
        return tuple(dict.fromkeys([*(Compound[name] for name in given), fitted]))
    known = tuple(dict.fromkeys([*seen, fitted]))
    return known if len(known) > 1 else compounds_after(stops, fitted)
