"""Recorded files to the frames that models are fitted on, through the same SQL as the warehouse, in memory.

``load_frames`` is what training from files alone uses: it reads a folder laid out like ``F1_DATA_DIR`` (parts may be
missing, more seasons may be there), runs ``functions/preprocess/sql`` on an in-memory DuckDB, and uses nothing dated
after ``until``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pandas as pd
import pyarrow as pa

from shared.features.sql import statement, to_duckdb
from shared.features.telemetry.race import Race, TelemetryFrames, known_race, telemetry_frames
from shared.ingest import recorded_telemetry
from shared.ingest.ergast import read_ergast
from shared.ingest.fastf1 import lap_files, read_laps, read_weather
from shared.ingest.files import DataFileError, concat
from shared.ingest.recorded_telemetry import pit_stop_times, who_took_part
from shared.observability import fields, log
from shared.race.finish import NOT_STARTED, dnf_cause, is_retired

FIRST_DAY = dt.date(1950, 1, 1)
SYNTHETIC_MARKER = "SYNTHETIC"
"""A file of this name in a data folder says that its races were simulated."""


@dataclass(frozen=True)
class Frames:
    """Frames for fitting; times in seconds, races named "2023_01". Rows are sorted by date, race, driver, lap.

    laps: one row per driver and completed lap, with the columns of ``clean_laps`` (``shared.schema.features``) but
      ``completed``. ``total_laps`` is the scheduled distance; ``laps_run`` is the winner's: the future, not a feature.
      ``grid`` is NaN and ``rainfall`` null where no result or weather is at hand.
    results: one row per driver and race since 1950: race_id, race_date, season, round, circuit_id, driver_id,
      ergast_id, team, grid, position_order, laps, status, points, retired, dnf_cause. Races that only lap files know
      are derived from them: grid, points and status are null there, who stopped before 90% of the winner's laps
      counts as retired for another reason.
    races: race_id, race_date, season, round, name, circuit_id, total_laps.
    pit_stops: race_id, race_date, season, circuit_id, driver_id, ergast_id, lap, duration (in the pit lane),
      track_status and red_flag (null where no lap file covers the race).
    circuits: circuit_id, name, locality, country. drivers: ergast_id, code, forename, surname.
    synthetic: whether the folder says that its races were simulated.
    telemetry: laps of the races that have car telemetry and the corners of their circuits; None where no race has any.
    """

    laps: pd.DataFrame
    results: pd.DataFrame
    races: pd.DataFrame
    pit_stops: pd.DataFrame
    circuits: pd.DataFrame
    drivers: pd.DataFrame
    synthetic: bool = False
    telemetry: TelemetryFrames | None = None


def load_raw(data_dir: Path, until: dt.date | None = None) -> dict[str, pa.Table]:
    """Raw tables from recorded files, nothing dated after ``until``. Raises DataFileError naming file and column."""
    if not data_dir.is_dir():
        raise DataFileError(f"{data_dir}: no such folder; F1_DATA_DIR names that of the recorded races")
    raw = read_ergast(data_dir, until)
    laps, events = [], []
    for path in lap_files(data_dir):
        if until is None or int(path.stem) <= until.year:
            rows = read_laps(path, raw["raw_races"], until)
            laps.append(rows.laps)
            events.append(rows.events)
            if rows.rejected:
                reason = rows.rejected[0].reason
                log.warning("records set aside", extra=fields(file=str(path), records=len(rows.rejected), first=reason))
    raw["raw_laps"] = concat("raw_laps", laps)
    raw["raw_events"] = concat("raw_events", events)
    races = pa.concat_tables([raw["raw_races"], raw["raw_events"]])
    raw["raw_weather"] = read_weather(data_dir, races)
    raw["raw_pit_stop_times"] = _pit_stop_times(data_dir, raw, races)
    return raw


def _pit_stop_times(data_dir: Path, raw: dict[str, pa.Table], races: pa.Table) -> pa.Table:
    part, events = who_took_part(raw), races.to_pandas()
    seasons = sorted(int(path.name) for path in (data_dir / "pit_stop_times").glob("[0-9][0-9][0-9][0-9]"))
    return concat("raw_pit_stop_times", [pit_stop_times(data_dir, season, events, part)[0] for season in seasons])


def run_sql(raw: dict[str, pa.Table], table: str, first_date: dt.date, last_date: dt.date) -> pd.DataFrame:
    """Rows of a preprocessed table from raw tables held in memory."""
    import duckdb

    with duckdb.connect(":memory:") as connection:
        connection.execute("SET enable_progress_bar = false")
        for name, rows in raw.items():
            connection.register(name, rows)
        relation = connection.sql(
            to_duckdb(statement(table)), params={"first_date": first_date, "last_date": last_date}
        )
        return cast("pd.DataFrame", relation.to_arrow_table().to_pandas(date_as_object=False))


def load_frames(data_dir: Path, until: dt.date | None = None) -> Frames:
    """Frames from the recorded files under ``data_dir`` (laid out like F1_DATA_DIR), nothing dated after ``until``.

    Raises DataFileError naming the file, and the column, that cannot be used.
    """
    raw = load_raw(data_dir, until)
    frames = frames_of(raw, synthetic=(data_dir / SYNTHETIC_MARKER).exists())
    return replace(frames, telemetry=recorded_frames(data_dir, raw, until))


def recorded_frames(data_dir: Path, raw: dict[str, pa.Table], until: dt.date | None) -> TelemetryFrames | None:
    """Laps and corners of the telemetry files of races up to and with ``until``; None where there are none."""
    races = pa.concat_tables([raw["raw_races"], raw["raw_events"]])
    found, _ = recorded_telemetry.recordings(data_dir, races)
    found = sorted((each for each in found if until is None or each.race_date <= until), key=lambda r: r.race_date)
    circuits = dict(zip(races["race_id"].to_pylist(), races["circuit_id"].to_pylist(), strict=True))

    def parts() -> Iterator[tuple[Race, Iterator[pd.DataFrame], pd.DataFrame, pd.DataFrame]]:
        for recording in found:
            race = known_race(recording.race_id, recording.race_date, recording.season, recording.round, circuits)
            if race is None:
                continue
            samples = (rows.rows.to_pandas() for _, rows in recorded_telemetry.drivers(recording))
            meta = recorded_telemetry.lap_rows(recording).to_pandas().rename(columns={"tyre_life": "tire_age"})
            yield race, samples, meta, recorded_telemetry.corner_rows(recording).to_pandas()

    return telemetry_frames(parts()) if found else None


def frames_of(raw: dict[str, pa.Table], synthetic: bool = False, clean_laps: pd.DataFrame | None = None) -> Frames:
    """Frames from raw tables held in memory; ``clean_laps`` where the feature store has them already."""
    laps = run_sql(raw, "clean_laps", FIRST_DAY, dt.date(9999, 12, 31)) if clean_laps is None else clean_laps
    laps = laps[laps["completed"]].drop(columns="completed")
    laps = laps.astype({"race_date": "datetime64[ns]", "position": "int64", "grid": "float64"})
    laps = laps.sort_values(["race_date", "race_id", "driver_id", "lap"], ignore_index=True)
    races = _pandas(pa.concat_tables([raw["raw_races"], raw["raw_events"]]))
    races = races.rename(columns={"scheduled_laps": "total_laps"}).drop(columns="first_lap_seconds")
    recorded = _pandas(raw["raw_results"])
    results = pd.concat([_results(recorded, races), _derived_results(laps, recorded)], ignore_index=True)
    return Frames(
        laps=laps,
        results=results.sort_values(["race_date", "race_id", "position_order"], ignore_index=True),
        races=races.sort_values(["race_date", "race_id"], ignore_index=True),
        pit_stops=_pit_stops(_pandas(raw["raw_pit_stops"]), laps, recorded, races),
        circuits=_pandas(raw["raw_circuits"])[["circuit_id", "name", "locality", "country"]],
        drivers=_pandas(raw["raw_drivers"])[["ergast_id", "code", "forename", "surname"]],
        synthetic=synthetic,
    )


def _pandas(table: pa.Table) -> pd.DataFrame:
    frame = table.to_pandas(date_as_object=False)
    if "race_date" in frame:
        frame["race_date"] = frame["race_date"].astype("datetime64[ns]")
    return cast("pd.DataFrame", frame)


_RESULT_COLUMNS = [
    "race_id", "race_date", "season", "round", "circuit_id", "driver_id", "ergast_id", "team", "grid", "position_order",
    "laps", "status", "points", "retired", "dnf_cause",
]  # fmt: skip


def _results(recorded: pd.DataFrame, races: pd.DataFrame) -> pd.DataFrame:
    started = recorded[~recorded["status"].isin(NOT_STARTED)].rename(columns={"constructor_id": "team"})
    started = started.merge(races[["race_id", "circuit_id"]], on="race_id", how="left")
    return started.assign(
        grid=started["grid"].astype("float64"),
        retired=started["status"].map(is_retired).astype(bool),
        dnf_cause=started["status"].map(dnf_cause),
    )[_RESULT_COLUMNS]


def _derived_results(laps: pd.DataFrame, recorded: pd.DataFrame) -> pd.DataFrame:
    own = laps[~laps["race_id"].isin(recorded["race_id"])]
    last = own.sort_values("lap").groupby(["race_id", "driver_id"]).tail(1)
    last = last.sort_values(["race_id", "lap", "elapsed"], ascending=[True, False, True])
    retired = last["lap"] < 0.9 * last.groupby("race_id")["lap"].transform("max")
    return last.assign(
        position_order=last.groupby("race_id").cumcount() + 1,
        laps=last["lap"],
        status=None,
        points=float("nan"),
        retired=retired,
        dnf_cause=retired.map({True: "other", False: None}),
    )[_RESULT_COLUMNS].astype({"retired": bool})


_STOP_COLUMNS = [
    "race_id", "race_date", "season", "circuit_id", "driver_id", "ergast_id", "lap", "duration",
    "track_status", "red_flag",
]  # fmt: skip


def _pit_stops(ergast: pd.DataFrame, laps: pd.DataFrame, recorded: pd.DataFrame, races: pd.DataFrame) -> pd.DataFrame:
    """From the lap files where they cover the race, else from Ergast (2011-)."""
    visits = laps[(laps["pit_in"] | laps["red_flag_visit"]) & laps["pit_lane_time"].notna()]
    timed = visits.rename(columns={"pit_lane_time": "duration", "red_flag_visit": "red_flag"})[_STOP_COLUMNS]
    older = ergast[~ergast["race_id"].isin(laps["race_id"]) & ergast["duration"].notna()]
    codes = recorded[["race_id", "ergast_id", "driver_id"]].drop_duplicates(["race_id", "ergast_id"])
    older = older.merge(codes, on=["race_id", "ergast_id"], how="left").merge(
        races[["race_id", "circuit_id"]], on="race_id"
    )
    older["driver_id"] = older["driver_id"].fillna(older["ergast_id"])
    older = older.assign(track_status=None, red_flag=None)[_STOP_COLUMNS]
    return pd.concat([timed, older], ignore_index=True).sort_values(["race_date", "race_id", "lap"], ignore_index=True)
