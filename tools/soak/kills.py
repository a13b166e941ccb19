"""Kills the process that ingests and preprocesses, at random points, and lets its events come again: nothing may be
lost or doubled. Tables, objects and announcements are compared with those of a run that was left alone.

Children are forked from a small server process that has imported everything, so that a kill strikes work, not imports.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from shared import events
from shared.adapters.embedded.event_bus import SqliteBus
from shared.bootstrap import Ports
from shared.config import settings
from shared.errors import F1Error
from shared.observability import set_up
from tools.soak import Outcome
from tools.soak.drain import FUNCTIONS, YOUNG_SECONDS, drain
from tools.soak.snapshot import Snapshot, snapshot
from tools.synthesize import synthesize

RACES = 3
KILLS = 300
"""Kills of the full run."""
KILLS_A_STATE = 8
"""Kills after which a state is let come to its end and compared."""
PACE = 0.4
"""A child lives for up to this share of the time that the whole work takes, so that a state meets several kills."""


@dataclass
class Kills:
    """Kills so far: how many, what was being worked on at each, and states that came to another end."""

    by_step: Counter[str] = field(default_factory=Counter)
    states: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Kills of a process that was at work."""
        return sum(self.by_step.values())


class Scenario:
    """Simulated races in ``folder`` and the requests for them: one backfill, or the races one by one."""

    def __init__(self, folder: Path, one_by_one: bool) -> None:
        self.data = folder / "data"
        if not self.data.is_dir():
            synthesize(self.data, RACES, seed=7)
        common = {"seasons": (2018,), "data_dir": str(self.data), "synthetic": True}
        self.requests = (
            [events.IngestRequest(**common, rounds=(number,)) for number in range(1, RACES + 1)]
            if one_by_one
            else [events.IngestRequest(**common, batch_id="all")]
        )

    def begin(self, state: Path) -> None:
        """Publish the requests in a new state."""
        with environment(state):
            opened = Ports(settings())
            for request in self.requests:
                events.publish(opened.bus, request)


def undisturbed(scenario: Scenario, state: Path) -> tuple[Snapshot, float]:
    """What a run left alone comes to, and the seconds of work it took."""
    scenario.begin(state)
    child = _Child(state)
    started = time.monotonic()
    child.finish()
    seconds = time.monotonic() - started - YOUNG_SECONDS
    return look(state), seconds


def killed(
    scenario: Scenario, state: Path, reference: Snapshot, seconds: float, draw: random.Random, kills: int, so_far: Kills
) -> None:
    """Kill up to ``kills`` times, then let it end and compare; ``seconds`` is what the whole work takes."""
    scenario.begin(state)
    for _ in range(kills):
        child = _Child(state)
        step = child.kill_after(draw.uniform(0.0, PACE * seconds), state)
        if step is None:  # it came to its end before the kill
            break
        so_far.by_step[step] += 1
    _Child(state).finish()
    so_far.states += 1
    so_far.differences += look(state).differences(reference)


def soak(scale: float, folder: Path) -> Outcome:
    """The long run: KILLS kills, in backfills and in races one by one."""
    draw = random.Random(20)
    kills = Kills()
    scenarios = [Scenario(folder, one_by_one) for one_by_one in (False, True)]
    references = [undisturbed(each, folder / f"undisturbed-{i}") for i, each in enumerate(scenarios)]
    while kills.total < KILLS * scale and not kills.differences:
        which = kills.states % len(scenarios)
        state = folder / f"state-{kills.states}"
        killed(scenarios[which], state, *references[which], draw, KILLS_A_STATE, kills)
    rows = sum(count for count, _ in references[0][0].tables.values())
    figures: dict[str, str | int | float] = {"kills": kills.total}
    figures |= {f"during {step}": count for step, count in sorted(kills.by_step.items())}
    figures |= {"states compared": kills.states, "rows in each": rows, "differences": len(kills.differences)}
    return Outcome(not kills.differences, figures, tuple(kills.differences))


def look(state: Path) -> Snapshot:
    """What a state holds, read by a child of its own, so that nothing stays open here."""
    receiver, sender = _context().Pipe(duplex=False)
    process = _context().Process(target=_look, args=(str(state), sender))
    process.start()
    sender.close()
    try:
        found: Snapshot = receiver.recv()
    except EOFError:
        raise F1Error(f"the state {state} cannot be read") from None
    process.join()
    return found


class _Child:
    """A process that drains a state's events; it says when it begins."""

    def __init__(self, state: Path) -> None:
        receiver, sender = _context().Pipe(duplex=False)
        self.process = _context().Process(target=_drain, args=(str(state), sender))
        self.process.start()
        sender.close()
        receiver.recv()

    def kill_after(self, seconds: float, state: Path) -> str | None:
        """SIGKILL after ``seconds``; the step that it interrupted ("between events" for none), None if it had ended."""
        self.process.join(seconds)
        if not self.process.is_alive():
            self._check()
            return None
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.join()
        return _in_flight(state)

    def finish(self) -> None:
        """Wait for its end. Raises F1Error if it failed."""
        self.process.join()
        self._check()

    def _check(self) -> None:
        if self.process.exitcode != 0:
            raise F1Error(f"the draining process ended with exit code {self.process.exitcode}")


def _in_flight(state: Path) -> str:
    with environment(state):
        bus = Ports(settings()).bus
    assert isinstance(bus, SqliteBus)
    return next((name for name in FUNCTIONS if bus.in_flight().get(name)), "between events")


def _drain(state: str, ready: Connection) -> None:
    with environment(Path(state)):
        set_up(settings())
        ready.send("begin")
        drain()


def _look(state: str, answer: Connection) -> None:
    with environment(Path(state)):
        answer.send(snapshot(Ports(settings())))


def _context() -> Any:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tools.soak.drain", "tools.soak.snapshot"])
    return context


@contextmanager
def environment(state: Path) -> Iterator[None]:
    """Settings of this state, quiet logs."""
    names = {"F1_STATE_DIR": str(state), "F1_LOG_LEVEL": "ERROR", "F1_BACKEND": "embedded"}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
