"""A running race's state in the contract's form, and a request completed from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.contract.errors import ContractError, FieldProblem, shown
from shared.contract.live import (
    LiveAnswer,
    LiveCar,
    LiveControl,
    LiveFieldCar,
    LiveLap,
    LiveWeather,
    TrackPosition,
)
from shared.live import fuel
from shared.live.documents import CarDocument
from shared.live.driven import newest
from shared.live.field import RECENT_LAPS, race_state
from shared.live.reader import LiveRace
from shared.race.state import CarState, LapRecord, RaceState

SHOWN_CONTROL = 30
"""Messages of race control in an answer, newest last."""
SHORTEST_LAP = 10.0
"""s; the contract takes no shorter lap time, and no circuit has one."""


def live_answer(live: LiveRace, model: fuel.FuelModel = fuel.DEFAULT) -> LiveAnswer | None:
    """The race now; None where too little has come to tell: no session, or neither a lap nor starters."""
    state = race_state(live.race, live.cars)
    session = live.race.session
    if state is None or session is None:
        return None
    times = [live.race.updated_at, *(car.updated_at for car in live.cars)]
    written = [live.race.written_at, *(car.written_at for car in live.cars)]
    return LiveAnswer(
        race_id=live.race.race_id,
        season=state.season,
        circuit_id=state.circuit_id,
        lap=state.lap,
        total_laps=state.total_laps,
        track_status=state.track_status.name,  # type: ignore[arg-type]
        updated_at=_newest(times) or session.sampled_at,
        field=tuple(field_car(car) for car in state.cars),
        written_at=_newest(written),
        name=session.name,
        timing=session.timing,
        note=session.note,
        cars=_cars(live, state, model),
        fuel_basis=model.basis,
        weather=_weather(live),
        race_control=tuple(
            LiveControl(at=m.sampled_at, **m.model_dump(include=set(LiveControl.model_fields) - {"at"}))
            for m in live.race.race_control[-SHOWN_CONTROL:]
        ),
    )


def field_car(car: CarState) -> LiveFieldCar:
    """A car as ``/recommend`` takes it."""
    return LiveFieldCar(
        driver_id=car.driver_id,
        team=car.team,
        position=car.position,
        gap_to_leader=car.gap_to_leader,
        tire_compound=car.compound.name,  # type: ignore[arg-type]
        tire_age=car.tire_age,
        compounds_used=tuple(compound.name for compound in car.compounds_used),  # type: ignore[misc]
        pit_stops=car.pit_stops,
        in_pit=car.in_pit,
        time_penalty=car.time_penalty,
        recent_laps=tuple(_lap(record) for record in car.recent_laps),
        grid_position=car.grid_position,
    )


def complete(
    body: Mapping[str, Any],
    live: LiveRace,
    identity: Callable[[str], str],
    model: fuel.FuelModel = fuel.DEFAULT,
) -> tuple[dict[str, Any], list[str]]:
    """A request with ``race_id`` and no ``field``, completed from the race's live state, and what to tell of that.

    What the request gives stands. ``lap``, where given, asks about the end of that lap. ``identity`` turns a driver's
    name into the one that tells drivers apart. Raises ContractError: 404 where the race has no lap to answer from, 422
    for a driver who is not running or a lap that the race has not reached.
    """
    race_id = live.race.race_id
    now = race_state(live.race, live.cars)
    if now is None or now.lap == 0:
        message = f"Race {shown(race_id)} has no completed lap to answer from yet."
        raise ContractError(404, "race_not_started", message)
    asked = body.get("lap")
    state = race_state(live.race, live.cars, asked) if type(asked) is int and asked != now.lap else now
    if state is None:
        problem = f"given {asked}; allowed: a lap that the race has completed, 1 to {now.lap}"
        raise ContractError(422, "invalid_request", "The race has not come so far.", (_problem("lap", problem),))
    driver = body.get("driver_id")
    own = identity(driver) if isinstance(driver, str) else None
    car = next((car for car in state.cars if identity(car.driver_id) == own), None)
    if car is None:
        running = ", ".join(car.driver_id for car in state.cars)
        problem = f"given {shown(driver)}; allowed: a car running in {race_id} on lap {state.lap}: {running}"
        raise ContractError(422, "invalid_request", "This car is not running.", (_problem("driver_id", problem),))
    driven = newest(live.driven.get(car.driver_id, ()), state.lap, RECENT_LAPS)
    aboard, basis = fuel.measured(live.driven.get(car.driver_id, ()), state.lap, state.total_laps, model)
    known = {
        "circuit_id": state.circuit_id,
        "lap": state.lap,
        "position": car.position,
        "tire_age": car.tire_age,
        "tire_compound": car.compound.name,
        "fuel_remaining": aboard,
        "gap_to_leader": car.gap_to_leader,
        "season": state.season,
        "total_laps": state.total_laps,
        "track_status": state.track_status.name,
        "compounds_used": [compound.name for compound in car.compounds_used],
        "pit_stops": car.pit_stops,
        "field": _field(state, car, body.get("position")),
        "telemetry": [lap._asdict() for lap in driven],
    }
    notes = [] if body.get("fuel_remaining") is not None else [f"fuel_remaining from live state: {basis}"]
    session = live.race.session
    if session is not None and session.timing not in ("live", "recorded"):
        notes.append(f"the live state's times are {session.timing}")
    return {**known, **{name: value for name, value in body.items() if value is not None}}, notes


def _field(state: RaceState, own: CarState, position: Any) -> list[dict[str, Any]]:
    """The cars as ``/recommend`` takes them; where the request gives its car another place the rest keep their order
    around it."""
    field = [field_car(car).model_dump(mode="json") for car in state.cars]
    if type(position) is int and 1 <= position <= len(field):
        places = (place for place in range(1, len(field) + 1) if place != position)
        for entry in field:
            entry["position"] = position if entry["driver_id"] == own.driver_id else next(places)
    return field


def _problem(path: str, text: str) -> FieldProblem:
    return FieldProblem(path=path, problem=text)


def _lap(record: LapRecord) -> LiveLap:
    seen = record.lap_time is not None and record.lap_time >= SHORTEST_LAP
    return LiveLap(
        lap=record.lap,
        lap_time=record.lap_time if seen else None,
        tire_compound=None if record.compound is None else record.compound.name,  # type: ignore[arg-type]
        tire_age=record.tire_age,
        track_status=record.track_status.name,  # type: ignore[arg-type]
        pit_in=record.pit_in,
        pit_out=record.pit_out,
    )


def _cars(live: LiveRace, state: RaceState, model: fuel.FuelModel) -> tuple[LiveCar, ...]:
    """Cars that a document or a position is kept of: before its first line a car has a position alone."""
    documents = {car.driver_id: car for car in live.cars}
    empty = {driver: CarDocument(race_id=live.race.race_id, driver_id=driver) for driver in live.positions}
    cars = sorted({**empty, **documents}.values(), key=lambda car: car.driver_id)
    return tuple(_car(car, live, state, model) for car in cars)


def _car(car: CarDocument, live: LiveRace, state: RaceState, model: fuel.FuelModel) -> LiveCar:
    lap = max(car.laps, default=0)
    position = live.positions.get(car.driver_id)
    aboard, basis = fuel.measured(live.driven.get(car.driver_id, ()), lap, state.total_laps, model)
    return LiveCar(
        driver_id=car.driver_id,
        lap=lap,
        line_at=car.laps[lap].sampled_at if lap else None,
        in_pit_lane=car.pit is not None and car.pit.action == "in",
        retired=car.retired is not None,
        fuel_remaining=aboard,
        fuel_basis=basis,
        track_position=None if position is None else TrackPosition(x=position.x, y=position.y, at=position.at),
    )


def _weather(live: LiveRace) -> LiveWeather | None:
    weather = live.race.weather
    if weather is None:
        return None
    return LiveWeather(at=weather.sampled_at, **weather.model_dump(include=set(LiveWeather.model_fields) - {"at"}))


def _newest(times: Iterable[dt.datetime | None]) -> dt.datetime | None:
    return max((time for time in times if time is not None), default=None)
