"""What ``POST /recommend`` may hold, field by field, and the ways in which it may contradict itself.

Kinds and ranges are strict. A field that the contract does not know is ignored, and named in the answer's
``warnings``: clients of a later version of the contract keep working, and a misspelt name is not silent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError, model_validator

from shared.contract.consistency import contradictions
from shared.contract.errors import ContractError, ContradictionError, invalid, path_text, problems_of
from shared.contract.scalars import (
    MAX_CANDIDATES,
    MAX_CARS,
    MAX_RECENT_LAPS,
    MAX_STOPS,
    MAX_TIRE_SETS,
    CircuitId,
    CompoundName,
    DriverId,
    Fuel,
    Gap,
    Lap,
    LapTime,
    Objective,
    Penalty,
    Position,
    Probability,
    RaceId,
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

Item = TypeVar("Item")
ListOf = Annotated[tuple[Item, ...], Field(strict=False)]
"""A JSON list, kept as a tuple."""


class RequestModel(BaseModel):
    """Strict, frozen, and remembering the names it did not know (see ``unknown_fields``)."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow")


class Stop(RequestModel):
    """One stop of a strategy: ``lap`` is the in-lap."""

    lap: Lap
    compound: CompoundName


class TireSet(RequestModel):
    """A set of tires left for the race, and the laps already on it."""

    compound: CompoundName
    age: Annotated[int, Field(ge=0, le=100, description="Laps already on the set."), Whole] = 0


class Rain(RequestModel):
    """From ``from_lap`` on it rains with ``probability``."""

    from_lap: Lap
    probability: Probability


class RecentLap(RequestModel):
    """One of a car's last laps; ``tire_age`` counts this lap, ``lap_time`` is null where unknown."""

    lap: Lap
    lap_time: LapTime | None = None
    tire_compound: CompoundName | None = None
    tire_age: TireAge | None = None
    track_status: TrackStatusName = "GREEN"
    pit_in: StrictBool = False
    pit_out: StrictBool = False


class FieldCar(RequestModel):
    """A car still running at the end of ``lap``."""

    driver_id: DriverId
    position: Position
    gap_to_leader: Gap
    tire_compound: CompoundName
    tire_age: TireAge
    team: TeamName | None = None
    compounds_used: Annotated[ListOf[CompoundName], Field(max_length=20)] | None = None
    pit_stops: StopCount | None = None
    in_pit: Annotated[
        StrictBool,
        Field(
            description="It entered the pits at the end of `lap`: tire fields are of the old set, `pit_stops` counts it"
        ),
    ] = False
    time_penalty: Penalty = 0.0
    recent_laps: Annotated[ListOf[RecentLap], Field(max_length=MAX_RECENT_LAPS, description="Newest last.")] = ()
    grid_position: Position | None = None


Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False, strict=False)]
Reading = Annotated[float, Field(ge=0.0, le=25_000.0, allow_inf_nan=False, strict=False)]


class DrivenLap(RequestModel):
    """How one lap was driven, from the car's telemetry: shares of the lap's samples, km/h, m/s², kg."""

    lap: Lap
    samples: Annotated[int, Field(ge=1, le=1_000_000), Whole]
    seconds: Reading
    throttle_mean: Annotated[float, Field(ge=0.0, le=100.0, allow_inf_nan=False, strict=False)]
    full_share: Share
    coast_share: Share
    lift_share: Share
    brake_share: Share
    speed_mean: Reading
    speed_max: Reading
    speed_min: Reading
    gear_mean: Reading
    rpm_mean: Reading
    rpm_high_share: Share
    drs_share: Share
    decel_p95: Reading
    decel_mean: Reading
    brake_speed: Reading
    burn: Reading


class RecommendRequest(RequestModel):
    """A race situation and the car asked about. The first eight fields are the minimum, and enough."""

    driver_id: DriverId
    circuit_id: CircuitId
    lap: Annotated[Lap, Field(description="The last lap completed, counted from 1.")]
    position: Position
    tire_age: TireAge
    tire_compound: CompoundName
    fuel_remaining: Fuel
    gap_to_leader: Gap

    season: Season | None = None
    total_laps: TotalLaps | None = None
    track_status: TrackStatusName = "GREEN"
    compounds_used: Annotated[ListOf[CompoundName], Field(max_length=20)] | None = None
    pit_stops: StopCount | None = None
    tire_sets: (
        Annotated[
            ListOf[TireSet],
            Field(max_length=MAX_TIRE_SETS, description="Sets left; without it any dry compound may be fitted new."),
        ]
        | None
    ) = None
    rain: Annotated[ListOf[Rain], Field(max_length=50)] = ()
    min_stops: (
        Annotated[int, Field(ge=0, le=MAX_STOPS, description="Stops that the event's rules demand."), Whole] | None
    ) = None
    max_stint_laps: (
        Annotated[int, Field(ge=1, le=200, description="Longest stint the rules admit, laps."), Whole] | None
    ) = None
    objective: Objective = "points"
    n_scenarios: ScenarioCount = 10_000
    seed: Seed = 0
    candidates: Annotated[
        ListOf[Annotated[ListOf[Stop], Field(max_length=MAX_STOPS)]],
        Field(
            max_length=MAX_CANDIDATES,
            description="Strategies to judge beside those that are found; `[]`: no further stop.",
        ),
    ] = ()
    field: (
        Annotated[
            ListOf[FieldCar],
            Field(max_length=MAX_CARS, description="Every car still running, the one asked about or not included."),
        ]
        | None
    ) = None
    race_id: RaceId | None = None
    telemetry: Annotated[
        ListOf[DrivenLap],
        Field(
            max_length=MAX_RECENT_LAPS,
            description="The car's last laps as its telemetry tells them, oldest first; live state fills them in.",
        ),
    ] = ()

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> RecommendRequest:
        problems = contradictions(self)
        if problems:
            raise ContradictionError(problems)
        return self


MINIMUM = tuple(name for name, info in RecommendRequest.model_fields.items() if info.is_required())
"""The eight fields without which only a race's live state can answer."""


def parse_recommend(body: Any) -> RecommendRequest:
    """The request in a decoded JSON body. Raises ContractError: 422 with every problem, or 404 for a ``race_id`` that
    would have to be completed from live state, when no live state of it is served."""
    if isinstance(body, dict) and body.get("race_id") is not None and any(name not in body for name in MINIMUM):
        _only_race(body["race_id"])
    try:
        return RecommendRequest.model_validate(body)
    except ValidationError as error:
        raise invalid(problems_of(error)) from None


def _only_race(race_id: Any) -> None:
    """404 for a well-formed race id; a malformed one is left to the validation."""
    if isinstance(race_id, str) and len(race_id) == 7 and race_id[:4].isdecimal() and race_id.isascii():
        missing = ", ".join(MINIMUM[1:])
        raise ContractError(
            404, "race_not_found", f"No live state of race {race_id!r} is served; give {missing}, and field, instead."
        )


def unknown_fields(request: RequestModel) -> list[str]:
    """Paths of the fields that the contract does not know, in order, ten at most."""
    return [path_text(path) for path, _ in zip(_unknown(request, ()), range(10), strict=False)]


def _unknown(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, RequestModel):
        for name in value.model_extra or {}:
            yield (*path, name)
        for name in type(value).model_fields:
            yield from _unknown(getattr(value, name), (*path, name))
    elif isinstance(value, tuple):
        for i, item in enumerate(value):
            yield from _unknown(item, (*path, i))
