"""What the reading routes tell of recorded races and seasons: laps, cars with their results, who drove in a season."""

from __future__ import annotations

from shared.contract.answers import AnswerModel, Number


class RaceSummary(AnswerModel):
    """A recorded race. ``drivers``: those who did a lap."""

    race_id: str
    season: int
    round: int
    name: str | None
    circuit_id: str
    date: str
    total_laps: int | None
    drivers: tuple[str, ...]


class RecordedLap(AnswerModel):
    """A lap that a driver completed. Gap to the leader at the driver's own line, s; null where not recorded."""

    driver_id: str
    lap: int
    lap_time: Number | None
    position: int | None
    gap_to_leader: Number | None
    tire_compound: str | None
    tire_age: Number | None
    stint: int | None
    track_status: str | None
    pit_in: bool | None
    pit_out: bool | None


class RecordedCar(AnswerModel):
    """A car of a recorded race as it was classified, null what is not known. ``grid``: 0 is the pit lane, or none;
    ``position``: null if not classified; ``status``: how the race ended for it ("Finished", "+1 Lap", "Engine")."""

    driver_id: str
    ergast_id: str | None = None
    name: str | None = None
    team: str | None = None
    grid: int | None = None
    position: int | None = None
    points: Number | None = None
    laps: int | None = None
    status: str | None = None


class RaceLaps(AnswerModel):
    """Every lap of a recorded race, by lap and place, and its cars in the order of the result; races that were stored
    before cars were kept have none."""

    race_id: str
    laps: tuple[RecordedLap, ...]
    cars: tuple[RecordedCar, ...] = ()


class SeasonDriver(AnswerModel):
    """A driver of a season's typical field; ``team`` as the timing service names it."""

    driver_id: str
    name: str | None
    team: str | None


class SeasonSummary(AnswerModel):
    """The drivers of a season that the bundle knows, the fastest first."""

    season: int
    drivers: tuple[SeasonDriver, ...]
