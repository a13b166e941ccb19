"""Samples become rows; what no car can do is emptied, what has no lap is left out and counted, and a missing column
named."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from shared.ingest import recorded_telemetry
from shared.ingest.ergast import read_ergast
from shared.ingest.files import DataFileError, empty
from shared.ingest.telemetry import SOURCE_COLUMNS, samples

DAY = dt.date(2025, 3, 16)


def _source(**columns: list[Any]) -> dict[str, list[Any]]:
    whole = {name: [1.0, 1.0, 1.0] for name in SOURCE_COLUMNS} | {"Time": [0.0, 0.1, 0.2], "Brake": [0.0, 1.0, 0.0]}
    return whole | columns


def test_samples_become_rows_of_the_table() -> None:
    made = samples(pa.table(_source(Speed=[100.0, 200.0, 300.0])), 2025, 1, DAY, "VER")
    assert (made.emptied, made.lapless) == ({}, 0)
    row = made.rows.to_pylist()[1]
    assert (row["race_id"], row["race_date"], row["driver_id"], row["lap"]) == ("2025_01", DAY, "VER", 1)
    assert (row["speed"], row["brake"], row["gear"]) == (200.0, True, 1)


@pytest.mark.parametrize(
    ("column", "ours", "value"),
    [("nGear", "gear", 128.0), ("Speed", "speed", 700.0), ("RPM", "rpm", -1.0), ("Throttle", "throttle", 255.0)],
)
def test_a_reading_that_no_car_can_give_is_emptied_and_counted(column: str, ours: str, value: float) -> None:
    made = samples(pa.table(_source(**{column: [1.0, value, None]})), 2025, 1, DAY, "VER")
    assert made.emptied == {ours: 1}
    assert made.rows[ours].to_pylist() == [1, None, None]


def test_a_sample_without_a_lap_is_left_out_and_counted() -> None:
    made = samples(pa.table(_source(LapNumber=[1, None, 2])), 2025, 1, DAY, "VER")
    assert (made.rows["lap"].to_pylist(), made.lapless) == ([1, 2], 1)


def test_a_missing_column_is_named() -> None:
    source = _source()
    del source["RPM"]
    with pytest.raises(DataFileError, match="telemetry of 2025 round 1: column RPM missing"):
        samples(pa.table(source), 2025, 1, DAY, "VER")


def _recording(folder: Path, name: str = "2025_01") -> Path:
    (folder / "telemetry").mkdir(exist_ok=True)
    frame = pd.DataFrame(_source()).assign(Driver=["LEC", "VER", "LEC"])
    frame.to_parquet(folder / "telemetry" / f"{name}_telemetry.parquet")
    return folder


def test_a_recorded_file_is_read_driver_by_driver(tmp_path: Path) -> None:
    (found,), rejected = recorded_telemetry.recordings(_recording(tmp_path), empty("raw_races"))
    assert (found.race_id, found.race_date, rejected) == ("2025_01", DAY, [])
    rows = {driver: made.rows.num_rows for driver, made in recorded_telemetry.drivers(found)}
    assert rows == {"LEC": 2, "VER": 1}


@pytest.mark.parametrize("name", ["2030_01", "today"])
def test_a_file_of_a_race_that_nobody_knows_is_set_aside(tmp_path: Path, name: str) -> None:
    found, (rejected,) = recorded_telemetry.recordings(_recording(tmp_path, name), empty("raw_races"))
    assert found == []
    assert json.loads(rejected.record) == {"file": f"{name}_telemetry.parquet"}


def test_a_file_that_breaks_off_is_named(tmp_path: Path) -> None:
    path = _recording(tmp_path) / "telemetry" / "2025_01_telemetry.parquet"
    path.write_bytes(path.read_bytes()[:200])
    (found,), _ = recorded_telemetry.recordings(tmp_path, empty("raw_races"))
    with pytest.raises(DataFileError, match=r"2025_01_telemetry\.parquet: not readable"):
        list(recorded_telemetry.drivers(found))


def test_corners_of_unequal_lists_are_refused(tmp_path: Path) -> None:
    (found,), _ = recorded_telemetry.recordings(_recording(tmp_path), empty("raw_races"))
    (tmp_path / "telemetry" / "2025_01_corners.json").write_text('{"CornerNumber": [1, 2], "X": [1.0]}')
    with pytest.raises(DataFileError, match="not lists of one length"):
        recorded_telemetry.corner_rows(found)


def test_a_recorded_race_s_laps_and_corners_are_read(data_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(
        data_dir / "telemetry", tmp_path / "telemetry", ignore=shutil.ignore_patterns("*_telemetry.parquet")
    )
    for name in ("2025_01", "2025_15"):
        _recording(tmp_path, name)
    found, _ = recorded_telemetry.recordings(tmp_path, empty("raw_races"))
    assert [recorded_telemetry.lap_rows(each).num_rows for each in found] == [927, 1364]
    corners = recorded_telemetry.corner_rows(found[0]).to_pylist()
    assert len(corners) == 14
    assert corners[0]["distance"] == pytest.approx(350.69, abs=0.01)


def test_stationary_times_are_joined_to_race_and_driver(data_dir: Path) -> None:
    ergast = read_ergast(data_dir)
    races = ergast["raw_races"].to_pandas()
    took_part = (
        ergast["raw_results"]
        .to_pandas()[["race_id", "ergast_id"]]
        .merge(ergast["raw_drivers"].to_pandas()[["ergast_id", "surname"]], on="ergast_id")
    )
    stops, rejected = recorded_telemetry.pit_stop_times(data_dir, 2023, races, took_part)
    files = list((data_dir / "pit_stop_times" / "2023").glob("*.json"))
    rows = stops.to_pylist()
    assert len(rows) + len(rejected) == sum(len(json.loads(path.read_text())) for path in files)
    assert sum(row["ergast_id"] is None for row in rows) < 0.02 * len(rows)
    fastest = next(row for row in rows if row["race_id"] == "2023_01" and row["place"] == 1)
    assert (fastest["ergast_id"], fastest["stationary_time"], fastest["lap"]) == ("leclerc", 2.22, 13)
