"""The state of a race at one moment: what is known of every car when a question is asked.

Plain frozen data. The HTTP contract, the live state and the backtest all turn into this, and the
models and the simulation start from it. Laps count from 1; ``lap`` is the last lap completed; gaps
are seconds to the leader, each taken at the car's own line on that lap.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from shared.race.telemetry import LapTelemetry
from shared.race.vocabulary import Compound, TrackStatus


@dataclass(frozen=True, slots=True)
class Stop:
    """One tire stop: ``lap`` is the in-lap, ``compound`` what is fitted."""

    lap: int
    compound: Compound


@dataclass(frozen=True, slots=True)
class LapRecord:
    """One completed lap of a car; None where unknown. ``tire_age`` counts this lap."""

    lap: int
    lap_time: float | None
    compound: Compound | None = None
    tire_age: int | None = None
    track_status: TrackStatus = TrackStatus.GREEN
    pit_in: bool = False
    pit_out: bool = False


@dataclass(frozen=True, slots=True)
class CarState:
    """One car still running.

    ``in_pit``: it entered the pits at the end of the last lap; its tire fields still describe the old set,
    ``pit_stops`` counts the stop and the time loss is still to come. ``time_penalty``: seconds not yet served.
    ``tire_sets``: sets left as (compound, age), None when unknown (any dry compound may be fitted new).
    ``plan``: stops still to come when the caller fixes them, None when the pit policy decides.
    ``assumed``: True when the car was not in the request but filled in from what is typical.
    """

    driver_id: str
    team: str | None
    position: int
    gap_to_leader: float
    compound: Compound
    tire_age: int
    compounds_used: tuple[Compound, ...] = ()
    pit_stops: int = 0
    in_pit: bool = False
    time_penalty: float = 0.0
    recent_laps: tuple[LapRecord, ...] = ()
    grid_position: int | None = None
    tire_sets: tuple[tuple[Compound, int], ...] | None = None
    plan: tuple[Stop, ...] | None = None
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class RaceState:
    """The whole field at the end of ``lap`` (0: on the grid). ``cars`` are sorted by position and hold every
    car still running. ``rain``: (from_lap, probability) pairs. ``min_stops`` and ``max_stint_laps`` are the rules
    of the event already resolved (None: no stint limit). ``fuel``: kg of the car asked about, None if unknown;
    ``driven``: how its last laps (at most ten, in order) were driven, where telemetry is at hand."""

    season: int
    circuit_id: str
    lap: int
    total_laps: int
    track_status: TrackStatus
    cars: tuple[CarState, ...]
    min_stops: int = 0
    max_stint_laps: int | None = None
    rain: tuple[tuple[int, float], ...] = ()
    fuel: float | None = None
    driven: tuple[LapTelemetry, ...] = ()
    warnings: tuple[str, ...] = field(default=())

    def index_of(self, driver_id: str) -> int:
        """Index of a driver in ``cars``. Raises KeyError for a driver who is not running."""
        for i, car in enumerate(self.cars):
            if car.driver_id == driver_id:
                return i
        raise KeyError(driver_id)
