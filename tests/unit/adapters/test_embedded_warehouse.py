"""The embedded warehouse's own ways: what it keeps small in a process of many threads."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa

from shared.adapters.embedded import warehouse as module
from shared.adapters.embedded.warehouse import DuckDBWarehouse
from shared.tables import Column, Table

CALLERS = 24
LAPS = Table("laps", "Laps.", (Column("at", "TIMESTAMP", "When.", "REQUIRED"), Column("n", "INT64", "Which.")))


class Watched(DuckDBWarehouse):
    """Notes the threads that do its work."""

    def __init__(self) -> None:
        self.seen: set[int] = set()
        super().__init__(tables={"laps": LAPS})

    def _query(self, sql: str, params: Mapping[str, Any] | None) -> pa.Table:
        self.seen.add(threading.get_ident())
        return super()._query(sql, params)

    def _append_to(self, *given: Any) -> list[int]:
        self.seen.add(threading.get_ident())
        return super()._append_to(*given)


def test_many_callers_are_served_by_a_few_threads() -> None:
    warehouse = Watched()
    together = threading.Barrier(CALLERS)

    def call(number: int) -> int:
        together.wait()
        warehouse.append("laps", [{"at": dt.datetime.now(dt.UTC), "n": number}], [f"lap-{number}"])
        return int(warehouse.query("SELECT COUNT(*) AS n FROM laps WHERE n = @n", {"n": number})["n"][0].as_py())

    with ThreadPoolExecutor(CALLERS) as pool:
        found = list(pool.map(call, range(CALLERS)))
    warehouse.close()
    assert found == [1] * CALLERS
    assert 1 < len(warehouse.seen) <= 1 + module.QUERIES


def test_ids_noted_before_do_not_keep_new_ones_of_the_same_commit_out() -> None:
    warehouse = DuckDBWarehouse(tables={"laps": LAPS})
    rows = [{"at": dt.datetime.now(dt.UTC), "n": number} for number in range(4)]
    assert warehouse.append("laps", rows[:2], ["a", "b"]) == 2
    assert warehouse.append("laps", rows, ["a", "b", "c", "d"]) == 2
    assert warehouse.append("laps", rows, ["a", "b", "c", "d"]) == 0
    assert warehouse.query("SELECT n FROM laps ORDER BY n")["n"].to_pylist() == [0, 1, 2, 3]
    warehouse.close()
