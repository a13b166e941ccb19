"""How a running car was driven, lap by lap: its stored samples of a lap, aggregated when the line is crossed.

Samples come by a subscription of their own and up to a minute late, so at each line the lap before is aggregated
again; an aggregate of more samples replaces one of fewer, in whatever order they are written. The samples themselves
merge in the store, each message id once, and the same function reads recorded laps.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.features.telemetry.lap import LapSamples, lap_telemetry
from shared.live.documents import LapDriven, driven_name
from shared.live.keeper import StateKeeper
from shared.ports import Warehouse
from shared.race.telemetry import LapTelemetry
from shared.telemetry import LapCompleted

if TYPE_CHECKING:  # who answers reads what was aggregated, and is spared what aggregates
    import pyarrow as pa

LONGEST = dt.timedelta(minutes=90)
"""Before the line within which the samples of two laps are looked for: a red flag within them takes an hour at most."""
LATEST = dt.timedelta(minutes=1)

SAMPLES_SQL = """
SELECT lap, sampled_at, speed, rpm, gear, throttle, brake, drs FROM live_features
WHERE sampled_at BETWEEN @since AND @until AND kind = 'car' AND race_id = @race_id AND driver_id = @driver_id
  AND lap BETWEEN @first_lap AND @last_lap
QUALIFY ROW_NUMBER() OVER (PARTITION BY message_id ORDER BY received_at) = 1
"""
"""One car's samples of two laps from the stored rows, each message once; BigQuery's dialect."""

RACE_SQL = """
SELECT driver_id, lap, sampled_at, speed, rpm, gear, throttle, brake, drs FROM live_features
WHERE sampled_at BETWEEN @since AND @until AND kind = 'car' AND race_id = @race_id AND lap IS NOT NULL
QUALIFY ROW_NUMBER() OVER (PARTITION BY message_id ORDER BY received_at) = 1
"""
"""All cars' samples of a race, each message once."""
AROUND = dt.timedelta(days=2)
"""Before and after the day of a race on which its telemetry is looked for: a date is local, and a race may move."""


def race_laps(warehouse: Warehouse, race_id: str, day: dt.date) -> list[LapTelemetry]:
    """Laps of all cars that the live telemetry of a race on this day told, car by car; none where it was not followed.
    Raises WarehouseError."""
    noon = dt.datetime.combine(day, dt.time(12), dt.UTC)
    rows = warehouse.query(RACE_SQL, {"since": noon - AROUND, "until": noon + AROUND, "race_id": race_id})
    drivers = rows["driver_id"].to_numpy(zero_copy_only=False)
    return [lap for driver in sorted(set(drivers)) for lap in laps_of(rows.filter(drivers == driver))]


def note_laps(warehouse: Callable[[], Warehouse], keeper: StateKeeper, message: LapCompleted) -> None:
    """Aggregate the lap completed and the one before and keep what is new of them. Nothing is kept of a lap without
    telemetry. Raises WarehouseError or StoreError: the message must come again then."""
    rows = warehouse().query(
        SAMPLES_SQL,
        {
            "since": message.sampled_at - LONGEST,
            "until": message.sampled_at + LATEST,
            "race_id": message.race_id,
            "driver_id": message.driver_id,
            "first_lap": message.lap - 1,
            "last_lap": message.lap,
        },
    )
    found = laps_of(rows)
    if found:
        driven = LapDriven(
            race_id=message.race_id, driver_id=message.driver_id, sampled_at=message.sampled_at, laps=tuple(found)
        )
        keeper.apply(driven_name(message.race_id, message.driver_id), driven)


def laps_of(rows: pa.Table) -> list[LapTelemetry]:
    """Laps that the samples of one car tell, in order; rows with the columns of SAMPLES_SQL."""
    import pyarrow as pa

    if rows.num_rows == 0:
        return []
    lap = rows["lap"].to_numpy()
    microseconds = rows["sampled_at"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy()
    columns = {"time": (microseconds - microseconds.min()) / 1e6}
    for name in LapSamples._fields[1:]:
        columns[name] = _floats(rows[name])
    laps = []
    for number in np.unique(lap):
        own = lap == number
        told = lap_telemetry(int(number), LapSamples(*(columns[name][own] for name in LapSamples._fields)))
        if told is not None:
            laps.append(told)
    return laps


def _floats(column: Any) -> Any:
    return column.cast("float64").to_numpy().astype(float)


def newest(laps: Sequence[LapTelemetry], lap: int, count: int) -> tuple[LapTelemetry, ...]:
    """The last ``count`` laps up to and with ``lap``."""
    return tuple(each for each in laps if each.lap <= lap)[-count:]
