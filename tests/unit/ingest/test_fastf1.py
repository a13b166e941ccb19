"""Records that cannot be taken are set aside one by one, with the reason; files that cannot are refused by name."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest

from shared.ingest.fastf1 import LAP_COLUMNS, read_laps
from shared.ingest.files import DataFileError, empty
from tests.fakes import laps as made

RACES = made.raw(made.lap_rows("A", 1))["raw_races"]


def _file(folder: Path, **changes: object) -> Path:
    """A season's file of four laps, in which the column named holds other values."""
    names = {name: source for source, name in LAP_COLUMNS.items()}
    frame = made.lap_rows("A", 4).rename(columns=names).assign(DriverNumber="1")[list(LAP_COLUMNS)]
    for column, values in changes.items():
        frame[column] = values
    path = folder / "2023.parquet"
    frame.to_parquet(path)
    return path


@pytest.mark.parametrize(
    ("column", "values", "reason"),
    [
        ("Driver", [None, "AAA", "AAA", "AAA"], "Driver is empty"),
        ("LapNumber", [1, 2.5, 3, 4], "LapNumber is not a whole number"),
        ("LapNumber", [1, 2, 3, 201], "LapNumber is not within 1 to 200"),
        ("LapTime", ["90.0", "ninety", "90.0", None], "LapTime is not a number"),
        ("Time", [None, 1.0, 2.0, 3.0], "Time is empty"),
    ],
)
def test_one_bad_record_is_set_aside_and_its_neighbors_are_taken(
    tmp_path: Path, column: str, values: list[object], reason: str
) -> None:
    rows = read_laps(_file(tmp_path, **{column: values}), RACES)
    assert rows.laps.num_rows == 3
    (rejected,) = rows.rejected
    assert rejected.reason == reason
    assert json.loads(rejected.record)["event_name"] == "Bahrain Grand Prix"


def test_text_truths_become_truths(tmp_path: Path) -> None:
    rows = read_laps(_file(tmp_path, FreshTyre=["True", "False", "nan", None]), RACES)
    assert rows.laps["fresh_tyre"].to_pylist() == [True, False, None, None]


def test_a_race_whose_date_nobody_knows_is_set_aside(tmp_path: Path) -> None:
    rows = read_laps(_file(tmp_path, EventName="Moon Grand Prix"), empty("raw_races"))
    assert rows.laps.num_rows == 0
    assert {record.reason for record in rows.rejected} == {"no calendar knows the date of this race"}


def test_a_race_after_the_day_named_is_left_out_and_not_held_against_the_file(tmp_path: Path) -> None:
    rows = read_laps(_file(tmp_path), RACES, dt.date(2023, 3, 4))
    assert (rows.laps.num_rows, rows.rejected) == (0, [])


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = _file(tmp_path)
    pd.read_parquet(path).drop(columns=["Stint", "Time"]).to_parquet(path)
    with pytest.raises(DataFileError, match="column Stint, Time missing"):
        read_laps(path, RACES)
