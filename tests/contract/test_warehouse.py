"""What any warehouse must do."""

from __future__ import annotations

import concurrent.futures
import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from shared.errors import WarehouseError
from shared.ports import Warehouse

BAHRAIN, JEDDAH = dt.date(2023, 3, 5), dt.date(2023, 3, 19)


def laps(day: dt.date, *times: float) -> pa.Table:
    return pa.table({"race_date": [day] * len(times), "driver_id": ["VER"] * len(times), "lap_time": list(times)})


def times(warehouse: Warehouse, day: dt.date) -> list[float]:
    rows = warehouse.query("SELECT lap_time FROM contract_laps WHERE race_date = @day ORDER BY lap_time", {"day": day})
    return rows["lap_time"].to_pylist()


def test_a_partition_is_replaced_and_its_neighbors_stay(warehouse: Warehouse) -> None:
    assert warehouse.replace_partition("contract_laps", BAHRAIN, laps(BAHRAIN, 97.1, 97.2), "job-1") == 2
    assert warehouse.replace_partition("contract_laps", JEDDAH, laps(JEDDAH, 93.0), "job-2") == 1
    assert warehouse.replace_partition("contract_laps", BAHRAIN, laps(BAHRAIN, 98.0), "job-3") == 1
    assert times(warehouse, BAHRAIN) == [98.0]
    assert times(warehouse, JEDDAH) == [93.0]


def test_the_same_job_again_does_nothing(warehouse: Warehouse) -> None:
    warehouse.replace_partition("contract_laps", BAHRAIN, laps(BAHRAIN, 97.0), "job-1")
    assert warehouse.replace_partition("contract_laps", BAHRAIN, laps(BAHRAIN, 1.0, 2.0), "job-1") == 0
    assert times(warehouse, BAHRAIN) == [97.0]


def test_an_unpartitioned_table_is_replaced_as_a_whole(warehouse: Warehouse) -> None:
    for job, names in (("a", ["monza", "spa"]), ("b", ["imola"])):
        warehouse.replace_partition("contract_circuits", None, pa.table({"circuit_id": names}), job)
    assert warehouse.query("SELECT circuit_id FROM contract_circuits").to_pylist() == [{"circuit_id": "imola"}]


def test_columns_go_by_name_and_those_not_given_become_null(warehouse: Warehouse) -> None:
    rows = pa.table({"lap": [3], "driver_id": ["LEC"], "race_date": [BAHRAIN]})
    warehouse.replace_partition("contract_laps", BAHRAIN, rows, "job-1")
    row = warehouse.query("SELECT driver_id, lap, lap_time FROM contract_laps").to_pylist()
    assert row == [{"driver_id": "LEC", "lap": 3, "lap_time": None}]


def test_no_rows_empty_the_partition(warehouse: Warehouse) -> None:
    warehouse.replace_partition("contract_laps", BAHRAIN, laps(BAHRAIN, 97.0), "job-1")
    assert warehouse.replace_partition("contract_laps", BAHRAIN, laps(BAHRAIN, 97.0).slice(0, 0), "job-2") == 0
    assert times(warehouse, BAHRAIN) == []


BAD_ROWS = {
    "lap_time.*FLOAT64": {"race_date": [BAHRAIN], "driver_id": ["VER"], "lap_time": ["fast"]},
    "no column lap_tme": {"race_date": [BAHRAIN], "driver_id": ["VER"], "lap_tme": [97.0]},
    "REQUIRED column driver_id is missing": {"race_date": [BAHRAIN]},
    "driver_id is REQUIRED and NULL in 1 rows": {"race_date": [BAHRAIN] * 2, "driver_id": ["VER", None]},
    "race_date: 1 rows are not of 2023-03-05": {"race_date": [BAHRAIN, JEDDAH], "driver_id": ["VER", "VER"]},
}


