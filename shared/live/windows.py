"""Five-second tumbling windows of car telemetry, by event time, as sums that merge in any order and any grouping.

A stored row of ``live_features`` is the aggregate of one sample; whoever merges rows leaves out a message id met
before. So the windows come out the same under duplicates, disorder and any number of writers. The same pure functions
run message by message, in Beam, and (as SQL) over the stored rows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

from shared.telemetry import CarSample

WINDOW_SECONDS = 5
LATE_SECONDS = 60
"""A message this far behind the newest one received before it is late: it still counts in its window, and is told."""
NO_READING = 100.0
"""The feed sends a throttle of 104 where it has no reading."""


class Key(NamedTuple):
    """One car's window; ``start`` in whole seconds of Unix time, a multiple of five."""

    race_id: str
    driver_id: str
    start: int


class Window(NamedTuple):
    """Mergeable sums of a window: counts of samples and of readings, sums, maxima (None where nothing was read)."""

    samples: int = 0
    throttle_n: int = 0
    throttle_sum: float = 0.0
    speed_n: int = 0
    speed_sum: float = 0.0
    speed_max: float | None = None
    rpm_max: float | None = None
    brake_n: int = 0
    brake_on: int = 0
    drs_n: int = 0
    drs_open: int = 0
    lap_max: int | None = None


class Features(NamedTuple):
    """What a window tells: means, maxima and shares; None where nothing was read."""

    samples: int
    throttle_mean: float | None
    speed_mean: float | None
    speed_max: float | None
    rpm_max: float | None
    brake_share: float | None
    drs_share: float | None
    lap: int | None


def window_start(at: dt.datetime) -> int:
    """Start of the window that holds this moment, Unix seconds."""
    return int(at.timestamp() // WINDOW_SECONDS) * WINDOW_SECONDS


def key_of(sample: CarSample) -> Key:
    """The window that a sample belongs to."""
    return Key(sample.race_id, sample.driver_id, window_start(sample.sampled_at))


def window_of(sample: CarSample) -> Window:
    """The aggregate of one sample."""
    throttle = sample.throttle if sample.throttle is not None and sample.throttle <= NO_READING else None
    return Window(
        1,
        int(throttle is not None),
        throttle or 0.0,
        int(sample.speed is not None),
        sample.speed or 0.0,
        sample.speed,
        sample.rpm,
        int(sample.brake is not None),
        int(sample.brake is True),
        int(sample.drs is not None),
        int(sample.drs in (10, 12, 14)),
        sample.lap,
    )


def merge(a: Window, b: Window) -> Window:
    """Both together. Associative and commutative, with ``Window()`` as its zero (sums of floats up to rounding)."""
    return Window(
        a[0] + b[0],
        a[1] + b[1],
        a[2] + b[2],
        a[3] + b[3],
        a[4] + b[4],
        _larger(a[5], b[5]),
        _larger(a[6], b[6]),
        a[7] + b[7],
        a[8] + b[8],
        a[9] + b[9],
        a[10] + b[10],
        _larger(a[11], b[11]),
    )


def features(window: Window) -> Features:
    """What the window tells, rounded to what the sensors resolve."""
    return Features(
        window.samples,
        _mean(window.throttle_sum, window.throttle_n),
        _mean(window.speed_sum, window.speed_n),
        window.speed_max,
        window.rpm_max,
        _mean(window.brake_on, window.brake_n),
        _mean(window.drs_open, window.drs_n),
        window.lap_max,
    )


def windows(messages: Iterable[tuple[str, CarSample]]) -> dict[Key, Window]:
    """Windows of messages with their ids, each id once."""
    seen: set[str] = set()
    found: dict[Key, Window] = {}
    for identity, sample in messages:
        if identity not in seen:
            seen.add(identity)
            key = key_of(sample)
            found[key] = merge(found.get(key, Window()), window_of(sample))
    return found


WINDOWS_SQL = """
WITH once AS (
  SELECT * FROM live_features
  WHERE kind = 'car' AND race_id = @race_id
  QUALIFY ROW_NUMBER() OVER (PARTITION BY message_id ORDER BY received_at) = 1
), known AS (
  SELECT *, CASE WHEN throttle <= 100 THEN throttle END AS pedal,
    TIMESTAMP_DIFF(MAX(sampled_at) OVER (ORDER BY received_at, message_id), sampled_at, SECOND) > 60 AS late
  FROM once
)
SELECT race_id, driver_id, window_start, COUNT(*) AS samples,
  ROUND(AVG(pedal), 6) AS throttle_mean, ROUND(AVG(speed), 6) AS speed_mean, MAX(speed) AS speed_max,
  MAX(rpm) AS rpm_max,
  ROUND(AVG(CASE WHEN brake THEN 1.0 WHEN NOT brake THEN 0.0 END), 6) AS brake_share,
  ROUND(AVG(CASE WHEN drs IN (10, 12, 14) THEN 1.0 WHEN drs IS NOT NULL THEN 0.0 END), 6) AS drs_share,
  MAX(lap) AS lap, COUNTIF(late) AS late
FROM known GROUP BY race_id, driver_id, window_start
"""
"""The windows of one race from the stored rows, each message once, with the number of late ones; BigQuery's dialect."""


def stored_windows(rows: Iterable[dict[str, Any]]) -> dict[Key, Features]:
    """Rows of ``WINDOWS_SQL`` in the form that ``features`` gives."""
    return {
        Key(row["race_id"], row["driver_id"], int(row["window_start"].timestamp())): Features(
            *(row[name] for name in Features._fields)
        )
        for row in rows
    }


def _mean(total: float, n: int) -> float | None:
    return round(total / n, 6) if n else None


def _larger(a: Any, b: Any) -> Any:
    return b if a is None else a if b is None else max(a, b)
