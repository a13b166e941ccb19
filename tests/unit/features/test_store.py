"""The feature store makes what changed, once, and again where others made something meanwhile."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pyarrow as pa
import pytest

from shared.adapters.embedded.object_store import FileObjectStore
from shared.adapters.embedded.warehouse import DuckDBWarehouse
from shared.errors import PreconditionFailed
from shared.features.changes import MADE, Recorded, newest_result, raw_hashes, recorded_races
from shared.features.races import RACES_BUCKET
from shared.features.store import TRIES, refresh
from shared.tables import TABLES
from tests.fakes import eras
from tests.fakes import laps as made

NOW = dt.datetime(2023, 3, 6, tzinfo=dt.UTC)
RACE = "2023_01"


@pytest.fixture
def objects(tmp_path: Path) -> FileObjectStore:
    return FileObjectStore(tmp_path)


def _warehouse(tables: dict[str, pa.Table]) -> DuckDBWarehouse:
    found = DuckDBWarehouse()
    for name, rows in tables.items():
        if rows.num_rows:
            column = TABLES[name].partition_by
            if column is None:
                found.replace_partition(name, None, rows, name)
            else:
                found.replace_partitions(name, rows[column].to_pylist(), rows, name)
    return found


@pytest.fixture
def warehouse() -> DuckDBWarehouse:
    """One made race with its result."""
    results = [{"driver_id": name * 3, "laps": 8, "status": "Finished"} for name in "ABCDE"]
    return _warehouse(made.raw(made.lap_rows("ABCDE", 8), results))


def _count(warehouse: DuckDBWarehouse, table: str) -> int:
    return int(warehouse.query(f"SELECT COUNT(*) AS n FROM {table}")["n"][0].as_py())


def test_the_same_rows_are_made_and_announced_once(warehouse: DuckDBWarehouse, objects: FileObjectStore) -> None:
    races = recorded_races(warehouse, [RACE, "2023_02"])
    assert races == {RACE: Recorded(made.DAY, timed=True, result=True)}
    told: list[dict[str, str]] = []
    assert set(refresh(warehouse, objects, races, NOW, told.append)) == {RACE}
    assert refresh(warehouse, objects, races, NOW, told.append) == {}
    assert len(told) == 1
    assert _count(warehouse, "lap_features") == 40
    assert newest_result(warehouse, dt.date(2023, 1, 1)) == made.DAY


def test_who_finds_that_others_made_races_meanwhile_makes_its_own_again(
    warehouse: DuckDBWarehouse, objects: FileObjectStore
) -> None:
    told: list[dict[str, str]] = []

    def meanwhile(changed: dict[str, str]) -> None:
        told.append(changed)
        objects.put(RACES_BUCKET, MADE, b'{"2022_22": "of another"}')
        warehouse.execute("DELETE FROM lap_features WHERE TRUE")  # as if the other's rows had come over ours

    refresh(warehouse, objects, recorded_races(warehouse, [RACE]), NOW, meanwhile)
    assert len(told) == 1, "announced once"
    assert _count(warehouse, "lap_features") == 40
    assert set(json.loads(objects.get(RACES_BUCKET, MADE).data)) == {RACE, "2022_22"}


def test_who_never_finds_rest_gives_up_and_the_event_comes_again(
    warehouse: DuckDBWarehouse, objects: FileObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise PreconditionFailed("others")

    monkeypatch.setattr("shared.features.store.write_made", busy)
    monkeypatch.setattr("shared.features.store._make", lambda *_: None)
    with pytest.raises(PreconditionFailed, match=f"{TRIES} times in a row"):
        refresh(warehouse, objects, recorded_races(warehouse, [RACE]), NOW, lambda _: None)


def test_a_hash_follows_the_rows_and_not_their_order() -> None:
    frame = made.lap_rows("ABC", 6)
    races = {RACE: Recorded(made.DAY, timed=True, result=False)}
    (whole,) = raw_hashes(_warehouse(made.raw(frame)), races).values()
    (shuffled,) = raw_hashes(_warehouse(made.raw(frame.sample(frac=1.0, random_state=3))), races).values()
    assert shuffled == whole
    frame.loc[7, "lap_time"] += 0.001
    (other,) = raw_hashes(_warehouse(made.raw(frame)), races).values()
    assert other != whole


def test_a_race_of_which_only_ergast_has_laps_is_made_and_told_from_timed_ones(objects: FileObjectStore) -> None:
    found = _warehouse(eras.raw(eras.race(1996, 1, 90.0)))
    races = recorded_races(found, ["1996_01"])
    assert races == {"1996_01": Recorded(eras.day(1996, 1), timed=False, result=False)}
    refresh(found, objects, races, NOW, lambda _: None)
    assert (_count(found, "era_laps"), _count(found, "clean_laps")) == (60, 0)
