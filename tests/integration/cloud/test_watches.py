"""The queries that watch over data: they run on the product's tables, pass on sound ones, and fail on bad ones."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from shared.adapters.embedded.warehouse import DuckDBWarehouse
from shared.config import ROOT
from shared.errors import WarehouseError
from shared.tables import TABLES, arrow_schema

SQL = ROOT / "terraform" / "modules" / "schedule" / "sql"
TODAY = dt.datetime.now(dt.UTC).date()
OF_TYPE: dict[str, Any] = {"STRING": "x", "INT64": 1, "FLOAT64": 1.0, "BOOL": True}


@pytest.fixture
def warehouse() -> DuckDBWarehouse:
    return DuckDBWarehouse()


def put(warehouse: DuckDBWarehouse, table: str, rows: list[dict[str, Any]]) -> None:
    """Rows into a table, REQUIRED columns that are not given filled with anything."""
    required = [column for column in TABLES[table].columns if column.mode == "REQUIRED"]
    whole = [{c.name: OF_TYPE.get(c.type) for c in required} | row for row in rows]
    names = {name for row in whole for name in row}
    schema = pa.schema([field for field in arrow_schema(TABLES[table]) if field.name in names])
    data = pa.Table.from_pylist(whole, schema)
    if TABLES[table].partition_by is None:
        warehouse.replace_partition(table, None, data, f"{table}-{len(rows)}")
    else:
        days = sorted({row["race_date"] for row in whole})
        warehouse.replace_partitions(table, days, data, f"{table}-{len(rows)}")


def watch(warehouse: DuckDBWarehouse, name: str) -> str:
    return str(warehouse.query((SQL / f"{name}.sql").read_text())["verdict"].to_pylist()[0])


@pytest.mark.parametrize("name", ["watch-freshness", "watch-quality", "watch-drift"])
def test_nothing_is_wrong_with_nothing(warehouse: DuckDBWarehouse, name: str) -> None:
    assert watch(warehouse, name) in ("fresh", "sound", "steady")


def test_a_race_without_clean_laps_is_late_after_three_days(warehouse: DuckDBWarehouse) -> None:
    race = {"race_id": "2026_05", "race_date": TODAY - dt.timedelta(days=4)}
    put(warehouse, "raw_races", [race, {"race_id": "2026_06", "race_date": TODAY - dt.timedelta(days=1)}])
    with pytest.raises(WarehouseError, match="no clean laps of 2026_05"):
        watch(warehouse, "watch-freshness")
    put(warehouse, "clean_laps", [race])
    assert watch(warehouse, "watch-freshness") == "fresh"


def test_a_race_that_lacks_laps_is_bad(warehouse: DuckDBWarehouse) -> None:
    row = {"race_date": TODAY - dt.timedelta(days=2), "measure": "share_of_laps_in_result"}
    put(warehouse, "data_quality", [row | {"race_id": "2026_05", "value": 0.97}])
    assert watch(warehouse, "watch-quality") == "sound"
    bad = row | {"race_date": TODAY - dt.timedelta(days=3), "race_id": "2026_06", "value": 0.80}
    old = row | {"race_date": TODAY - dt.timedelta(days=90), "race_id": "2025_01", "value": 0.10}
    put(warehouse, "data_quality", [bad, old])
    with pytest.raises(WarehouseError, match="quality: 2026_06"):
        watch(warehouse, "watch-quality")


def test_tires_that_last_twice_as_long_are_a_drift(warehouse: DuckDBWarehouse) -> None:
    def races(first: int, count: int, age: int) -> list[dict[str, Any]]:
        return [
            {
                "race_id": f"r{first + 14 * i}",
                "race_date": TODAY - dt.timedelta(days=first + 14 * i),
                "tire_age": age + i % 3,
                "pit_stops": 1,
                "pace_in_race": 0.1 * (i % 2),
            }
            for i in range(count)
        ]

    put(warehouse, "lap_features", races(40, 20, 12) + races(3, 2, 12))
    assert watch(warehouse, "watch-drift") == "steady"
    put(warehouse, "lap_features", races(4, 1, 30))
    put(warehouse, "lap_features", races(3, 2, 30))
    with pytest.raises(WarehouseError, match="drift: tire_age"):
        watch(warehouse, "watch-drift")
