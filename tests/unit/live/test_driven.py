"""How laps were driven, from the stored samples: each message once, the fuller aggregate kept, answers completed."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from shared.adapters.embedded.warehouse import DuckDBWarehouse
from shared.events import Envelope
from shared.live.documents import DrivenDocument, driven_name, read
from shared.live.driven import newest, race_laps
from shared.live.fuel import DEFAULT, measured
from shared.live.handler import EVENT_ID, LiveHandler
from shared.live.keeper import StateKeeper
from shared.telemetry import CarSample, LapCompleted, Telemetry, event_id
from tests.fakes.objects import MemoryStore

START = dt.datetime(2025, 3, 23, 7, 0, tzinfo=dt.UTC)
NAME = driven_name("2025_02", "VER")


def sample(lap: int, n: int) -> CarSample:
    at = START + dt.timedelta(seconds=90 * (lap - 1) + n / 4)
    return CarSample(
        race_id="2025_02", driver_id="VER", sampled_at=at, lap=lap, speed=100.0 + n % 80, rpm=10_000 + n, gear=5,
        throttle=104 if n % 50 == 0 else n % 100, brake=n % 5 == 0, drs=8,
    )  # fmt: skip


def line(lap: int) -> LapCompleted:
    at = START + dt.timedelta(seconds=90 * lap)
    return LapCompleted(race_id="2025_02", driver_id="VER", sampled_at=at, lap=lap, lap_time=90.0)


def told(messages: list[Telemetry]) -> DrivenDocument:
    """The document after these messages, each handled by itself."""
    warehouse, store = DuckDBWarehouse(), MemoryStore()
    handler = LiveHandler(lambda: warehouse, lambda: store, StateKeeper(lambda: store, spacing=0.0))  # type: ignore[arg-type, return-value]
    envelopes = [
        Envelope(f"m{n}", m.model_dump_json(exclude_none=True).encode(), {EVENT_ID: event_id(m)}, "", "", 1)
        for n, m in enumerate(messages)
    ]
    assert handler.handle_all(envelopes) == [None] * len(envelopes)
    document = read(NAME, store.get("live", NAME).data)
    assert isinstance(document, DrivenDocument)
    return document


def test_duplicates_and_disorder_change_nothing() -> None:
    samples: list[Telemetry] = [sample(lap, n) for lap in (1, 2) for n in range(100)]
    known = told([*samples, line(1), line(2)])
    doubled = samples * 2
    random.Random(1).shuffle(doubled)
    again = told([*doubled, line(2), line(1)])
    assert known.laps == again.laps
    assert [lap.samples for lap in known.laps.values()] == [100, 100]


def test_samples_that_come_after_the_line_are_in_the_lap_at_the_next_line() -> None:
    late: list[Telemetry] = [sample(1, n) for n in range(70, 100)]
    early: list[Telemetry] = [sample(1, n) for n in range(70)]
    document = told([*early, line(1), *late, *[sample(2, n) for n in range(80)], line(2)])
    assert {number: lap.samples for number, lap in document.laps.items()} == {1: 100, 2: 80}


def test_fuel_comes_from_telemetry_where_three_laps_are_at_hand_and_says_so() -> None:
    messages: list[Telemetry] = []
    for lap in range(1, 5):
        messages += [*[sample(lap, n) for n in range(80)], line(lap)]
    document = told(messages)
    laps = tuple(document.laps.values())
    aboard, basis = measured(laps, 4, 50, DEFAULT)
    assert aboard == pytest.approx(110.0 * 46 / 50, rel=0.01)
    assert "no public truth" in basis
    assert measured(laps[:2], 4, 50, DEFAULT) == (DEFAULT.remaining(4, 50), DEFAULT.basis)
    assert [lap.lap for lap in newest(laps, 3, 2)] == [2, 3]


def test_the_laps_of_a_race_are_those_of_all_its_cars_each_message_once() -> None:
    warehouse, store = DuckDBWarehouse(), MemoryStore()
    handler = LiveHandler(lambda: warehouse, lambda: store, StateKeeper(lambda: store, spacing=0.0))  # type: ignore[arg-type, return-value]
    own = [sample(lap, n) for lap in (1, 2) for n in range(100)]
    messages = [*own, *own, *(each.model_copy(update={"driver_id": "NOR"}) for each in own if each.lap == 1)]
    messages += [each.model_copy(update={"race_id": "2025_03"}) for each in own]
    envelopes = [
        Envelope(f"m{n}", m.model_dump_json(exclude_none=True).encode(), {EVENT_ID: event_id(m)}, "", "", 1)
        for n, m in enumerate(messages)
    ]
    for part in (envelopes[:300], envelopes[300:]):
        handler.handle_all(part)
    laps = race_laps(warehouse, "2025_02", START.date())
    assert [(lap.lap, lap.samples) for lap in laps] == [(1, 100), (1, 100), (2, 100)]
    assert laps[0] == laps[1] == told([*own, line(1), line(2)]).laps[1]
    assert race_laps(warehouse, "2025_04", START.date()) == []
    assert race_laps(warehouse, "2025_02", START.date() - dt.timedelta(days=9)) == []
