"""The state of a race for ``/simulate``: the whole field on the grid or after any lap, each car with its strategy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shared.contract.errors import contradicts
from shared.contract.requests import FieldCar, unknown_fields
from shared.contract.simulation import SimulateRequest, not_in_the_field, past_the_flag, place_of, same_car_twice
from shared.race import rules
from shared.race.state import CarState, RaceState, Stop
from shared.race.vocabulary import Compound, TrackStatus
from shared.strategy.names import Names
from shared.strategy.situation import ordered, rival

if TYPE_CHECKING:
    from shared.models.bundle import Bundle

GRID_GAP = 0.3
"""Seconds a place on the grid is worth at the first line, as ``RaceParams.grid_gap``."""


def race_state(request: SimulateRequest, bundle: Bundle) -> RaceState:
    """The state of the race that a request describes. Raises ContractError (422) where it contradicts what the models
    know of the circuit's distance, or of who a driver's name means."""
    warnings = [f"unknown field {path!r} was ignored" for path in unknown_fields(request)]
    names = Names(bundle.tables, bundle.manifest)
    season = request.season if request.season is not None else names.newest_season
    circuit_id = names.circuit(request.circuit_id)
    total_laps = request.total_laps or rules.scheduled_laps(season, circuit_id, None)
    problems = past_the_flag(request, total_laps) + same_car_twice(request, names.driver)
    problems += not_in_the_field(request, names.driver)
    if problems:
        raise contradicts(problems)
    warnings += _unknown(request, names, season, circuit_id, total_laps)
    cars = [_car(request, i, names, season) for i in range(len(request.field))]
    return RaceState(
        season=season,
        circuit_id=circuit_id,
        lap=request.lap,
        total_laps=total_laps,
        track_status=TrackStatus[request.track_status],
        cars=ordered(cars, warnings),
        min_stops=request.min_stops if request.min_stops is not None else rules.min_stops(season, circuit_id),
        max_stint_laps=request.max_stint_laps or rules.max_stint_laps(season, circuit_id),
        rain=tuple(sorted((rain.from_lap, rain.probability) for rain in request.rain)),
        warnings=tuple(warnings),
    )


def _car(request: SimulateRequest, i: int, names: Names, season: int) -> CarState:
    """A car of the request, in the place and with the gap and the plan that it gives."""
    entry = request.field[i]
    _, place = place_of(entry, request.lap)
    assert place is not None
    given = {name: getattr(entry, name) for name in FieldCar.model_fields}
    gap = GRID_GAP * (place - 1) if request.lap == 0 else entry.gap_to_leader
    car = rival(
        FieldCar.model_construct(**{**given, "position": place, "gap_to_leader": gap}), names, season, request.lap
    )
    plan = entry.strategy
    if plan is None:
        return car
    return replace(car, plan=tuple(Stop(stop.lap, Compound[stop.compound]) for stop in plan))


def _unknown(request: SimulateRequest, names: Names, season: int, circuit_id: str, total_laps: int) -> list[str]:
    warnings = []
    if not names.knows_circuit(circuit_id):
        warnings.append(f"circuit {circuit_id!r} is not known; the priors over all circuits stand in")
        if request.total_laps is None:
            warnings.append(f"total_laps is not known for it; the usual {total_laps} laps were taken")
    if not names.knows_season(season):
        warnings.append(f"season {season} is outside the training data; the nearest known one stands in")
    drivers = sorted({car.driver_id for car in request.field if not names.knows_driver(car.driver_id)})
    if drivers:
        warnings.append(f"drivers not known, served from the priors: {', '.join(drivers)}")
    teams = sorted({car.team for car in request.field if car.team and not names.knows_team(car.team)})
    if teams:
        warnings.append(f"teams not known, served from the priors: {', '.join(teams)}")
    return warnings