@pytest.mark.parametrize("problem", BAD_ROWS)
def test_rows_that_do_not_fit_are_refused_by_name_and_the_old_rows_stay(warehouse: Warehouse, problem: str) -> None:
    warehouse.replace_partition("contract_laps", BAHRAIN, laps(BAHRAIN, 97.0), "job-1")
    with pytest.raises(WarehouseError, match=f"contract_laps.*{problem}|contract_laps.{problem}"):
        warehouse.replace_partition("contract_laps", BAHRAIN, pa.table(BAD_ROWS[problem]), "job-2")
    assert times(warehouse, BAHRAIN) == [97.0]
    assert warehouse.replace_partition("contract_laps", BAHRAIN, laps(BAHRAIN, 98.0), "job-2") == 1, "the job failed"


def test_a_table_unknown_or_addressed_wrongly_is_named(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="contract_lapse"):
        warehouse.replace_partition("contract_lapse", BAHRAIN, laps(BAHRAIN), "job-1")
    with pytest.raises(WarehouseError, match="partitioned by race_date"):
        warehouse.replace_partition("contract_laps", None, laps(BAHRAIN), "job-1")
    with pytest.raises(WarehouseError, match="contract_circuits is not partitioned"):
        warehouse.replace_partition("contract_circuits", BAHRAIN, pa.table({"circuit_id": ["spa"]}), "job-1")


def test_several_partitions_are_replaced_in_one_job_and_the_others_stay(warehouse: Warehouse) -> None:
    melbourne = dt.date(2023, 4, 2)
    for day, time in ((BAHRAIN, 1.0), (JEDDAH, 2.0), (melbourne, 3.0)):
        warehouse.replace_partition("contract_laps", day, laps(day, time), f"old-{day}")
    rows = laps(BAHRAIN, 97.1, 97.2)  # none of Jeddah: it becomes empty
    assert warehouse.replace_partitions("contract_laps", [BAHRAIN, JEDDAH], rows, "job-1") == 2
    assert [times(warehouse, day) for day in (BAHRAIN, JEDDAH, melbourne)] == [[97.1, 97.2], [], [3.0]]
    assert warehouse.replace_partitions("contract_laps", [BAHRAIN, JEDDAH], laps(JEDDAH, 9.0), "job-1") == 0
    assert times(warehouse, JEDDAH) == [], "the job's second run did something"


def test_several_partitions_are_replaced_all_or_none(warehouse: Warehouse) -> None:
    warehouse.replace_partition("contract_laps", BAHRAIN, laps(BAHRAIN, 97.0), "old")
    strays = pa.concat_tables([laps(BAHRAIN, 1.0), laps(dt.date(2023, 4, 2), 2.0)])
    with pytest.raises(WarehouseError, match="race_date: 1 rows are not of 2023-03-05, 2023-03-19"):
        warehouse.replace_partitions("contract_laps", [BAHRAIN, JEDDAH], strays, "job-1")
    dateless = pa.table({"race_date": pa.array([BAHRAIN, None]), "driver_id": ["VER", "VER"]})
    with pytest.raises(WarehouseError, match="race_date"):
        warehouse.replace_partitions("contract_laps", [BAHRAIN], dateless, "job-1")
    assert times(warehouse, BAHRAIN) == [97.0]
    assert warehouse.replace_partitions("contract_laps", [BAHRAIN], laps(BAHRAIN, 98.0), "job-1") == 1


def test_no_partitions_named_take_no_rows(warehouse: Warehouse) -> None:
    assert warehouse.replace_partitions("contract_laps", [], laps(BAHRAIN), "job-1") == 0
    with pytest.raises(WarehouseError, match="1 rows are not of any day"):
        warehouse.replace_partitions("contract_laps", [], laps(BAHRAIN, 97.0), "job-2")
    with pytest.raises(WarehouseError, match="contract_circuits is not partitioned"):
        warehouse.replace_partitions("contract_circuits", [BAHRAIN], pa.table({"circuit_id": ["spa"]}), "job-3")


