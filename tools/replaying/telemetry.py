"""A race from recorded car telemetry: real samples, and laps reconstructed from them.

No race is at hand with both its session's laps and its telemetry. Here the samples are as recorded; the times at the
line are each car's lap times added up (the length of its telemetry where a lap's time is missing), stops are seen where
the compound or the stint changes, and places, gaps, tire ages and retirements follow from these. The session's note
says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from shared.ingest.ergast import race_id as race_id_of
from shared.ingest.files import read_parquet
from shared.ingest.telemetry import SOURCE_COLUMNS
from shared.race.calendars import event_of
from shared.race.rules import scheduled_laps
from shared.telemetry import CarSample
from tools.replaying.laps import from_laps
from tools.replaying.recording import Recording, RecordingError

SAMPLE_COLUMNS = {"Driver": "driver_id"} | SOURCE_COLUMNS
LAP_COLUMNS = {"Driver": "driver_id", "lap": "lap", "time": "lap_time", "compound": "compound"}
NOTE = (
    "recorded: car telemetry, lap times and compounds. Reconstructed: times at the line (lap times added up, or the"
    " length of the lap's telemetry), places, gaps, stops (seen where the compound or stint changes), tire ages,"
    " retirements, the start's clock time; track status and weather are not known"
)
COMPOUNDS = ("SOFT", "MEDIUM", "HARD", "INTERMEDIATE", "WET")


def from_telemetry(data_dir: Path, year: int, number: int) -> Recording:
    """A race of ``telemetry/YEAR_RR_telemetry.parquet``. Raises RecordingError naming those that are there."""
    race_id = race_id_of(year, number)
    folder = data_dir / "telemetry"
    path = folder / f"{race_id}_telemetry.parquet"
    event = event_of(year, number)
    if not path.is_file() or event is None:
        have = ", ".join(sorted(p.name[:7] for p in folder.glob("*_telemetry.parquet"))) or "none"
        raise RecordingError(f"no recorded telemetry of {race_id} under {data_dir}; races there: {have}")
    samples = read_parquet(path, SAMPLE_COLUMNS)[list(SAMPLE_COLUMNS)].rename(columns=SAMPLE_COLUMNS)
    samples["driver_id"] = samples["driver_id"].astype(str)
    laps = _laps(folder / f"{race_id}_laps.parquet", samples)
    laps = laps.assign(
        race_id=race_id,
        circuit_id=event.circuit_id,
        total_laps=max(scheduled_laps(year, event.circuit_id, number), int(laps["lap"].max())),
        season=year,
        team=None,
        grid=float("nan"),
        status_digits=None,
        pit_lane_time=float("nan"),
    )
    start = dt.datetime.combine(event.date, dt.time(14, 0, tzinfo=dt.UTC))
    recording = from_laps(laps, start, event.name, "reconstructed", NOTE)
    begun = laps[["driver_id", "lap"]].assign(begun=laps["elapsed"] - laps["duration"])
    timed = samples.merge(begun, on=["driver_id", "lap"])
    timed["elapsed"] = timed["begun"] + timed["time"]
    timed = timed.sort_values("elapsed", kind="stable", ignore_index=True)
    return recording._replace(samples=lambda: _samples(race_id, start, timed))


def _laps(path: Path, samples: pd.DataFrame) -> pd.DataFrame:
    """Completed laps with what the messages need, reconstructed from lap times and the telemetry's lengths."""
    laps = read_parquet(path, LAP_COLUMNS).rename(columns=LAP_COLUMNS)
    laps["lap"] = laps["lap"].astype(int)
    length = samples.groupby(["driver_id", "lap"])["time"].max().rename("length").reset_index()
    laps = laps.merge(length, on=["driver_id", "lap"], how="left").sort_values(["driver_id", "lap"], ignore_index=True)
    laps["duration"] = laps["lap_time"].fillna(laps["length"])
    known = laps["duration"].notna().groupby(laps["driver_id"]).cummin().astype(bool)
    laps = laps[known].copy()
    own = laps.groupby("driver_id")
    laps["elapsed"] = own["duration"].cumsum()
    laps["compound"] = laps["compound"].where(laps["compound"].isin(COMPOUNDS))
    set_now = laps["stint"].astype(str) if "stint" in laps else laps["compound"].astype(str)
    fitted = set_now != set_now.groupby(laps["driver_id"]).shift()
    first = own.cumcount() == 0
    laps["pit_out"] = fitted & ~first
    laps["pit_in"] = laps.groupby("driver_id")["pit_out"].shift(-1, fill_value=False)
    laps["pit_stops"] = laps.groupby("driver_id")["pit_in"].cumsum()
    stint = laps.groupby("driver_id")["pit_out"].cumsum()
    laps["tire_age"] = laps["life"] if "life" in laps else laps.groupby(["driver_id", stint]).cumcount() + 1
    laps["gap_to_leader"] = laps["elapsed"] - laps.groupby("lap")["elapsed"].transform("min")
    laps["position"] = laps.groupby("lap")["elapsed"].rank(method="first").astype(int)
    return laps


def _samples(race_id: str, start: dt.datetime, rows: pd.DataFrame) -> Iterator[CarSample]:
    """Car samples one at a time; values outside a sensor's range are left out, as no reading."""
    for row in rows.itertuples(index=False):
        yield CarSample(
            race_id=race_id,
            driver_id=row.driver_id,
            sampled_at=start + dt.timedelta(seconds=float(row.elapsed)),
            lap=int(row.lap),
            speed=_within(row.speed, 0, 450),
            rpm=_within(row.rpm, 0, 25_000),
            gear=None if _within(row.gear, 0, 9) is None else int(row.gear),
            throttle=_within(row.throttle, 0, 110),
            brake=None if pd.isna(row.brake) else bool(row.brake),
            drs=None if _within(row.drs, 0, 255) is None else int(row.drs),
            distance=_within(row.distance, 0, 1e5),
            x=_within(row.x, -1e7, 1e7),
            y=_within(row.y, -1e7, 1e7),
            z=_within(row.z, -1e7, 1e7),
        )


def _within(value: float, low: float, high: float) -> float | None:
    return round(float(value), 3) if low <= value <= high else None
