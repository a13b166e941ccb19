"""The scalar types of the contract: strict about kinds, with the ranges that a client is told.

JSON has one kind of number, so a whole number may arrive as ``15.0``; it is taken as 15. A boolean is never a number,
text is never a number, and NaN and the infinities are never anything.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

MAX_CARS = 26
MAX_STOPS = 5
"""Cars of a race and further stops of a strategy, at most: what the simulation has room for."""
MAX_RACE_LAPS = 200
"""Longest race of the championship's history: the 200 laps of the Indianapolis 500 (1950 to 1960)."""
MAX_USED_SET_LAPS = 30
"""A tire may be older than the race by this many laps: sets used in practice and qualifying."""
MAX_RECENT_LAPS = 10
MAX_CANDIDATES = 50
MAX_TIRE_SETS = 40
MAX_GAP = 7200.0
DRIVER_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.'-]{0,63}$"
CIRCUIT_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"

CompoundName = Literal["SOFT", "MEDIUM", "HARD", "INTERMEDIATE", "WET"]
TrackStatusName = Literal["GREEN", "YELLOW", "VSC", "SC", "RED"]
Objective = Literal["points", "win", "podium", "position"]
DrivingMode = Literal["PUSH", "BALANCED", "CONSERVE"]


def _whole(value: Any) -> Any:
    """15.0 is 15; anything else goes on to the strict check as it came."""
    return int(value) if type(value) is float and value.is_integer() and abs(value) < 2**53 else value


Whole = BeforeValidator(_whole)
Season = Annotated[int, Field(ge=1950, le=2100, description="Season, a year."), Whole]
TotalLaps = Annotated[int, Field(ge=1, le=MAX_RACE_LAPS, description="Scheduled distance in laps."), Whole]
Lap = Annotated[int, Field(ge=1, le=MAX_RACE_LAPS, description="A lap, counted from 1."), Whole]
Position = Annotated[int, Field(ge=1, le=MAX_CARS, description="Place among the cars still running, from 1."), Whole]
TireAge = Annotated[
    int, Field(ge=0, le=MAX_RACE_LAPS + MAX_USED_SET_LAPS, description="Laps on the set, the last one included."), Whole
]
StopCount = Annotated[int, Field(ge=0, le=50, description="Pit stops so far, one under way included."), Whole]
Gap = Annotated[
    float, Field(ge=0, le=MAX_GAP, allow_inf_nan=False, description="Seconds to the leader at the car's own line.")
]
Fuel = Annotated[float, Field(ge=0, le=300, allow_inf_nan=False, description="Fuel aboard, kg.")]
LapTime = Annotated[float, Field(ge=10, le=14400, allow_inf_nan=False, description="Lap time, s.")]
Penalty = Annotated[float, Field(ge=0, le=600, allow_inf_nan=False, description="Seconds of penalty not yet served.")]
Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
ScenarioCount = Annotated[
    int, Field(ge=1000, le=100_000, description="Scenarios on which forecast and leading candidates rest."), Whole
]
Seed = Annotated[int, Field(ge=0, le=2**32 - 1, description="The same request and seed give the same answer."), Whole]
DriverId = Annotated[
    str,
    Field(pattern=DRIVER_PATTERN, description="Three-letter code (`VER`) or Ergast id (`alonso`)."),
]
CircuitId = Annotated[
    str,
    Field(pattern=CIRCUIT_PATTERN, description="Circuit as in Ergast: `bahrain`, `red_bull_ring`."),
]
RaceId = Annotated[str, Field(pattern=r"^[0-9]{4}_[0-9]{2}$", description="Season and round: `2023_01`.")]
TeamName = Annotated[
    str,
    Field(
        pattern=r"^[^\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]{1,64}$", description="Team name."
    ),
]
