"""Publishes a recording at its own pace, faster or slower; a control file changes the speed or pauses while it runs."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from shared import events
from shared.live.documents import BUCKET
from shared.live.handler import EVENT_ID
from shared.ports import EventBus, ObjectStore
from shared.telemetry import Telemetry, event_id
from tools.replaying.recording import Recording

TICK_SECONDS = 0.02
LOOK_SECONDS = 0.2
"""Between looks at the control file."""


class Control(NamedTuple):
    """How fast event time passes, as a multiple of real time, and whether it stands still."""

    speed: float
    paused: bool = False


@dataclass
class Progress:
    """How far a replay has come: event time, messages published, the leader's lap."""

    at: dt.datetime
    published: int = 0
    lap: int = 0


def read_control(path: Path | None, before: Control) -> Control:
    """The control in a file ``{"speed": 20, "paused": false}``; what cannot be read leaves it as it was."""
    if path is None:
        return before
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
        told = json.loads(path.read_text(encoding="utf-8"))
        speed = float(told.get("speed", before.speed))
        if speed > 0:
            return Control(speed, bool(told.get("paused", before.paused)))
    return before


def forget(objects: ObjectStore, race_id: str) -> int:
    """Remove what live state is kept of the race, so that it can begin anew; the number of objects."""
    kept = objects.list(BUCKET, f"{race_id}/")
    for entry in kept:
        objects.delete(BUCKET, entry.name)
    return len(kept)


def send(bus: EventBus, message: Telemetry) -> str:
    """Publish one message under the event's own id."""
    return events.publish(bus, message, **{EVENT_ID: event_id(message)})


def play(
    recording: Recording,
    publish: Callable[[Telemetry], object],
    control: Control,
    look: Callable[[Control], Control] = lambda control: control,
    told: Callable[[Progress, Control], bool] = lambda progress, control: True,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Progress:
    """Publish every message when its time has come. What precedes the session's message is sent at once with it.

    ``look`` answers the control to go on with; ``told`` is called after each batch and stops the replay with False.
    """
    progress = Progress(recording.session.sampled_at)
    before, looked = clock(), clock()
    messages = recording.all()
    upcoming = next(messages, None)
    while upcoming is not None:
        sent = False
        # A feed quicker than the bus takes it must not keep the control from being looked at.
        while upcoming is not None and upcoming.sampled_at <= progress.at and clock() - looked < LOOK_SECONDS:
            publish(upcoming)
            progress.published += 1
            if upcoming.kind == "timing":
                progress.lap = max(progress.lap, upcoming.lap)
            upcoming = next(messages, None)
            sent = True
        if sent and not told(progress, control):
            break
        sleep(TICK_SECONDS)
        now = clock()
        if now - looked >= LOOK_SECONDS:
            control, looked = look(control), now
        if not control.paused:
            progress.at += dt.timedelta(seconds=(now - before) * control.speed)
        before = now
    return progress
