"""Everything that FastF1 would ask the network for, answered from a data folder, and made telemetry of real
sessions."""

from __future__ import annotations

import io
import json
import pickle
import urllib.parse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import fastf1.req
import numpy as np
import pandas as pd
import pytest

from shared.ingest.sessions.cache import FOLDER
from shared.ports import ObjectStore
from tests.fakes.jolpica import Tables

CIRCUIT = {"corners": [
    {"trackPosition": {"x": 100.0 * n, "y": -50.0 * n}, "number": n, "letter": "A" if n == 2 else "", "angle": 10.0 * n,
     "length": 0.0} for n in range(1, 4)
], "marshalLights": [], "marshalSectors": [], "rotation": 0.0}  # fmt: skip


class Answer:
    """What FastF1 reads of a response."""

    reason = "said the stand-in"

    def __init__(self, text: str, status_code: int = 200) -> None:
        self.text, self.content, self.status_code = text, text.encode(), status_code

    def json(self) -> Any:
        """The body."""
        return json.loads(self.text)

    def raise_for_status(self) -> None:
        """Raise for an error."""
        if self.status_code >= 400:
            raise OSError(f"HTTP {self.status_code}")


class TimingService:
    """Answers by URL; what it lacks is not found. ``asked``: the URLs, as they came."""

    def __init__(self, data_dir: Path, circuits: bool = True) -> None:
        self._data_dir = data_dir
        self._tables = Tables(data_dir)
        self.circuits = circuits
        self.asked: list[str] = []

    def get(self, url: str | Iterable[str], **_: Any) -> Answer:
        """In place of ``fastf1.req.Cache.requests_get``."""
        first = url if isinstance(url, str) else next(iter(url))
        self.asked.append(first)
        parts = urllib.parse.urlsplit(first)
        name = Path(parts.path).name
        schedule = self._data_dir / "fastf1_schedule" / name
        if name.startswith("schedule_") and schedule.exists():
            return Answer(schedule.read_text())
        if "/ergast/f1/" in parts.path:
            data = self._tables.page(parts.path.split("/ergast/f1/")[1].removesuffix(".json"), 100, 0)
            if data is not None:
                return Answer(data.decode())
        if "/circuits/" in parts.path and self.circuits:
            return Answer(json.dumps(CIRCUIT))
        return Answer("not here", 404)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let FastF1 ask here, and nowhere else."""
        monkeypatch.setattr(fastf1.req.Cache, "requests_get", staticmethod(self.get))


def seed(objects: ObjectStore, data_dir: Path, key: str, event: str, more: dict[str, Any] | None = None) -> None:
    """Put the recorded cache of a race ("2023-03-05_Bahrain_Grand_Prix") where ingest_fastf1 keeps FastF1's, as this
    version of it would have written it; ``more``: further files by name."""
    (folder,) = (data_dir / "fastf1_cache" / event[:4] / event).iterdir()
    version = fastf1.req.Cache._API_CORE_VERSION
    files = {path.stem: pickle.loads(path.read_bytes())["data"] for path in folder.glob("*.ff1pkl")}
    for name, data in (files | (more or {})).items():
        target = f"{FOLDER}/{key}/{event[:4]}/{event}/{folder.name}/{name}.ff1pkl"
        stored = io.BytesIO()
        pickle.dump({"version": version, "data": data}, stored)
        objects.put("raw", target, stored.getvalue())


def made_telemetry(
    numbers: Iterable[str], start: pd.Timestamp, seconds: float, interval: float = 0.24
) -> dict[str, dict[str, pd.DataFrame]]:
    """Car and position data as FastF1 parses them: cars on a circle of 800 m radius at 50 to 80 m/s. ``start``: the
    moment at which session time is 0."""
    time = np.arange(0.0, seconds, interval)
    date = start + pd.to_timedelta(time, unit="s")
    found: dict[str, dict[str, pd.DataFrame]] = {"car_data": {}, "position_data": {}}
    for i, number in enumerate(numbers):
        speed = 65 + 15 * np.sin(time / 7 + i)
        angle = np.cumsum(speed) * interval / 800.0
        common = {"Time": pd.to_timedelta(time, unit="s"), "Date": date}
        found["car_data"][number] = pd.DataFrame(common | {
            "RPM": (9000 + 20 * speed).astype("int64"), "Speed": (3.6 * speed).astype("int64"),
            "nGear": np.clip(speed / 10, 1, 8).astype("int64"), "Throttle": np.full(len(time), 80),
            "Brake": speed < 55, "DRS": np.zeros(len(time), dtype="int64"), "Source": "car",
        })  # fmt: skip
        found["position_data"][number] = pd.DataFrame(common | {
            "Status": "OnTrack", "X": 8000 * np.cos(angle), "Y": 8000 * np.sin(angle), "Z": np.full(len(time), 10.0),
            "Source": "pos",
        })  # fmt: skip
    return found
