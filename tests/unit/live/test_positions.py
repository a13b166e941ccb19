"""Positions of cars: the newest by event time, at most a write a second and race, samples never held up."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest

from shared.errors import NotFound, TooManyRequests
from shared.events import Envelope
from shared.live import positions
from shared.live.handler import LiveHandler
from shared.live.positions import PositionBoard
from shared.live.reader import LiveReader
from shared.telemetry import CarSample
from tests.fakes.objects import MemoryStore

START = dt.datetime(2023, 3, 5, 15, 0, tzinfo=dt.UTC)
NAME = positions.object_name("2023_01")


class Clock:
    """One time for the wall and the monotonic clock, which passes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> dt.datetime:
        return START + dt.timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


def sample(seconds: float, driver: str = "VER", x: float | None = None, race: str = "2023_01") -> CarSample:
    at = START + dt.timedelta(seconds=seconds)
    return CarSample(
        race_id=race, driver_id=driver, sampled_at=at, x=10 * seconds if x is None else x, y=-20.0 * seconds
    )


def board(store: MemoryStore, clock: Clock, seed: int = 0) -> PositionBoard:
    return PositionBoard(lambda: store, clock.now, clock.monotonic, chance=random.Random(seed).random)


def kept(store: MemoryStore) -> dict[str, tuple[float, float]]:
    cars = positions.read(store.get("live", NAME).data).cars
    return {driver: (car.x, car.y) for driver, car in cars.items()}


def test_a_sample_is_told_in_meters_and_one_without_a_position_not_at_all() -> None:
    store, clock = MemoryStore(), Clock()
    keeping = board(store, clock)
    keeping.note(CarSample(race_id="2023_01", driver_id="LEC", sampled_at=START))
    with pytest.raises(NotFound):
        store.get("live", NAME)
    keeping.note(sample(3.0, x=-1234.0))
    assert kept(store) == {"VER": (-123.4, -6.0)}


def test_one_race_is_written_once_a_second_with_the_newest_of_every_car() -> None:
    store, clock = MemoryStore(), Clock()
    times: list[float] = []
    store.before_put = lambda name: times.append(clock.seconds)
    keeping = board(store, clock)
    for step in range(1000):  # ten seconds of two cars at 50 a second each
        clock.seconds = step / 100
        keeping.note(sample(clock.seconds, ("VER", "LEC")[step % 2]))
    assert len(times) == 10
    assert min(b - a for a, b in itertools.pairwise(times)) >= 1.0
    assert kept(store)["VER"] == (9.0, -18.0)
    assert kept(store)["LEC"][0] == pytest.approx(9.0, abs=0.02), "what came since is written with the next"


def test_a_late_sample_moves_no_car_back() -> None:
    store, clock = MemoryStore(), Clock()
    keeping = board(store, clock)
    told = [sample(seconds) for seconds in range(60)]
    random.Random(1).shuffle(told)
    for message in [*told, *told[:20]]:
        clock.seconds += 0.7
        keeping.note(message)
    clock.seconds += 2
    keeping.note(sample(5.0))
    assert kept(store) == {"VER": (59.0, -118.0)}


def test_instances_share_the_second_and_each_others_positions_stay() -> None:
    store, clock = MemoryStore(), Clock()
    instances = [board(store, clock, seed) for seed in range(4)]
    rng = random.Random(2)
    for step in range(2000):
        clock.seconds = step / 100
        rng.choice(instances).note(sample(clock.seconds, f"D{step % 20:02d}"))
    assert len(store.written) <= 21, "twenty seconds"
    told = kept(store)
    assert len(told) == 20
    assert min(x for x, _ in told.values()) > 16.0


def test_a_store_that_refuses_holds_no_sample_up_and_the_next_one_tries_again() -> None:
    store, clock = MemoryStore(), Clock()
    refusing = True

    def refuse(name: str) -> None:
        if refusing:
            raise TooManyRequests("slow down")

    store.before_put = refuse
    keeping = board(store, clock)
    keeping.note(sample(0.0))
    keeping.note(sample(0.1, "LEC"))
    refusing = False
    clock.seconds = 2.5
    keeping.note(sample(2.5))
    assert kept(store) == {"LEC": (0.1, -0.2), "VER": (2.5, -5.0)}


def test_a_race_told_again_from_its_start_does_not_meet_the_end_of_the_last_telling() -> None:
    store, clock = MemoryStore(), Clock()
    keeping = board(store, clock)
    keeping.note(sample(5000.0))
    keeping.note(sample(5000.1))
    store.delete("live", NAME)
    clock.seconds = 60.0
    keeping.note(sample(1.0))
    assert kept(store) == {"VER": (1.0, -2.0)}


def test_threads_side_by_side_lose_no_car() -> None:
    store = MemoryStore()
    keeping = PositionBoard(lambda: store, spacing=0.01)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: keeping.note(sample(n / 100, f"D{n % 20:02d}")), range(4000)))
    assert len(kept(store)) == 20


def test_an_object_that_cannot_be_read_is_written_anew() -> None:
    store, clock = MemoryStore(), Clock()
    store.put("live", NAME, b"{broken")
    board(store, clock).note(sample(1.0))
    assert kept(store) == {"VER": (1.0, -2.0)}


class Rows:
    """A warehouse that takes rows, or does not."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.works = True

    def append(self, table: str, rows: object, ids: list[str]) -> int:
        if not self.works:
            raise RuntimeError("down")
        self.rows += ids
        return len(ids)

    def query(self, sql: str, params: object) -> pa.Table:
        """No sample has come of any lap."""
        return pa.table({"lap": pa.array([], pa.int64())})


def test_a_sample_is_durable_before_its_position_shows() -> None:
    store, rows = MemoryStore(), Rows()
    handler = LiveHandler(lambda: rows, lambda: store)  # type: ignore[arg-type, return-value]
    envelope = Envelope("m1", sample(1.0).model_dump_json(exclude_none=True).encode(), {}, "", "", 1)
    rows.works = False
    with pytest.raises(RuntimeError):
        handler.handle(envelope)
    assert store.written == []
    rows.works = True
    handler.handle(envelope)
    assert rows.rows == ["m1"]
    race = LiveReader(lambda: store).race("2023_01")
    assert race is not None
    assert {driver: position.x for driver, position in race.positions.items()} == {"VER": 1.0}
