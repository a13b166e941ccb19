"""Four requests a second, so many an hour over all invocations, and none while the source says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.adapters.embedded.object_store import FileObjectStore
from shared.ingest.jolpica.limits import HOUR, Limits
from shared.ingest.request import TryLater
from shared.ports import ObjectStore
from tests.fakes.clocks import Clock


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return FileObjectStore(tmp_path)


def test_requests_are_a_quarter_of_a_second_apart(objects: ObjectStore) -> None:
    clock = Clock()
    limits, began = Limits(objects, 500, clock, clock.sleep), clock.now
    for _ in range(9):
        limits.wait(began + 60)
    assert clock.now - began == pytest.approx(2.0)


def test_the_hour_s_budget_is_shared_by_invocations_and_comes_back_after_an_hour(objects: ObjectStore) -> None:
    clock = Clock()
    first, began = Limits(objects, 30, clock, clock.sleep), clock.now
    for _ in range(20):
        first.wait(began + HOUR)
    second = Limits(objects, 30, clock, clock.sleep)
    for _ in range(10):
        second.wait(began + 400)
    with pytest.raises(TryLater, match="limits leave no request"):
        second.wait(began + 400)
    clock.now = began + HOUR + 1
    second.wait(clock.now)


def test_a_budget_that_is_used_up_is_waited_for_where_time_allows(objects: ObjectStore) -> None:
    clock = Clock()
    limits, began = Limits(objects, 1, clock, clock.sleep), clock.now
    limits.wait(began + 1)
    limits.wait(began + 2 * HOUR)
    assert clock.now - began >= HOUR


def test_what_the_source_asks_for_holds_for_every_invocation(objects: ObjectStore) -> None:
    clock = Clock()
    Limits(objects, 500, clock, clock.sleep).block(1800.0)
    other = Limits(objects, 500, clock, clock.sleep)
    with pytest.raises(TryLater, match="try again in 1800 s"):
        other.wait(clock.now + 400)
    clock.now += 1801
    other.wait(clock.now)
