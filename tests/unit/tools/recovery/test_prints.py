"""A table's print tells rows apart, and nothing else."""

from __future__ import annotations

import random

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.embedded.warehouse import DuckDBWarehouse
from shared.schema.types import Column, Table
from tools.recovery.prints import of_table

TABLE = Table("numbers", "some", (Column("name", "STRING", "a name"), Column("value", "FLOAT64", "a value")))
ROWS = st.lists(st.tuples(st.text(max_size=5) | st.none(), st.floats(-1e6, 1e6) | st.none()), max_size=12)


def warehouse(rows: list[tuple[str | None, float | None]]) -> DuckDBWarehouse:
    made = DuckDBWarehouse(None, {"numbers": TABLE})
    columns = {
        "name": pa.array([r[0] for r in rows], pa.string()),
        "value": pa.array([r[1] for r in rows], pa.float64()),
    }
    made.replace_partition("numbers", None, pa.table(columns), "job")
    return made


@settings(max_examples=8, deadline=None)
@given(ROWS, st.randoms())
def test_the_order_of_rows_does_not_matter(rows: list[tuple[str | None, float | None]], order: random.Random) -> None:
    shuffled = rows.copy()
    order.shuffle(shuffled)
    assert of_table(warehouse(rows), TABLE) == of_table(warehouse(shuffled), TABLE)


def test_a_row_more_a_row_twice_and_a_value_changed_show() -> None:
    prints = [
        of_table(warehouse(rows), TABLE)
        for rows in ([], [("a", 1.0)], [("a", 1.0), ("a", 1.0)], [("a", 1.0000001)], [("a", None)], [(None, 1.0)])
    ]
    assert len(set(prints)) == len(prints)


def test_rounded_prints_bear_the_last_digits_of_sums() -> None:
    third, same = [("a", 0.1 + 0.2)], [("a", 0.3)]
    assert of_table(warehouse(third), TABLE) != of_table(warehouse(same), TABLE)
    assert of_table(warehouse(third), TABLE, decimals=6) == of_table(warehouse(same), TABLE, decimals=6)
    assert of_table(warehouse([("a", 0.31)]), TABLE, decimals=6) != of_table(warehouse(same), TABLE, decimals=6)


def test_rows_can_be_left_out() -> None:
    some = warehouse([("a", 1.0), ("b", 2.0)])
    assert of_table(some, TABLE, "t.name = 'b'") == of_table(warehouse([("a", 1.0)]), TABLE)
