"""What ``GET /live/{race_id}`` answers: the field in the form that ``/recommend`` takes, and what a dashboard shows."""

from __future__ import annotations

from pydantic import AwareDatetime

from shared.contract.answers import AnswerModel, Number
from shared.contract.scalars import CompoundName, TrackStatusName


class LiveLap(AnswerModel):
    """One of a car's last laps, as ``/recommend`` takes it."""

    lap: int
    lap_time: Number | None
    tire_compound: CompoundName | None
    tire_age: int | None
    track_status: TrackStatusName
    pit_in: bool
    pit_out: bool


class LiveFieldCar(AnswerModel):
    """A car still running, as ``/recommend`` takes it."""

    driver_id: str
    team: str | None
    position: int
    gap_to_leader: Number
    tire_compound: CompoundName
    tire_age: int
    compounds_used: tuple[CompoundName, ...]
    pit_stops: int
    in_pit: bool
    time_penalty: Number
    recent_laps: tuple[LiveLap, ...]
    grid_position: int | None


class TrackPosition(AnswerModel):
    """A car on the circuit's map, meters, at a moment by the feed's clock."""

    x: Number
    y: Number
    at: AwareDatetime


class LiveCar(AnswerModel):
    """What else is known of a car: its last lap completed (0: none yet) and when, whether it stands in the pit lane or
    is out, and its newest position, null where the feed tells none. ``fuel_basis``: what ``fuel_remaining``
    rests on."""

    driver_id: str
    lap: int
    line_at: AwareDatetime | None
    in_pit_lane: bool
    retired: bool
    fuel_remaining: Number | None
    fuel_basis: str = ""
    track_position: TrackPosition | None


class LiveWeather(AnswerModel):
    """The newest weather: °C, %, mbar, m/s, degrees."""

    at: AwareDatetime
    air_temp: Number | None
    track_temp: Number | None
    humidity: Number | None
    pressure: Number | None
    rainfall: bool | None
    wind_speed: Number | None
    wind_direction: int | None


class LiveControl(AnswerModel):
    """A message of race control."""

    at: AwareDatetime
    message: str
    category: str | None
    flag: str | None
    scope: str | None
    sector: int | None
    driver_id: str | None
    lap: int | None


class LiveSummary(AnswerModel):
    """A race of which live state is kept. ``updated_at``: time of the race's own newest event (status, weather, race
    control), by the feed's clock."""

    race_id: str
    name: str | None
    season: int
    circuit_id: str
    total_laps: int
    timing: str
    updated_at: AwareDatetime


class LiveAnswer(AnswerModel):
    """A race as it stands. ``lap``: the newest that any car has completed, 0 on the grid. ``updated_at``: time of the
    newest event by the feed's clock; ``written_at``: when it was stored. ``timing`` and ``note``: where the times come
    from, and what was reconstructed. ``fuel_basis``: what the cars' ``fuel_remaining`` rests on."""

    race_id: str
    season: int
    circuit_id: str
    lap: int
    total_laps: int
    track_status: TrackStatusName
    updated_at: AwareDatetime
    field: tuple[LiveFieldCar, ...]
    written_at: AwareDatetime | None
    name: str | None
    timing: str
    note: str | None
    cars: tuple[LiveCar, ...]
    fuel_basis: str
    weather: LiveWeather | None
    race_control: tuple[LiveControl, ...]
