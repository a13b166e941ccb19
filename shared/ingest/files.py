"""Recorded files: reading them with errors that name the file and the column, and casting rows to a table's schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from shared.errors import F1Error
from shared.tables import TABLES, arrow_schema


class DataFileError(F1Error):
    """A recorded file cannot be used; the message names the file, and the column where one is to blame."""


def read_csv(path: Path, columns: Iterable[str]) -> pd.DataFrame:
    """An Ergast CSV (``\\N`` is null), with at least ``columns``. Raises DataFileError."""
    try:
        frame = pd.read_csv(path, na_values=["\\N"], keep_default_na=False, encoding="utf-8", low_memory=False)
    except (OSError, ValueError, UnicodeDecodeError) as error:
        raise DataFileError(f"{path}: not readable as CSV ({error})") from error
    _require(path, frame.columns, columns)
    return frame


def read_parquet(path: Path, columns: Iterable[str]) -> pd.DataFrame:
    """These columns of a Parquet file. Raises DataFileError for a truncated file or a missing column."""
    wanted = list(columns)
    try:
        with pq.ParquetFile(path) as file:
            _require(path, file.schema_arrow.names, wanted)
            return pd.DataFrame(file.read(columns=wanted).to_pandas())
    except (OSError, pa.ArrowException) as error:
        raise DataFileError(f"{path}: not readable as Parquet ({error})") from error


def _require(path: Path, present: Iterable[str], columns: Iterable[str]) -> None:
    missing = sorted(set(columns) - set(present))
    if missing:
        raise DataFileError(f"{path}: column {', '.join(missing)} missing; present are {', '.join(map(str, present))}")


def to_table(name: str, frame: pd.DataFrame, path: Path) -> pa.Table:
    """Rows as that table's Arrow schema; columns that the frame lacks become null. Raises DataFileError naming the
    column whose values have the wrong type."""
    arrays = []
    schema = arrow_schema(TABLES[name])
    for field in schema:
        if field.name not in frame:
            arrays.append(pa.nulls(len(frame), field.type))
            continue
        try:
            arrays.append(_array(frame[field.name], field.type))
        except (pa.ArrowException, ValueError, TypeError) as error:
            raise DataFileError(f"{path}: column {field.name} of {name}: {error}") from error
        if not field.nullable and arrays[-1].null_count:
            raise DataFileError(f"{path}: column {field.name} of {name} is empty in {arrays[-1].null_count} rows")
    return pa.Table.from_arrays(arrays, schema=schema)


def _array(column: pd.Series, kind: pa.DataType) -> pa.Array:
    if pa.types.is_integer(kind):
        column = pd.to_numeric(column).astype("Int64")
    elif pa.types.is_floating(kind):
        column = pd.to_numeric(column).astype("float64")
    elif pa.types.is_date(kind):
        column = pd.to_datetime(column).dt.date
    elif pa.types.is_string(kind) and pd.api.types.is_numeric_dtype(column):  # text that happens to hold numbers only
        column = column.astype("Int64").astype("string")
    array = pa.Array.from_pandas(column, type=kind)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def empty(name: str) -> pa.Table:
    """No rows of that table."""
    return arrow_schema(TABLES[name]).empty_table()


def concat(name: str, tables: Iterable[pa.Table]) -> pa.Table:
    """All rows of several parts of one table."""
    parts = list(tables)
    return pa.concat_tables(parts) if parts else empty(name)


RawTables = Mapping[str, pa.Table]
"""Rows by the name of their raw table."""
