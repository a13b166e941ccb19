"""Where a well-formed request contradicts itself. Each finding names the field, what was given and what is allowed.

``contradictions`` needs the request alone. ``beyond_distance`` also needs the length of the race, which the request may
leave to the circuit, and ``clashes`` who a driver's name means: the models know both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from shared.contract.errors import Problem, shown
from shared.contract.scalars import MAX_CARS, MAX_USED_SET_LAPS

if TYPE_CHECKING:
    from shared.contract.requests import FieldCar, Rain, RecentLap, RecommendRequest, Stop
    from shared.contract.simulation import SimulateCar

Path = tuple[str | int, ...]


def contradictions(request: RecommendRequest) -> list[Problem]:
    """Every contradiction that the request holds by itself; empty for a sound request."""
    problems = _tire(request.tire_age, request.lap, ())
    problems += _stops_made(request.pit_stops, request.lap, ())
    for i, car in enumerate(request.field or ()):
        problems += car_problems(car, request.lap, ("field", i))
    problems += rain_problems(request.rain)
    for i, stops in enumerate(request.candidates):
        problems += stops_problems(stops, request.lap, ("candidates", i))
    if request.total_laps is not None:
        problems += beyond_distance(request, request.total_laps)
    return problems


def beyond_distance(request: RecommendRequest, total_laps: int) -> list[Problem]:
    """Laps past the end of a race of ``total_laps``."""
    problems: list[Problem] = []
    if request.lap > total_laps:
        problems.append(Problem(("lap",), f"given {request.lap}; allowed: at most total_laps, {total_laps}"))
        return problems
    for i, rain in enumerate(request.rain):
        if rain.from_lap > total_laps:
            allowed = f"at most total_laps, {total_laps}"
            problems.append(Problem(("rain", i, "from_lap"), f"given {rain.from_lap}; allowed: {allowed}"))
    for i, stops in enumerate(request.candidates):
        for j, stop in enumerate(stops):
            if stop.lap >= total_laps:
                allowed = f"{request.lap} (lap) to {total_laps - 1}, the lap before the last"
                problems.append(Problem(("candidates", i, j, "lap"), f"given {stop.lap}; allowed: after {allowed}"))
    return problems


def clashes(request: RecommendRequest, identity: Callable[[str], str]) -> list[Problem]:
    """Two cars of one driver, two in one place, too many cars. ``identity`` turns a driver's name as given into the
    one that tells drivers apart, because a code and an Ergast id may mean the same driver."""
    problems: list[Problem] = []
    asked = identity(request.driver_id)
    drivers: dict[str, int] = {}
    places = {request.position: f"the car asked about, {shown(request.driver_id)}"}
    others = 0
    for i, car in enumerate(request.field or ()):
        driver = identity(car.driver_id)
        first = drivers.setdefault(driver, i)
        if first != i:
            text = f"given {shown(car.driver_id)}, who already stands at field[{first}]; allowed: one car of a driver"
            problems.append(Problem(("field", i, "driver_id"), text))
        if driver == asked:
            continue
        others += 1
        if car.position in places:
            text = f"given {car.position}, the place of {places[car.position]}; allowed: one car in a place"
            problems.append(Problem(("field", i, "position"), text))
        else:
            places[car.position] = f"field[{i}], {shown(car.driver_id)}"
    if others + 1 > MAX_CARS:
        text = f"given {others} cars beside the one asked about; allowed: {MAX_CARS} cars in all"
        problems.append(Problem(("field",), text))
    return problems


def car_problems(car: FieldCar | SimulateCar, lap: int, path: Path) -> list[Problem]:
    """Where a car's entry says what cannot be by the end of ``lap``."""
    return _tire(car.tire_age, lap, path) + _stops_made(car.pit_stops, lap, path) + _recent(car.recent_laps, lap, path)


def _tire(age: int, lap: int, path: Path) -> list[Problem]:
    most = lap + MAX_USED_SET_LAPS
    if age <= most:
        return []
    text = f"given {age} on lap {lap}; allowed: at most {most}, {MAX_USED_SET_LAPS} laps more than the race is old"
    return [Problem((*path, "tire_age"), text)]


def _stops_made(stops: int | None, lap: int, path: Path) -> list[Problem]:
    if stops is None or stops <= lap:
        return []
    return [Problem((*path, "pit_stops"), f"given {stops} on lap {lap}; allowed: at most one a lap, {lap}")]


def _recent(laps: Sequence[RecentLap], lap: int, path: Path) -> list[Problem]:
    problems: list[Problem] = []
    for i, record in enumerate(laps):
        here = (*path, "recent_laps", i)
        if record.lap > lap:
            problems.append(Problem((*here, "lap"), f"given {record.lap}; allowed: at most lap, {lap}"))
        if i and record.lap <= laps[i - 1].lap:
            text = f"given {record.lap} after {laps[i - 1].lap}; allowed: each lap once, newest last"
            problems.append(Problem((*here, "lap"), text))
        if record.tire_age is not None:
            problems += _tire(record.tire_age, record.lap, here)
    return problems


def rain_problems(forecast: Sequence[Rain]) -> list[Problem]:
    """Two probabilities of rain from one lap."""
    problems: list[Problem] = []
    seen: dict[int, int] = {}
    for i, rain in enumerate(forecast):
        first = seen.setdefault(rain.from_lap, i)
        if first != i:
            text = f"given {rain.from_lap}, as in rain[{first}]; allowed: one probability from a lap"
            problems.append(Problem(("rain", i, "from_lap"), text))
    return problems


def stops_problems(stops: Sequence[Stop], lap: int, path: Path) -> list[Problem]:
    """Stops of a strategy that are past, or out of order."""
    problems: list[Problem] = []
    for j, stop in enumerate(stops):
        if stop.lap <= lap:
            text = f"given {stop.lap}; allowed: a lap still to come, after lap {lap}"
            problems.append(Problem((*path, j, "lap"), text))
        elif j and stop.lap <= stops[j - 1].lap:
            text = f"given {stop.lap} after {stops[j - 1].lap}; allowed: stops in order, one a lap"
            problems.append(Problem((*path, j, "lap"), text))
    return problems
