"""Recorded telemetry files, a race each (``telemetry/YEAR_ROUND_telemetry.parquet`` with ``_laps`` and ``_corners``),
and stationary times of pit stops (``pit_stop_times/YEAR/EVENT.json``), as rows of the raw tables.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shared.ingest.ergast import race_id
from shared.ingest.fastf1 import Rejected
from shared.ingest.files import DataFileError, concat, read_parquet, to_table
from shared.ingest.telemetry import SOURCE_COLUMNS, Samples, samples
from shared.race.calendars import event_of

_NAME = re.compile(r"(\d{4})_(\d{2})_telemetry")
_LAP_COLUMNS = {"Driver": "driver_id", "lap": "lap", "time": "lap_time", "compound": "compound", "stint": "stint",
                "life": "tyre_life", "pos": "position", "status": "track_status"}  # fmt: skip
_CORNER_COLUMNS = {"CornerNumber": "number", "Letter": "letter", "X": "x", "Y": "y", "Angle": "angle",
                   "Distance": "distance"}  # fmt: skip


class Recording(NamedTuple):
    """A race's telemetry file, and the day of the race."""

    path: Path
    season: int
    round: int
    race_date: dt.date

    @property
    def race_id(self) -> str:
        """The race's key."""
        return race_id(self.season, self.round)


def recordings(folder: Path, races: pa.Table) -> tuple[list[Recording], list[Rejected]]:
    """The telemetry files of a data folder, in order; those of races whose date nobody knows are set aside."""
    dates = dict(zip(races["race_id"].to_pylist(), races["race_date"].to_pylist(), strict=True))
    found, rejected = [], []
    for path in sorted((folder / "telemetry").glob("*_telemetry.parquet")):
        match = _NAME.fullmatch(path.stem)
        if match is None:
            rejected.append(_whole_file(path, "the name is not YEAR_ROUND_telemetry"))
            continue
        season, number = int(match[1]), int(match[2])
        event = event_of(season, number)
        day = dates.get(race_id(season, number)) or (event.date if event else None)
        if day is None:
            rejected.append(_whole_file(path, "no calendar knows the date of this race"))
            continue
        found.append(Recording(path, season, number, day))
    return found, rejected


def drivers(recording: Recording) -> Iterator[tuple[str, Samples]]:
    """Each driver's samples. The file is read once, and never held in more than its own precision. Raises
    DataFileError."""
    try:
        with pq.ParquetFile(recording.path) as file:
            missing = sorted({"Driver", *SOURCE_COLUMNS} - set(file.schema_arrow.names))
            if missing:
                raise DataFileError(f"{recording.path}: column {', '.join(missing)} missing")
            whole = file.read(columns=["Driver", *SOURCE_COLUMNS])
    except (OSError, pa.ArrowException) as error:
        raise DataFileError(f"{recording.path}: not readable as Parquet ({error})") from error
    names = whole["Driver"].cast(pa.string())
    whole = whole.drop_columns(["Driver"])
    for driver in sorted(filter(None, pc.unique(names).to_pylist())):
        own = whole.filter(pc.equal(names, driver))
        yield driver, samples(own, recording.season, recording.round, recording.race_date, driver)


def lap_rows(recording: Recording) -> pa.Table:
    """Rows of ``raw_telemetry_laps``; the columns beyond driver, lap, time and compound may be absent. Raises
    DataFileError."""
    path = recording.path.with_name(recording.path.name.replace("_telemetry", "_laps"))
    if not path.exists():
        return concat("raw_telemetry_laps", [])
    with pq.ParquetFile(path) as file:
        present = set(file.schema_arrow.names)
    frame = read_parquet(path, {"Driver", "lap", "time", "compound"} | (present & set(_LAP_COLUMNS)))
    return to_table("raw_telemetry_laps", frame.rename(columns=_LAP_COLUMNS).assign(**_keys(recording)), path)


def corner_rows(recording: Recording) -> pa.Table:
    """Rows of ``raw_corners`` for the race. Raises DataFileError."""
    path = recording.path.with_name(recording.path.name.replace("_telemetry.parquet", "_corners.json"))
    if not path.exists():
        return concat("raw_corners", [])
    read = _json(path)
    columns = {name: read[source] for source, name in _CORNER_COLUMNS.items() if source in read}
    if "number" not in columns or len({len(values) for values in columns.values()}) != 1:
        raise DataFileError(f"{path}: not lists of one length, CornerNumber among them")
    return to_table("raw_corners", pd.DataFrame(columns).assign(**_keys(recording)), path)


def pit_stop_times(
    folder: Path, season: int, events: pd.DataFrame, results: pd.DataFrame
) -> tuple[pa.Table, list[Rejected]]:
    """Rows of ``raw_pit_stop_times`` of a season, and stops set aside because they name no driver. ``events``:
    race_id, race_date, season, round and name of its races; ``results``: race_id, ergast_id and surname of who took
    part. Files of events that are not among them are left out. Raises DataFileError."""
    rejected: list[Rejected] = []
    by_name = {_fold(row.name): row for row in events[events["season"] == season].itertuples(index=False)}
    parts = []
    for path in sorted((folder / "pit_stop_times" / str(season)).glob("*.json")):
        event = by_name.get(_fold(path.stem))
        if event is None:
            continue
        known = results[results["race_id"] == event.race_id]
        surnames: dict[str, list[str]] = {}
        for surname, ergast_id in zip(known["surname"], known["ergast_id"], strict=True):
            surnames.setdefault(_fold(surname), []).append(ergast_id)
        read = _json(path)
        if not isinstance(read, list) or any({"Driver", "Lap", "Time (sec)"} - set(row) for row in read):
            raise DataFileError(f"{path}: not a list of stops with Driver, Lap and Time (sec)")
        rows = []
        for row in read:
            if not row["Driver"]:
                record = json.dumps(row, ensure_ascii=False)
                rejected.append(
                    Rejected("raw_pit_stop_times", event.race_id, event.race_date, "Driver is empty", record)
                )
                continue
            rows.append({
                "race_id": event.race_id, "race_date": event.race_date, "season": season, "round": event.round,
                "place": row.get("Pos."), "team": row.get("Team"), "driver": row["Driver"], "lap": row["Lap"],
                "ergast_id": _only(surnames.get(_fold(row["Driver"]), [])), "stationary_time": row["Time (sec)"],
            })  # fmt: skip
        parts.append(to_table("raw_pit_stop_times", pd.DataFrame(rows), path))
    return concat("raw_pit_stop_times", parts), rejected


def who_took_part(ergast: dict[str, pa.Table]) -> pd.DataFrame:
    """Who took part in which race: race_id, ergast_id, surname."""
    results = ergast["raw_results"].select(["race_id", "ergast_id"]).to_pandas()
    names = ergast["raw_drivers"].select(["ergast_id", "surname"]).to_pandas()
    return results.merge(names, on="ergast_id")


def _only(names: list[str]) -> str | None:
    return names[0] if len(names) == 1 else None


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower().strip()


def _keys(recording: Recording) -> dict[str, Any]:
    return {
        "race_id": recording.race_id, "race_date": recording.race_date, "season": recording.season,
        "round": recording.round,
    }  # fmt: skip


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataFileError(f"{path}: not readable as JSON ({error})") from error


def _whole_file(path: Path, reason: str) -> Rejected:
    return Rejected("raw_telemetry", None, None, reason, json.dumps({"file": path.name}))