def test_rows_appended_under_one_id_are_there_once(warehouse: Warehouse) -> None:
    row = {"race_date": BAHRAIN, "driver_id": "VER", "lap_time": 97.0}
    assert warehouse.append("contract_laps", [row, row], ["a", "b"]) == 2
    assert warehouse.append("contract_laps", [row, row, row], ["b", "c", "c"]) == 1
    assert times(warehouse, BAHRAIN) == [97.0] * 3


def test_an_appended_row_that_does_not_fit_takes_no_id(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="lap_time"):
        warehouse.append("contract_laps", [{"race_date": BAHRAIN, "driver_id": "VER", "lap_time": "x"}], ["a"])
    with pytest.raises(WarehouseError, match="driver_id"):
        warehouse.append("contract_laps", [{"race_date": BAHRAIN, "lap_time": 97.0}], ["a"])
    assert warehouse.append("contract_laps", [{"race_date": BAHRAIN, "driver_id": "VER"}], ["a"]) == 1


def test_writers_side_by_side_lose_nothing(warehouse: Warehouse) -> None:
    def write(number: int) -> None:
        day = BAHRAIN + dt.timedelta(days=number)
        warehouse.replace_partition("contract_laps", day, laps(day, *map(float, range(50))), f"job-{number}")
        warehouse.append("contract_laps", [{"race_date": day, "driver_id": "HAM"}], [f"row-{number}"])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(24)))
    rows = warehouse.query("SELECT driver_id, COUNT(*) AS n FROM contract_laps GROUP BY driver_id ORDER BY n")
    assert rows.to_pylist() == [{"driver_id": "HAM", "n": 24}, {"driver_id": "VER", "n": 24 * 50}]


def test_a_statement_answers_the_rows_it_touched(warehouse: Warehouse) -> None:
    warehouse.replace_partition("contract_laps", BAHRAIN, laps(BAHRAIN, 97.0, 98.0), "job-1")
    assert warehouse.execute("UPDATE contract_laps SET lap = @lap WHERE lap_time > @t", {"lap": 2, "t": 97.5}) == 1
    assert warehouse.execute("DELETE FROM contract_laps WHERE TRUE") == 2


def test_making_a_table_touches_no_rows(warehouse: Warehouse) -> None:
    sql = "CREATE OR REPLACE TABLE contract_new PARTITION BY race_date AS SELECT DATE '2023-03-05' AS race_date, 1 AS n"
    assert warehouse.execute(sql) == 0
    assert warehouse.query("SELECT n FROM contract_new").to_pylist() == [{"n": 1}]


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("SELECT lap_tme FROM contract_laps", "lap_tme"),
        ("SELECT 1 FROM contract_lapse", "contract_lapse"),
        ("SELECT FROM WHERE", "SELECT|dialect"),
        ("", "0 statements"),
        ("SELECT 1; SELECT 2", "2 statements"),
    ],
)
def test_a_statement_that_cannot_run_says_why(warehouse: Warehouse, sql: str, problem: str) -> None:
    with pytest.raises(WarehouseError, match=problem):
        warehouse.query(sql)


