"""Group commit: every caller gets its own outcome, and waits for no more than the group it is in."""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.adapters.combining import Combiner


def test_callers_of_the_same_moment_share_a_commit_and_each_gets_its_own_result() -> None:
    groups: list[int] = []
    at_once: list[int] = []
    inside = threading.Semaphore(1)

    def handle(items: Sequence[int]) -> list[int]:
        at_once.append(inside.acquire(blocking=False))
        groups.append(len(items))
        time.sleep(0.005)
        inside.release()
        return [10 * item for item in items]

    combiner = Combiner(handle, most=8)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(combiner.submit, range(300))) == [10 * n for n in range(300)]
    assert sum(groups) == 300
    assert max(groups) <= 8
    assert len(groups) < 150
    assert all(at_once), "one group at a time"


def test_an_item_s_error_is_its_own() -> None:
    def handle(items: Sequence[int]) -> list[int | Exception]:
        return [ValueError(str(item)) if item % 3 == 0 else item for item in items]

    combiner = Combiner(handle)

    def outcome(item: int) -> int | str:
        try:
            return combiner.submit(item)
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(outcome, range(60))) == [str(n) if n % 3 == 0 else n for n in range(60)]


def test_a_group_that_fails_fails_its_callers_and_the_next_goes_on() -> None:
    rng = random.Random(1)
    failed: list[int] = []

    def handle(items: Sequence[int]) -> list[int]:
        if rng.random() < 0.5:
            failed.extend(items)
            raise OSError("full")
        return list(items)

    combiner = Combiner(handle)

    def outcome(item: int) -> bool:
        try:
            return combiner.submit(item) == item
        except OSError:
            return False

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(outcome, range(200)))
    assert [n for n, fine in enumerate(told) if not fine] == sorted(failed)
    assert 0 < len(failed) < 200


def test_a_lone_caller_does_not_wait_and_a_stream_is_spaced() -> None:
    began: list[float] = []

    def handle(items: Sequence[int]) -> Sequence[int]:
        began.append(time.monotonic())
        return items

    combiner = Combiner(handle, spacing=0.02)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(combiner.submit, range(40)))
    assert all(b - a >= 0.019 for a, b in itertools.pairwise(began))
    with pytest.raises(ValueError, match="argument"):
        Combiner(lambda items: []).submit(1)
