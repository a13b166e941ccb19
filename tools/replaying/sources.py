"""Where a replay comes from: recorded files, FastF1's sessions, or a race simulated on the spot."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from shared.features.frames import SYNTHETIC_MARKER, run_sql
from shared.ingest.ergast import race_id as race_id_of
from shared.ingest.ergast import read_ergast
from shared.ingest.fastf1 import LAP_COLUMNS, read_laps, read_race_control, read_weather
from shared.ingest.files import concat
from tools.replaying.laps import NOTE, from_laps
from tools.replaying.recording import Recording, RecordingError
from tools.synthesize import synthesize

USUAL_START = dt.time(14, 0, tzinfo=dt.UTC)
"""Taken where no calendar at hand tells the time of the start."""


def recorded(data_dir: Path, year: int, number: int) -> Recording:
    """A race of ``laps/YEAR.parquet`` with weather and race control where they are. Raises RecordingError."""
    return recorded_with_laps(data_dir, year, number)[0]


def recorded_with_laps(data_dir: Path, year: int, number: int) -> tuple[Recording, pd.DataFrame]:
    """The same with the completed laps that it is made of, columns of ``clean_laps``. Raises RecordingError."""
    path = data_dir / "laps" / f"{year}.parquet"
    if not path.is_file():
        have = ", ".join(sorted(p.stem for p in (data_dir / "laps").glob("*.parquet"))) or "none"
        raise RecordingError(f"no recorded laps of {year} under {data_dir}; seasons there: {have}")
    return _of_laps_file(path, data_dir, year, number, (data_dir / SYNTHETIC_MARKER).exists())


def simulated(seed: int = 1) -> Recording:
    """A race simulated on the spot, with invented drivers at a real circuit."""
    return simulated_with_laps(seed)[0]


def simulated_with_laps(seed: int = 1) -> tuple[Recording, pd.DataFrame]:
    """The same with its laps."""
    with tempfile.TemporaryDirectory() as folder:
        synthesize(Path(folder), 1, seed)
        return _of_laps_file(Path(folder) / "laps" / "2018.parquet", Path(folder), 2018, 1, True)


def from_fastf1(year: int, number: int, data_dir: Path) -> Recording:
    """A race through FastF1, from its cache or over the network. Raises RecordingError where it cannot be had."""
    import fastf1

    try:
        session = fastf1.get_session(year, number, "R")
        session.load(laps=True, telemetry=False, weather=False, messages=False)
        laps = session.laps
    except Exception as error:  # FastF1 raises many kinds, of its own and of requests
        raise RecordingError(f"FastF1 has no race {number} of {year}: {type(error).__name__}: {error}") from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{year}.parquet"
        _as_recorded(laps, year, number, str(session.event["EventName"])).to_parquet(path, index=False)
        return _of_laps_file(path, data_dir, year, number, False)[0]


def _as_recorded(laps: pd.DataFrame, year: int, number: int, name: str) -> pd.DataFrame:
    """FastF1's ``session.laps`` with the columns and units of the recorded files."""
    frame = pd.DataFrame(laps).assign(Year=year, RoundNumber=number, EventName=name)
    for column in ("LapTime", "PitInTime", "PitOutTime", "Time"):
        frame[column] = pd.to_timedelta(frame[column]).dt.total_seconds()
    if "CompoundName" not in frame:
        frame["CompoundName"] = None
    frame["FreshTyre"] = frame["FreshTyre"].astype(str)
    return frame[list(LAP_COLUMNS)]


def _of_laps_file(
    path: Path, data_dir: Path, year: int, number: int, synthetic: bool
) -> tuple[Recording, pd.DataFrame]:
    raw = read_ergast(data_dir)
    rows = read_laps(path, raw["raw_races"])
    race_id = race_id_of(year, number)
    raw["raw_laps"] = rows.laps.filter(pc.equal(rows.laps["race_id"], race_id))
    if raw["raw_laps"].num_rows == 0:
        have = sorted(set(rows.laps["race_id"].to_pylist()))
        raise RecordingError(f"no recorded laps of {race_id} in {path.name}; races there: {', '.join(have) or 'none'}")
    raw["raw_events"] = rows.events
    raw["raw_pit_stop_times"] = concat("raw_pit_stop_times", [])
    races = pa.concat_tables([raw["raw_races"], rows.events])
    race = races.filter(pc.equal(races["race_id"], race_id)).to_pylist()[0]
    raw["raw_weather"] = read_weather(data_dir, races.filter(pc.equal(races["race_id"], race_id)))
    laps = run_sql(raw, "clean_laps", race["race_date"], race["race_date"])
    laps = laps[laps["completed"] & (laps["race_id"] == race_id)]
    start = _scheduled_start(data_dir, race)
    lines = laps[["driver_id", "lap", "elapsed"]].rename(columns={"driver_id": "driver", "lap": "lap_number"})
    timed = raw["raw_laps"].to_pandas().merge(lines, on=["driver", "lap_number"])
    offset = float((timed["time"] - timed["elapsed"]).median())
    weather = raw["raw_weather"].to_pandas()
    numbers = {
        str(row.driver_number): str(row.driver)
        for row in raw["raw_laps"].to_pandas().drop_duplicates("driver").itertuples()
    }
    control = read_race_control(data_dir, races.filter(pc.equal(races["race_id"], race_id))).to_pandas()
    recording = from_laps(
        laps,
        start,
        race["name"],
        "simulated" if synthetic else "recorded",
        "a simulated race; drivers and times are invented" if synthetic else NOTE,
        weather.assign(elapsed=weather["time"] - offset) if len(weather) else None,
        control.assign(at=control["message_time"], driver_id=control["racing_number"].astype(str).map(numbers))
        if len(control)
        else None,
    )
    return recording, laps


def _scheduled_start(data_dir: Path, race: dict[str, Any]) -> dt.datetime:
    """The race's start by Ergast's calendar, else two in the afternoon UTC of its day."""
    day: dt.date = race["race_date"]
    path = data_dir / "ergast" / "races.csv"
    if path.is_file():
        calendar = pd.read_csv(path)
        own = calendar[(calendar["year"] == race["season"]) & (calendar["round"] == race["round"])]
        if "time" in own and len(own) and str(own["time"].iloc[0])[:2].isdigit():
            clock = dt.time.fromisoformat(str(own["time"].iloc[0])).replace(tzinfo=dt.UTC)
            return dt.datetime.combine(day, clock)
    return dt.datetime.combine(day, USUAL_START)