GOLDEN: dict[str, Any] = {
    "SAFE_DIVIDE(1, 0)": None,
    "SAFE_DIVIDE(1, 4)": 0.25,
    "3 / 2": 1.5,
    "DIV(7, 2)": 3,
    "MOD(7, 2)": 1,
    "IF(NULL > 1, 'a', 'b')": "b",
    "IFNULL(NULL, 3)": 3,
    "ROUND(2.5)": 3.0,
    "SAFE_CAST('x' AS INT64)": None,
    "SAFE_CAST('12' AS INT64)": 12,
    "GREATEST(1, 3, 2)": 3,
    "SPLIT('a,b', ',')[OFFSET(1)]": "b",
    "ARRAY_LENGTH(['a', 'b'])": 2,
    "REGEXP_CONTAINS('467', r'[67]')": True,
    "SUBSTR('2023_01', 1, 4)": "2023",
    "LPAD(CAST(7 AS STRING), 2, '0')": "07",
    "STRPOS('ABC', 'C')": 3,
    "EXTRACT(YEAR FROM DATE '2023-03-05')": 2023,
    "DATE_DIFF(DATE '2023-03-19', DATE '2023-03-05', DAY)": 14,
    "DATE_ADD(DATE '2023-03-05', INTERVAL 1 WEEK)": dt.date(2023, 3, 12),
    "DATE(TIMESTAMP '2023-03-05 23:59:59+00')": dt.date(2023, 3, 5),
    "EXTRACT(HOUR FROM TIMESTAMP '2023-03-05 15:00:00+00')": 15,
    "TIMESTAMP_DIFF(TIMESTAMP '2023-03-05 15:00:01+00', TIMESTAMP '2023-03-05 15:00:00+00', MILLISECOND)": 1000,
    "UNIX_SECONDS(TIMESTAMP '1970-01-02 00:00:00+00')": 86400,
    "JSON_VALUE('{\"a\": {\"b\": 5}}', '$.a.b')": "5",
    "CONCAT('a', 'b')": "ab",
    "COALESCE(NULL, 'x')": "x",
    "STARTS_WITH('HARD', 'HA')": True,
}


@pytest.mark.parametrize("expression", GOLDEN)
def test_an_expression_has_the_value_that_bigquery_gives_it(warehouse: Warehouse, expression: str) -> None:
    date_or_number = warehouse.query(f"SELECT {expression} AS value").to_pylist()[0]["value"]
    if isinstance(date_or_number, dt.datetime):
        date_or_number = date_or_number.date()
    assert date_or_number == GOLDEN[expression]


def test_analytic_functions_run_in_their_window(warehouse: Warehouse) -> None:
    warehouse.replace_partition("contract_laps", BAHRAIN, laps(BAHRAIN, 3.0, 1.0, 2.0), "job-1")
    rows = warehouse.query(
        """
        SELECT lap_time, LAG(lap_time) OVER w AS previous, PERCENTILE_CONT(lap_time, 0.5) OVER () AS median,
               SUM(IF(lap_time > 1, 1, 0)) OVER () AS slow
        FROM contract_laps
        QUALIFY ROW_NUMBER() OVER (PARTITION BY driver_id ORDER BY lap_time DESC) <= 2
        WINDOW w AS (PARTITION BY driver_id ORDER BY lap_time)
        ORDER BY lap_time
        """
    )
    assert rows.to_pylist() == [
        {"lap_time": 2.0, "previous": 1.0, "median": 2.0, "slow": 2},
        {"lap_time": 3.0, "previous": 2.0, "median": 2.0, "slow": 2},
    ]


def test_times_are_in_utc_and_arrays_come_back(warehouse: Warehouse) -> None:
    moment = dt.datetime(2023, 3, 5, 15, 0, tzinfo=dt.UTC)
    row = {"race_date": BAHRAIN, "driver_id": "VER", "set_at": moment, "flags": ["SC", "YELLOW"]}
    warehouse.append("contract_laps", [row], ["a"])
    found = warehouse.query("SELECT set_at, flags FROM contract_laps WHERE 'SC' IN UNNEST(flags)").to_pylist()
    assert found == [{"set_at": moment, "flags": ["SC", "YELLOW"]}]


def test_an_array_is_a_parameter_like_any_other(warehouse: Warehouse) -> None:
    warehouse.replace_partition("contract_laps", BAHRAIN, laps(BAHRAIN, 1.0, 2.0, 3.0), "job-1")
    sql = "SELECT COUNT(*) AS n FROM contract_laps WHERE lap_time IN UNNEST(@wanted)"
    assert warehouse.query(sql, {"wanted": [1.0, 3.0, 9.0]}).to_pylist() == [{"n": 2}]
