"""A lease is held by one at a time, and runs out should its holder die."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.adapters.embedded.object_store import FileObjectStore
from shared.ingest.lease import PATIENCE, SECONDS, Busy, lease
from tests.fakes.clocks import Clock


def test_a_second_holder_waits_in_vain_while_the_first_holds(tmp_path: Path) -> None:
    objects, clock = FileObjectStore(tmp_path), Clock()
    began = clock.now
    with (
        lease(objects, "load", clock, clock.sleep),
        pytest.raises(Busy, match="load: somebody else is at it"),
        lease(objects, "load", clock, clock.sleep),
    ):
        raise AssertionError("held twice")
    assert clock.now - began == pytest.approx(PATIENCE)


def test_it_is_free_again_after_the_block_however_that_ended(tmp_path: Path) -> None:
    objects = FileObjectStore(tmp_path)
    with pytest.raises(ValueError, match="work"), lease(objects, "load"):
        raise ValueError("work")
    with lease(objects, "load"), lease(objects, "another"):
        pass


def test_the_lease_of_a_holder_that_died_runs_out(tmp_path: Path) -> None:
    objects, clock = FileObjectStore(tmp_path), Clock()
    dead = lease(objects, "load", clock, clock.sleep)
    dead.__enter__()
    clock.now += SECONDS + 1
    with lease(objects, "load", clock, clock.sleep):
        dead.__exit__(None, None, None)  # wakes up late, and takes nothing from its successor
        with pytest.raises(Busy), lease(objects, "load", clock, clock.sleep):
            pass
