"""The messages on the topic ``telemetry``: what a timing feed tells of a race while it runs.

Each has a ``kind``, a version, the race and the time of the event by the feed's clock (``sampled_at``), which alone
decides order: delivery is at least once and in any order. ``decode`` reads any of them; ``publish`` of
``shared.events`` sends them. A field that a feed does not know is left out; fields unknown here are ignored, unknown
kinds and versions refused.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shared.errors import EventError
from shared.events import Message, RaceId

TOPIC = "telemetry"

DriverCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.'-]{0,63}$", description="three-letter code")]
CompoundName = Literal["SOFT", "MEDIUM", "HARD", "INTERMEDIATE", "WET"]
StatusName = Literal["GREEN", "YELLOW", "VSC", "SC", "RED"]
Timing = Literal["live", "recorded", "reconstructed", "simulated"]
LapNumber = Annotated[int, Field(ge=0, le=200)]


class TelemetryMessage(Message):
    """What every message of the topic has."""

    TOPIC: ClassVar[str] = TOPIC
    version: Literal[1] = 1
    race_id: RaceId
    sampled_at: AwareDatetime = Field(description="time of the event by the feed's clock")


class Starter(BaseModel):
    """A car on the grid; ``grid_position`` 0 is the pit lane."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    driver_id: DriverCode
    team: str | None = Field(None, max_length=64)
    name: str | None = Field(None, max_length=64)
    grid_position: int | None = Field(None, ge=0, le=40)
    tire_compound: CompoundName | None = None
    tire_age: int | None = Field(None, ge=0, le=200)


class SessionInfo(TelemetryMessage):
    """Which race this is: sent once before the start, and again with any change, such as a shortened distance."""

    kind: Literal["session"] = "session"
    circuit_id: str = Field(min_length=1, max_length=64, description="Ergast id of the circuit")
    total_laps: int = Field(ge=1, le=200, description="scheduled distance, laps")
    name: str | None = Field(None, max_length=200, description="the event's name")
    timing: Timing = Field("live", description="where the times come from; reconstructed: some were inferred")
    note: str | None = Field(None, max_length=500, description="what was reconstructed")
    starters: tuple[Starter, ...] = ()


class CarSample(TelemetryMessage):
    """One car's telemetry at one moment."""

    kind: Literal["car"] = "car"
    driver_id: DriverCode
    lap: LapNumber | None = Field(None, description="the lap under way")
    speed: float | None = Field(None, ge=0, le=450, description="km/h")
    rpm: float | None = Field(None, ge=0, le=25_000)
    gear: int | None = Field(None, ge=0, le=9)
    throttle: float | None = Field(None, ge=0, le=110, description="%; the feed sends 104 for no reading")
    brake: bool | None = None
    drs: int | None = Field(None, ge=0, le=255, description="the feed's code: 10, 12, 14 are open")
    distance: float | None = Field(None, ge=0, description="m since the start of the lap")
    x: float | None = Field(None, allow_inf_nan=False, description="position on the feed's map, 0.1 m")
    y: float | None = Field(None, allow_inf_nan=False, description="0.1 m")
    z: float | None = Field(None, allow_inf_nan=False, description="0.1 m")


class LapCompleted(TelemetryMessage):
    """A car crossed the line at the end of ``lap``; ``sampled_at`` is when, to the millisecond: gaps come from it."""

    kind: Literal["timing"] = "timing"
    driver_id: DriverCode
    lap: int = Field(ge=1, le=200)
    lap_time: float | None = Field(None, gt=0, le=14_400, description="s")
    position: int | None = Field(None, ge=1, le=40)
    gap_to_leader: float | None = Field(None, ge=0, le=14_400, description="s, as the feed gives it; for display")
    tire_compound: CompoundName | None = None
    tire_age: int | None = Field(None, ge=0, le=300, description="laps on the set, this one included")
    pit_in: bool = Field(False, description="entered the pit lane at the end of this lap")
    pit_out: bool = Field(False, description="left the pit lane at the start of this lap")
    pit_stops: int | None = Field(None, ge=0, le=50, description="tire stops so far, one under way included")
    track_status: StatusName | None = Field(None, description="worst met on this lap; else from track_status messages")
    time_penalty: float | None = Field(None, ge=0, le=600, description="s of penalty not yet served")
    team: str | None = Field(None, max_length=64)


class PitVisit(TelemetryMessage):
    """A car entered or left the pit lane."""

    kind: Literal["pit"] = "pit"
    driver_id: DriverCode
    lap: LapNumber
    action: Literal["in", "out"]
    tire_compound: CompoundName | None = Field(None, description="fitted when it left")
    tire_age: int | None = Field(None, ge=0, le=300, description="laps already on that set")


class Retirement(TelemetryMessage):
    """A car is out of the race; ``lap`` is the last one it completed."""

    kind: Literal["retirement"] = "retirement"
    driver_id: DriverCode
    lap: LapNumber
    reason: str | None = Field(None, max_length=200)


class TrackStatusChange(TelemetryMessage):
    """The status of the track from now on."""

    kind: Literal["track_status"] = "track_status"
    status: StatusName


class WeatherSample(TelemetryMessage):
    """The weather at the track; feeds send it once a minute."""

    kind: Literal["weather"] = "weather"
    air_temp: float | None = Field(None, ge=-50, le=80, description="°C")
    track_temp: float | None = Field(None, ge=-50, le=100, description="°C")
    humidity: float | None = Field(None, ge=0, le=100, description="%")
    pressure: float | None = Field(None, ge=500, le=1100, description="mbar")
    rainfall: bool | None = None
    wind_speed: float | None = Field(None, ge=0, le=100, description="m/s")
    wind_direction: int | None = Field(None, ge=0, le=360, description="degrees")


class RaceControlMessage(TelemetryMessage):
    """What race control tells the teams."""

    kind: Literal["race_control"] = "race_control"
    message: str = Field(min_length=1, max_length=1000)
    category: str | None = Field(None, max_length=40, description="Flag, SafetyCar, Drs, CarEvent, Other")
    flag: str | None = Field(None, max_length=40, description="GREEN, YELLOW, DOUBLE YELLOW, RED, BLUE, CHEQUERED, ...")
    scope: str | None = Field(None, max_length=40, description="Track, Sector or Driver")
    sector: int | None = Field(None, ge=0, le=100)
    driver_id: DriverCode | None = None
    lap: LapNumber | None = None


Telemetry = (
    SessionInfo
    | CarSample
    | LapCompleted
    | PitVisit
    | Retirement
    | TrackStatusChange
    | WeatherSample
    | RaceControlMessage
)
_ADAPTER: TypeAdapter[Telemetry] = TypeAdapter(Annotated[Telemetry, Field(discriminator="kind")])


def decode(data: bytes) -> Telemetry:
    """The message in these bytes of JSON. Raises EventError naming the field at fault and what is allowed."""
    try:
        return _ADAPTER.validate_json(data)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'message'}: {e['msg']}" for e in error.errors())
        raise EventError(f"{TOPIC}: {problems}") from None


def event_id(message: TelemetryMessage) -> str:
    """A name for the event that is the same however often it is published: duplicates are known by it."""
    return hashlib.sha256(message.model_dump_json(exclude_none=True).encode()).hexdigest()[:32]
