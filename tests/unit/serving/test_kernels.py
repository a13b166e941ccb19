"""What is compiled once the port serves: in quiet moments, one after another, and never at the cost of a request."""

from __future__ import annotations

import ctypes
import time
from itertools import count
from pathlib import Path

import pytest

from shared.serving.gate import Gate
from shared.serving.kernels import QUIET_SECONDS, Program, compile_in_quiet, give_back
from tests.fakes.clocks import Clock
from tests.fakes.serving import Api, make_service


def test_a_program_waits_until_no_simulation_has_run_for_a_while() -> None:
    silent = iter([0.0, 1.0, QUIET_SECONDS])
    waits: list[float] = []
    made: list[str] = []
    program = Program("one", lambda: made.append("one"))
    compile_in_quiet([program], lambda: next(silent), lambda name, seconds: None, waits.append)
    assert waits == [QUIET_SECONDS, QUIET_SECONDS - 1.0]
    assert made == ["one"]


def test_one_that_cannot_be_compiled_does_not_keep_the_others_from_it() -> None:
    told: list[str] = []
    wanted = [Program("bad", lambda: 1 / 0), Program("good", lambda: None)]
    compile_in_quiet(wanted, lambda: QUIET_SECONDS, lambda name, seconds: told.append(name))
    assert told == ["good"]


def test_the_gate_is_quiet_since_the_last_simulation_ended_and_not_while_one_runs() -> None:
    clock = Clock()
    gate = Gate(clock=clock)
    clock.now += 4.0
    assert gate.quiet() == 4.0
    with gate.entered():
        clock.now += 10.0
        assert gate.quiet() == 0.0
    clock.now += 1.0
    assert gate.quiet() == 1.0
    with gate.in_turn():  # what the process does for itself, such as the warm-up
        clock.now += 7.0
    assert gate.quiet() == 0.0


def test_metrics_tell_what_was_compiled_after_the_start(tmp_path: Path) -> None:
    ticking = count(0.0, QUIET_SECONDS)
    gate = Gate(clock=lambda: next(ticking))  # every look at it finds the quiet time over
    service = make_service(tmp_path, gate=gate, programs=lambda: (Program("race_20_cars", lambda: None),))
    service.start(block=False)
    service.join(10)
    api = Api(service)
    for _ in range(500):
        start = api.get("/metrics").json["start_seconds"]
        if "race_20_cars" in start:
            break
        time.sleep(0.01)
    assert {"load", "warm_up", "race_20_cars"} <= set(start)
    assert api.get("/health").status_code == 200


def test_where_memory_cannot_be_given_back_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def nothing_there(name: object) -> object:
        asked.append(name)
        return object()

    monkeypatch.setattr(ctypes, "CDLL", nothing_there)
    give_back()
    assert asked == [None]
