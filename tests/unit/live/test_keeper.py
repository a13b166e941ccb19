"""Writing a race's documents: at most once a second an object, by compare-and-set, nothing lost."""

from __future__ import annotations

import datetime as dt
import itertools
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.errors import NotFound, StoreError, TooManyRequests
from shared.live import documents
from shared.live.documents import CarDocument
from shared.live.keeper import ATTEMPTS, StateKeeper
from shared.live.reader import LiveReader
from shared.telemetry import LapCompleted, SessionInfo
from tests.fakes.objects import MemoryStore

START = dt.datetime(2023, 3, 5, 15, 0, tzinfo=dt.UTC)
NAME = "2023_01/VER.json"


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now, self.slept, self._lock = START, [], threading.Lock()  # type: ignore[var-annotated]

    def __call__(self) -> dt.datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.now += dt.timedelta(seconds=seconds)


def lap(number: int, driver: str = "VER") -> LapCompleted:
    at = START + dt.timedelta(seconds=90 * number)
    return LapCompleted(race_id="2023_01", driver_id=driver, sampled_at=at, lap=number, lap_time=90.0)


def kept(store: MemoryStore) -> CarDocument:
    document = documents.read(NAME, store.get("live", NAME).data)
    assert isinstance(document, CarDocument)
    return document


def test_writes_of_one_object_keep_a_second_apart() -> None:
    store, clock = MemoryStore(), Clock()
    keeper = StateKeeper(lambda: store, clock, clock.sleep)
    times = []
    store.before_put = lambda name: times.append(clock.now)
    for number in (1, 2, 3):
        keeper.apply(NAME, lap(number))
    assert [(b - a).total_seconds() for a, b in itertools.pairwise(times)] == [1.0, 1.0]
    assert sorted(kept(store).laps) == [1, 2, 3]


def test_a_message_that_says_nothing_new_writes_nothing() -> None:
    store, clock = MemoryStore(), Clock()
    keeper = StateKeeper(lambda: store, clock, clock.sleep)
    for _ in range(3):
        keeper.apply(NAME, lap(1))
    assert store.written == [NAME]


def test_messages_that_wait_are_written_together_and_each_caller_returns_with_its_own_in_the_object() -> None:
    store = MemoryStore()
    keeper = StateKeeper(lambda: store, spacing=0.3)
    keeper.apply(NAME, lap(1))

    def send(number: int) -> bool:
        keeper.apply(NAME, lap(number))
        return number in kept(store).laps

    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(send, range(2, 14)))
    assert len(store.written) <= 4


def test_instances_that_write_the_same_object_lose_nothing() -> None:
    store = MemoryStore()
    keepers = [StateKeeper(lambda: store, spacing=0.01) for _ in range(4)]
    rng = random.Random(1)

    def send(number: int) -> None:
        rng.choice(keepers).apply(NAME, lap(number))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(send, rng.sample(range(1, 41), 40)))
    assert sorted(kept(store).laps) == list(range(1, 41))


def test_a_store_that_asks_to_slow_down_is_asked_ever_later() -> None:
    store, clock = MemoryStore(), Clock()
    refusals = iter(range(4))

    def refuse(name: str) -> None:
        if next(refusals, None) is not None:
            raise TooManyRequests("429")

    store.before_put = refuse
    StateKeeper(lambda: store, clock, clock.sleep).apply(NAME, lap(1))
    assert sorted(kept(store).laps) == [1]
    assert len(clock.slept) == 4
    assert all(0.1 * 2**i <= slept <= 0.2 * 2**i for i, slept in enumerate(clock.slept))


def test_a_store_that_goes_on_refusing_fails_the_message_so_that_it_comes_again() -> None:
    store, clock = MemoryStore(), Clock()

    def refuse(name: str) -> None:
        raise TooManyRequests("429")

    store.before_put = refuse
    keeper = StateKeeper(lambda: store, clock, clock.sleep)
    with pytest.raises(StoreError, match=f"in {ATTEMPTS} attempts"):
        keeper.apply(NAME, lap(1))
    with pytest.raises(NotFound):
        store.get("live", NAME)
    store.before_put = lambda name: None
    keeper.apply(NAME, lap(1))
    assert sorted(kept(store).laps) == [1]


def test_a_reader_sees_a_write_within_a_second_and_reads_only_what_changed() -> None:
    store = MemoryStore()
    now = [0.0]
    reader = LiveReader(lambda: store, lambda: now[0])
    keeper = StateKeeper(lambda: store, spacing=0.0)
    assert reader.race("2023_01") is None
    keeper.apply(NAME, lap(1))
    keeper.apply("2023_01/LEC.json", lap(1, "LEC"))
    session = SessionInfo(race_id="2023_01", sampled_at=START, circuit_id="bahrain", total_laps=57)
    keeper.apply("2023_01/_race.json", session)
    assert reader.race("2023_01") is None
    now[0] = 1.0
    found = reader.race("2023_01")
    assert found is not None
    assert [car.driver_id for car in found.cars] == ["LEC", "VER"]
    assert found.race.session == session
    keeper.apply(NAME, lap(2))
    now[0] = 2.0
    reads: list[str] = []
    get = store.get
    store.get = lambda bucket, name: reads.append(name) or get(bucket, name)  # type: ignore[func-returns-value,method-assign]
    found = reader.race("2023_01")
    assert found is not None
    assert [sorted(car.laps) for car in found.cars] == [[1], [1, 2]]
    assert reads == [NAME]


def test_a_document_keeps_what_a_newer_writer_added() -> None:
    data = b'{"version":1,"race_id":"2023_01","driver_id":"VER","laps":{},"mood":"good"}'
    document = documents.apply(documents.read(NAME, data), lap(1))
    assert b'"mood":"good"' in documents.write(document, START)


def test_the_wait_between_writes_counts_other_instances_writes() -> None:
    store, clock = MemoryStore(), Clock()
    StateKeeper(lambda: store, clock, clock.sleep).apply(NAME, lap(1))
    clock.now += dt.timedelta(seconds=0.4)
    StateKeeper(lambda: store, clock, clock.sleep).apply(NAME, lap(2))
    assert clock.slept == pytest.approx([0.6])
