"""The preprocessing statements over raw tables held in memory, one after the other."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from shared.features.sql import STEPS, statement, to_duckdb
from shared.ingest.files import empty
from shared.tables import TABLES, arrow_schema

ANNOUNCED = int(dt.datetime(2023, 3, 6, 3, tzinfo=dt.UTC).timestamp())


def run_steps(raw: dict[str, pa.Table], last_only: dict[str, pd.DataFrame] | None = None) -> dict[str, pd.DataFrame]:
    """Every step over all races of the raw tables; with the rows of such a run, over the last race alone, the earlier
    ones' rows being what they were."""
    import duckdb

    last = raw["raw_races"]["race_date"].to_pylist()[-1]
    span = {"first_date": last if last_only else dt.date(1950, 1, 1), "last_date": dt.date(2100, 1, 1)}
    found = {}
    with duckdb.connect(":memory:") as connection:
        for name, rows in ({name: empty(name) for name in TABLES} | raw).items():
            connection.register(name, rows)
        for step in STEPS:
            params = span | ({"announced": ANNOUNCED} if "@announced" in statement(step) else {})
            rows = connection.sql(to_duckdb(statement(step)), params=params).to_arrow_table()
            schema = arrow_schema(TABLES[step])
            assert set(rows.column_names) == set(schema.names), step
            stored = rows.select(schema.names).cast(schema)
            if last_only:
                before = pa.Table.from_pandas(last_only[step], preserve_index=False).select(schema.names).cast(schema)
                before = before.filter(pc.less(before["race_date"], pa.scalar(last)))
                stored = pa.concat_tables([before, stored])
            connection.register(step, stored)
            found[step] = rows.to_pandas(date_as_object=False)
    return found
