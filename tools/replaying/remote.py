"""A replay told to other processes, and controlled by them: two small files in the state folder.

``replay.json`` is what the replay is to do, speed and pause; ``replay_status.json`` what it does, written as it runs.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.replaying.player import Control, Progress, read_control
from tools.replaying.recording import Recording

CONTROL, STATUS = "replay.json", "replay_status.json"
SLOWEST, FASTEST = 0.5, 60.0
"""Multiples of real time that the dashboard offers; the command line takes any."""
FRESH_SECONDS = 5.0
"""A status older than this is that of a replay that has ended."""


class Remote:
    """The replay's side of the two files. ``look`` and ``told`` are what ``play`` takes."""

    def __init__(self, recording: Recording, state: Path, control: Path | None = None) -> None:
        self._session = recording.session
        self._status = state / STATUS
        self._control = control or state / CONTROL
        self._progress = Progress(recording.session.sampled_at)
        if control is None:
            self._control.unlink(missing_ok=True)  # what an earlier replay was told is not for this one

    def look(self, control: Control) -> Control:
        """The control to go on with; tells on the way how far the replay is."""
        now = read_control(self._control, control)
        self._tell(now)
        return now

    def told(self, progress: Progress, control: Control) -> None:
        """Remember how far the replay is."""
        self._progress = progress

    def over(self) -> None:
        """The replay has ended."""
        self._status.unlink(missing_ok=True)

    def _tell(self, control: Control) -> None:
        write_json(
            self._status,
            {
                "race_id": self._session.race_id,
                "name": self._session.name,
                "lap": self._progress.lap,
                "total_laps": self._session.total_laps,
                "at": self._progress.at.isoformat(),
                "speed": control.speed,
                "paused": control.paused,
                "told_at": time.time(),
            },
        )


def running(state: Path) -> dict[str, Any] | None:
    """What the replay that runs on this state folder tells of itself, with the speed and pause that it was told last
    and has yet to follow; None where none runs."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        told: dict[str, Any] = json.loads((state / STATUS).read_text(encoding="utf-8"))
        if 0 <= time.time() - float(told.pop("told_at")) < FRESH_SECONDS:
            return told | _asked(state)
    return None


def _asked(state: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        told = json.loads((state / CONTROL).read_text(encoding="utf-8"))
        return {"speed": float(told["speed"]), "paused": bool(told["paused"])}
    return {}


def control(state: Path, speed: float, paused: bool) -> None:
    """Tell the replay what to do."""
    write_json(state / CONTROL, {"speed": speed, "paused": paused})


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write the whole file or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(value, file)
    Path(name).replace(path)
