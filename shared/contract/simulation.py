"""What ``POST /simulate`` takes and answers: a whole race, from the grid or from any lap, for the whole field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from shared.contract.answers import AnswerModel, Difference, ForecastRow, Number, PlannedStop, Share
from shared.contract.consistency import Path, car_problems, rain_problems, stops_problems
from shared.contract.errors import ContradictionError, Problem, invalid, problems_of, shown
from shared.contract.requests import ListOf, Rain, RecentLap, RequestModel, Stop
from shared.contract.scalars import (
    MAX_CARS,
    MAX_RACE_LAPS,
    MAX_RECENT_LAPS,
    MAX_STOPS,
    CircuitId,
    CompoundName,
    DriverId,
    Gap,
    Penalty,
    Position,
    ScenarioCount,
    Season,
    Seed,
    StopCount,
    TeamName,
    TireAge,
    TotalLaps,
    TrackStatusName,
    Whole,
)


class SimulateCar(RequestModel):
    """A car of the race: on the grid with ``grid_position`` alone, after that with ``position`` and ``gap_to_leader``
    as in ``/recommend``. With ``strategy`` it makes these stops; else the pit policy decides."""

    driver_id: DriverId
    tire_compound: CompoundName
    tire_age: TireAge
    team: TeamName | None = None
    grid_position: Position | None = None
    position: Position | None = None
    gap_to_leader: Gap | None = None
    compounds_used: Annotated[ListOf[CompoundName], Field(max_length=20)] | None = None
    pit_stops: StopCount | None = None
    in_pit: bool = False
    time_penalty: Penalty = 0.0
    recent_laps: Annotated[ListOf[RecentLap], Field(max_length=MAX_RECENT_LAPS, description="Newest last.")] = ()
    strategy: (
        Annotated[
            ListOf[Stop],
            Field(max_length=MAX_STOPS, description="Its stops to come; `[]`: none. Null: the pit policy decides."),
        ]
        | None
    ) = None


class OtherPlan(RequestModel):
    """Another plan of one car of ``field``, to be held against the one that its entry gives (or the pit policy)."""

    driver_id: DriverId
    strategy: Annotated[ListOf[Stop], Field(max_length=MAX_STOPS, description="Its stops to come; `[]`: none.")]


class SimulateRequest(RequestModel):
    """A race to simulate from the end of ``lap`` (0: from the grid) to the flag."""

    circuit_id: CircuitId
    field: Annotated[ListOf[SimulateCar], Field(min_length=1, max_length=MAX_CARS, description="Every car.")]
    season: Season | None = None
    total_laps: TotalLaps | None = None
    lap: Annotated[int, Field(ge=0, le=MAX_RACE_LAPS, description="The last lap completed; 0: on the grid."), Whole] = 0
    track_status: TrackStatusName = "GREEN"
    rain: Annotated[ListOf[Rain], Field(max_length=50)] = ()
    min_stops: (
        Annotated[int, Field(ge=0, le=MAX_STOPS, description="Stops that the event's rules demand."), Whole] | None
    ) = None
    max_stint_laps: (
        Annotated[int, Field(ge=1, le=200, description="Longest stint the rules admit, laps."), Whole] | None
    ) = None
    n_scenarios: ScenarioCount = 10_000
    seed: Seed = 0
    compare: OtherPlan | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> SimulateRequest:
        problems = rain_problems(self.rain)
        for i, car in enumerate(self.field):
            here: Path = ("field", i)
            problems += car_problems(car, self.lap, here) + _placed(car, self.lap, here)
            problems += stops_problems(car.strategy or (), self.lap, (*here, "strategy"))
        if self.compare is not None:
            problems += stops_problems(self.compare.strategy, self.lap, ("compare", "strategy"))
        if self.total_laps is not None:
            problems += past_the_flag(self, self.total_laps)
        if problems:
            raise ContradictionError(problems)
        return self


class LapPosition(AnswerModel):
    """Place of a car at the end of ``lap``: median, 10th and 90th percentile over the scenarios, the retired last."""

    lap: int
    median: int
    p10: int
    p90: int


class StopsShare(AnswerModel):
    """Stops in one order of compounds, each on its median lap, and the share of the scenarios in which the car reaches
    the flag that came to them."""

    stops: tuple[PlannedStop, ...]
    share: Share


class SimulatedCar(AnswerModel):
    """One car, lap by lap from ``first_lap`` on. ``lap_times``: medians over the scenarios in which it completes the
    lap, s, null where there is none. ``fuel``: kg at the end of the lap. ``stops``: its most frequent strategies."""

    driver_id: str
    lap_times: tuple[Number | None, ...]
    fuel: tuple[Number, ...]
    positions: tuple[LapPosition, ...]
    stops: tuple[StopsShare, ...]


class RaceTime(AnswerModel):
    """Seconds from the end of ``lap`` (at lap 0 from the lights) to the winner's flag; null when nobody reaches it."""

    median: Number | None
    p10: Number | None
    p90: Number | None


