"""No statement reads a partitioned table whole, and what it reads is counted in bytes."""

from __future__ import annotations

import datetime as dt
import inspect
from typing import Any

import pyarrow as pa
import pytest

from shared.adapters.embedded.warehouse import DuckDBWarehouse
from shared.features import changes, quality, races, store, stored
from shared.features.scan import UnprunedQuery, ask, bytes_scanned, scans
from shared.features.sql import STEPS, statement
from shared.tables import TABLES

DAYS = [dt.date(2023, 3, 5), dt.date(2023, 3, 19)]


@pytest.mark.parametrize("table", STEPS)
def test_every_preprocessing_statement_names_its_partitions(table: str) -> None:
    read = {scan.table: scan for scan in scans(statement(table))}
    partitioned = [scan for name, scan in read.items() if TABLES[name].partition_by]
    assert partitioned
    assert all("@" in scan.condition for scan in partitioned)


def test_every_module_of_the_feature_store_asks_through_the_check() -> None:
    for module in (changes, quality, races, store, stored):
        assert "warehouse.query(" not in inspect.getsource(module), module.__name__


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT lap FROM clean_laps",
        "SELECT lap FROM clean_laps WHERE lap > 3",
        "SELECT lap FROM clean_laps WHERE race_date = as_of",
        "SELECT lap FROM clean_laps WHERE race_date > @first OR lap > 3",
        "SELECT lap FROM clean_laps WHERE race_date IN (SELECT race_date FROM raw_races)",
        "WITH a AS (SELECT * FROM clean_laps) SELECT * FROM a WHERE race_date = @day",
        "SELECT a.lap FROM clean_laps AS a JOIN lap_features AS b ON a.lap = b.lap WHERE a.race_date = @day",
        "DELETE FROM clean_laps WHERE lap = 3",
    ],
)
def test_a_statement_that_names_no_partition_is_refused_before_it_runs(sql: str) -> None:
    with pytest.raises(UnprunedQuery, match=r"(clean_laps|lap_features) is read without a filter on race_date"):
        ask(DuckDBWarehouse(), sql)


@pytest.mark.parametrize(
    ("sql", "condition"),
    [
        ("SELECT lap FROM clean_laps WHERE race_date BETWEEN @a AND @b AND lap > 3", "race_date BETWEEN @a AND @b"),
        ("SELECT a.lap FROM clean_laps AS a WHERE a.race_date = @day", "race_date = @day"),
        ("SELECT lap FROM clean_laps WHERE race_date IN UNNEST(@days)", "race_date IN UNNEST(@days)"),
        (
            "SELECT lap FROM clean_laps WHERE race_date >= DATE_SUB(@a, INTERVAL 1 YEAR) AND race_date < @b",
            "race_date >= DATE_SUB(@a, INTERVAL '1' YEAR) AND race_date < @b",
        ),
    ],
)
def test_the_condition_on_the_partitions_is_found(sql: str, condition: str) -> None:
    (scan,) = scans(sql)
    assert (scan.table, scan.condition) == ("clean_laps", condition)


@pytest.fixture
def warehouse() -> DuckDBWarehouse:
    found = DuckDBWarehouse()
    for day, laps in zip(DAYS, (10, 30), strict=True):
        rows: dict[str, Any] = {
            "race_id": ["2023_01"] * laps,
            "race_date": [day] * laps,
            "season": [2023] * laps,
            "round": [1] * laps,
            "driver_id": ["VER"] * laps,
            "lap": list(range(1, laps + 1)),
            "is_clean": [True] * laps,
            "completed": [True] * laps,
        }
        found.replace_partition("clean_laps", day, pa.table(rows), str(day))
    return found


def test_bytes_are_those_of_the_columns_and_partitions_named(warehouse: DuckDBWarehouse) -> None:
    one = "SELECT lap, driver_id FROM clean_laps WHERE race_date = @day"
    date, lap, driver = 8, 8, 12
    assert bytes_scanned(warehouse, one, {"day": DAYS[0]}) == 10 * (date + lap + driver)
    assert bytes_scanned(warehouse, one, {"day": DAYS[1]}) == 30 * (date + lap + driver)
    both = "SELECT is_clean FROM clean_laps WHERE race_date BETWEEN @a AND @b"
    assert bytes_scanned(warehouse, both, {"a": DAYS[0], "b": DAYS[1]}) == 40 * (date + 1)
    star = "SELECT * FROM clean_laps WHERE race_date BETWEEN @a AND @b"
    assert bytes_scanned(warehouse, star, {"a": DAYS[0], "b": DAYS[1]}) > 40 * 200
    assert bytes_scanned(warehouse, "SELECT 1 AS n") == 0
