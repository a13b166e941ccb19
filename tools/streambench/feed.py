"""A feed to measure with: car samples and completed laps of many races at once, in a real feed's proportion."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

from shared.telemetry import CarSample, LapCompleted, SessionInfo, Telemetry

CARS = 20
SAMPLES_A_LAP = 330
"""Car samples to one completed lap: 3.7 Hz, as FastF1 tells of the feed, over 90 s."""
LAP_SECONDS = 90.0
START = dt.datetime(2024, 6, 1, 14, 0, tzinfo=dt.UTC)


def race_id(number: int) -> str:
    """Races of a season that never was, so that a measure touches no real one."""
    return f"{2100 + number // 99}_{number % 99 + 1:02d}"


def driver(number: int) -> str:
    """An invented driver's code."""
    return f"D{number:02d}"


def session(number: int) -> SessionInfo:
    """What begins a race of the feed."""
    return SessionInfo(
        race_id=race_id(number), sampled_at=START, circuit_id="bahrain", total_laps=200, timing="simulated"
    )


def sample(number: int, at: float = 0.0, race: int = 0) -> CarSample:
    """The ``number``-th car sample: values of a lap that repeats."""
    lap, step = divmod(number // CARS, SAMPLES_A_LAP)
    return CarSample(
        race_id=race_id(race),
        driver_id=driver(number % CARS),
        sampled_at=START + dt.timedelta(seconds=at or number / CARS / 3.7),
        lap=min(lap + 1, 200),
        speed=float(80 + (step * 7) % 240),
        rpm=float(9000 + (step * 13) % 3000),
        gear=1 + step % 8,
        throttle=float(step * 3 % 105),
        brake=step % 9 == 0,
        drs=(0, 8, 12, 14)[step % 4],
        distance=float(step * 16),
        x=round(20_000 * math.cos(step / 52.5), 1),
        y=round(8_000 * math.sin(step / 52.5), 1),
        z=70.0,
    )


def lap(number: int, race: int, car: int) -> LapCompleted:
    """A car's ``number``-th lap, from 1."""
    return LapCompleted(
        race_id=race_id(race),
        driver_id=driver(car),
        sampled_at=START + dt.timedelta(seconds=LAP_SECONDS * number + 0.9 * car),
        lap=number,
        lap_time=LAP_SECONDS,
        position=car + 1,
        tire_compound="MEDIUM",
        tire_age=number,
        track_status="GREEN",
    )


def mixed(count: int, races: int) -> Iterator[Telemetry]:
    """``count`` messages of ``races`` at once: sessions, samples, and a completed lap after every 330 samples."""
    made = 0
    for number in range(races):
        yield session(number)
        made += 1
    samples = laps = 0
    while made < count:
        if samples and samples % SAMPLES_A_LAP == 0:
            who = laps % (races * CARS)
            yield lap(1 + laps // (races * CARS) % 200, who // CARS, who % CARS)
            laps += 1
            made += 1
        yield sample(samples, race=samples % races)
        samples += 1
        made += 1