class PlanComparison(AnswerModel):
    """The plan of ``compare`` less the one of the car's own entry, in the same scenarios: mean paired differences with
    their 90% intervals. ``points`` and ``places_gained``: more is better for the plan of ``compare``; ``time``: seconds
    to the flag over the scenarios in which the car finishes under both, null where there are fewer than two, less is
    better. ``ahead``, ``behind``: shares of the scenarios in which it ends in a better and in a worse place."""

    driver_id: str
    points: Difference
    places_gained: Difference
    win: Difference
    podium: Difference
    time: Difference | None
    ahead: Share
    behind: Share
    n_scenarios: int


class SimulateAnswer(AnswerModel):
    """A simulated race. ``forecast`` rests on ``n_scenarios``, what is told lap by lap (``cars``,
    ``safety_car_probability`` and ``race_time``) on the first ``n_scenarios_by_lap`` of them. The lists by lap begin
    with ``first_lap``."""

    forecast: tuple[ForecastRow, ...]
    cars: tuple[SimulatedCar, ...]
    safety_car_probability: tuple[Share, ...]
    race_time: RaceTime
    first_lap: int
    warnings: tuple[str, ...]
    n_scenarios: int
    n_scenarios_by_lap: int
    seed: int
    model_version: str
    latency_ms: Number = 0.0
    comparison: PlanComparison | None = None


def parse_simulate(body: Any) -> SimulateRequest:
    """The request in a decoded JSON body. Raises ContractError 422 with every problem."""
    try:
        return SimulateRequest.model_validate(body)
    except ValidationError as error:
        raise invalid(problems_of(error)) from None


def past_the_flag(request: SimulateRequest, total_laps: int) -> list[Problem]:
    """Laps past the end of a race of ``total_laps``."""
    if request.lap >= total_laps:
        return [Problem(("lap",), f"given {request.lap}; allowed: less than total_laps, {total_laps}")]
    problems = [
        Problem(("rain", i, "from_lap"), f"given {rain.from_lap}; allowed: at most total_laps, {total_laps}")
        for i, rain in enumerate(request.rain)
        if rain.from_lap > total_laps
    ]
    plans: list[tuple[Path, Sequence[Stop]]] = [
        (("field", i, "strategy"), car.strategy or ()) for i, car in enumerate(request.field)
    ]
    if request.compare is not None:
        plans.append((("compare", "strategy"), request.compare.strategy))
    allowed = f"after {request.lap} (lap) to {total_laps - 1}, the lap before the last"
    return problems + [
        Problem((*path, j, "lap"), f"given {stop.lap}; allowed: {allowed}")
        for path, plan in plans
        for j, stop in enumerate(plan)
        if stop.lap >= total_laps
    ]


def same_car_twice(request: SimulateRequest, identity: Callable[[str], str]) -> list[Problem]:
    """Two cars of one driver, or in one place. ``identity`` turns a driver's name into the one that tells apart."""
    problems: list[Problem] = []
    drivers: dict[str, int] = {}
    places: dict[int, int] = {}
    for i, car in enumerate(request.field):
        first = drivers.setdefault(identity(car.driver_id), i)
        if first != i:
            text = f"given {shown(car.driver_id)}, who already stands at field[{first}]; allowed: one car of a driver"
            problems.append(Problem(("field", i, "driver_id"), text))
        name, place = place_of(car, request.lap)
        if place is not None and (first := places.setdefault(place, i)) != i:
            text = f"given {place}, the place of field[{first}]; allowed: one car in a place"
            problems.append(Problem(("field", i, name), text))
    return problems


def not_in_the_field(request: SimulateRequest, identity: Callable[[str], str]) -> list[Problem]:
    """A plan to compare of a driver who has no car. ``identity`` as for ``same_car_twice``."""
    if request.compare is None or identity(request.compare.driver_id) in {identity(c.driver_id) for c in request.field}:
        return []
    text = f"given {shown(request.compare.driver_id)}; allowed: the driver of a car of field"
    return [Problem(("compare", "driver_id"), text)]


def place_of(car: SimulateCar, lap: int) -> tuple[str, int | None]:
    """The field that tells where the car starts from, and its value: on the grid ``grid_position`` comes first."""
    if lap == 0 and car.grid_position is not None:
        return "grid_position", car.grid_position
    return "position", car.position


def _placed(car: SimulateCar, lap: int, path: Path) -> list[Problem]:
    if lap == 0:
        missing: tuple[str, ...] = () if place_of(car, lap)[1] is not None else ("grid_position",)
        problems = [Problem((*path, "in_pit"), "given true on the grid; allowed: false")] if car.in_pit else []
    else:
        missing = tuple(name for name in ("position", "gap_to_leader") if getattr(car, name) is None)
        problems = []
    when = "on the grid" if lap == 0 else "after the start"
    return problems + [Problem((*path, name), f"missing; it is required {when}") for name in missing]
