"""A bundle that keeps a reference of simulated races, and races like them or unlike, to test what watches drift."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from shared.features.frames import load_frames
from shared.models.bundle import SHIPPED, Bundle, write_bundle
from shared.models.drift.check import reference_table
from shared.models.recorded import RecordedRace, recorded_races
from tools.synthesize import synthesize

KNOWN = 12
"""Races that the reference rests on; those after them are new."""


@functools.lru_cache(maxsize=1)
def races() -> tuple[RecordedRace, ...]:
    """Sixteen simulated races of one season."""
    with tempfile.TemporaryDirectory() as folder:
        synthesize(Path(folder) / "data", 16, seed=11)
        return tuple(recorded_races(load_frames(Path(folder) / "data").laps))


def unlike(race: RecordedRace) -> RecordedRace:
    """The same race on tires three times as old."""
    return race._replace(grid=race.grid._replace(age=race.grid.age * 3.0))


def tables(known: Sequence[RecordedRace]) -> dict[str, Any]:
    """The shipped tables with a reference of ``known``; errors of models are left out, which were trained on others."""
    shipped = dict(Bundle.load(SHIPPED).tables)
    shipped["pace"] = {**shipped["pace"], "holdout": None}
    shipped["stops"] = {**shipped["stops"], "holdout": None}
    shipped["tire_model"] = {**shipped["tire_model"], "by_race": {}}
    return {**shipped, "drift": reference_table(shipped, known)}


def bundle(folder: Path, known: Sequence[RecordedRace], until: str) -> Bundle:
    """A bundle of such tables, of simulated races until that day."""
    shipped = Bundle.load(SHIPPED)
    data = {**shipped.manifest["data"], "until": until, "races": len(known)}
    return write_bundle(folder, tables(known), {**shipped.manifest, "synthetic": True, "data": data})


def day(race: RecordedRace) -> str:
    """Its date."""
    return str(np.datetime_as_string(np.datetime64(race.date), unit="D"))
