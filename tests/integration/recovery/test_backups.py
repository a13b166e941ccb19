"""Backups bring back what was destroyed; damaged ones and a running stack are refused; nothing is thrown away."""

from __future__ import annotations

import datetime as dt
import fcntl
from pathlib import Path

import pyarrow as pa
import pytest

from shared.adapters.embedded.event_bus import SqliteBus
from shared.adapters.embedded.object_store import FileObjectStore
from shared.adapters.embedded.warehouse import DuckDBWarehouse
from shared.config import Settings, settings
from shared.errors import NotFound
from shared.events import RecommendationMade, publish
from shared.tables import TABLES
from tools import restore as restore_command
from tools.backup import make
from tools.recovery import embedded, portable
from tools.recovery.manifest import RecoveryError

DAY = dt.date(2026, 3, 8)


@pytest.fixture
def chosen(state: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A state with a row, an object and a message in it, and a folder of its own for backups."""
    monkeypatch.setenv("F1_BACKUP_DIR", str(tmp_path / "backups"))
    monkeypatch.setenv("F1_WORKER_PORT", "1")  # nobody listens there
    made = settings()
    fill(made, "2026_01")
    FileObjectStore(made.state_dir / "objects", notified={}).put("models", "current.json", b'{"version": "v1"}')
    message = RecommendationMade(made_at=dt.datetime.now(dt.UTC), request={}, answer={}, seed=1, model_version="v1")
    publish(SqliteBus(made.state_dir / "queue.sqlite"), message)
    return made


def rows(race: str, day: dt.date = DAY) -> pa.Table:
    """One row of data_quality, every REQUIRED column filled."""
    known = {"race_id": race, "race_date": day, "value": 100.0}
    required = [column for column in TABLES["data_quality"].columns if column.mode == "REQUIRED"]
    return pa.table({column.name: [known.get(column.name, "laps_clean")] for column in required})


def fill(chosen: Settings, race: str) -> None:
    warehouse = DuckDBWarehouse(chosen.state_dir / "warehouse.duckdb")
    warehouse.replace_partition("data_quality", DAY, rows(race), f"job-{race}")
    warehouse.close()


def races(chosen: Settings) -> list[str]:
    warehouse = DuckDBWarehouse(chosen.state_dir / "warehouse.duckdb")
    found = warehouse.query("SELECT race_id FROM data_quality")["race_id"].to_pylist()
    warehouse.close()
    return found


def test_what_was_destroyed_comes_back_with_its_jobs_and_generations(chosen: Settings) -> None:
    store = FileObjectStore(chosen.state_dir / "objects", notified={})
    generation = store.get("models", "current.json").generation
    manifest = make(chosen)
    (chosen.state_dir / "warehouse.duckdb").write_bytes(b"noise")
    store.delete("models", "current.json")
    (chosen.state_dir / "queue.sqlite").unlink()
    embedded.restore(chosen, manifest)
    assert restore_command.differences(chosen, manifest, embedded.PARTS) == []
    assert races(chosen) == ["2026_01"]
    assert store.get("models", "current.json").generation == generation
    assert SqliteBus(chosen.state_dir / "queue.sqlite").waiting() == {"store-recommendations": 1}
    warehouse = DuckDBWarehouse(chosen.state_dir / "warehouse.duckdb")
    assert warehouse.replace_partition("data_quality", DAY, rows("2026_02"), "job-2026_01") == 0, (
        "a job done stays done"
    )
    warehouse.close()


def test_what_a_restore_replaces_is_kept_beside(chosen: Settings) -> None:
    manifest = make(chosen)
    fill(chosen, "2026_99")
    kept = embedded.restore(chosen, manifest, ("warehouse",))
    assert races(chosen) == ["2026_01"]
    (old,) = [path for path in kept if path.name == "warehouse.duckdb"]
    warehouse = DuckDBWarehouse(old)
    assert warehouse.query("SELECT race_id FROM data_quality")["race_id"].to_pylist() == ["2026_99"]
    warehouse.close()


def test_a_difference_after_a_restore_is_told(chosen: Settings) -> None:
    manifest = make(chosen)
    fill(chosen, "2026_02")
    assert restore_command.differences(chosen, manifest, ("warehouse",)) == ["table data_quality"]


def test_a_damaged_backup_is_refused_before_anything_is_touched(chosen: Settings) -> None:
    manifest = make(chosen)
    (chosen.backup_dir / manifest.id / "objects" / "models" / "current.json").write_bytes(b"{}")
    with pytest.raises(RecoveryError, match="damaged: objects"):
        embedded.restore(chosen, manifest)
    assert races(chosen) == ["2026_01"]
    assert not list(chosen.state_dir.glob("replaced-*"))


def test_a_running_stack_is_not_restored(chosen: Settings) -> None:
    manifest = make(chosen)
    with (chosen.state_dir / "delivery.lock").open("a+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(RecoveryError, match="runs: stop it first"):
            embedded.restore(chosen, manifest)


def test_a_backup_that_was_not_finished_does_not_count(chosen: Settings) -> None:
    manifest = make(chosen)
    (chosen.backup_dir / "20990101T000000Z").mkdir()
    assert embedded.find(chosen, None).id == manifest.id
    with pytest.raises(RecoveryError, match="there are"):
        embedded.find(chosen, "20990101T000000Z")
    with pytest.raises(RecoveryError, match="no backup's id"):
        embedded.find(chosen, "../../etc")


def test_a_backup_through_the_ports_comes_back_through_them(chosen: Settings) -> None:
    warehouse = DuckDBWarehouse(chosen.state_dir / "warehouse.duckdb")
    store = FileObjectStore(chosen.state_dir / "objects", notified={})
    sample = {"made_at": dt.datetime(2026, 3, 8, 15, tzinfo=dt.UTC), "request": "{}", "answer": "{}", "seed": 7}
    warehouse.append("recommendations", [sample | {"model_version": "v1"}], ["1"])
    manifest = portable.backup(warehouse, store)
    warehouse.replace_partition("data_quality", DAY, rows("2026_02"), "worse")
    other = dt.date(2026, 3, 15)
    warehouse.replace_partition("data_quality", other, rows("2026_03", other), "more")
    warehouse.execute("DELETE FROM recommendations WHERE TRUE")
    store.put("models", "current.json", b'{"version": "bad"}')
    assert portable.restore(warehouse, store, portable.find(store, None)) == []
    assert warehouse.query("SELECT race_id FROM data_quality")["race_id"].to_pylist() == ["2026_01"]
    assert warehouse.query("SELECT seed FROM recommendations")["seed"].to_pylist() == [7]
    assert store.get("models", "current.json").data == b'{"version": "v1"}'
    assert portable.find(store, manifest.id) == manifest
    warehouse.close()


def test_a_damaged_copy_in_the_bucket_is_told_and_not_used(chosen: Settings) -> None:
    warehouse = DuckDBWarehouse(chosen.state_dir / "warehouse.duckdb")
    store = FileObjectStore(chosen.state_dir / "objects", notified={})
    manifest = portable.backup(warehouse, store)
    store.put("backups", f"{manifest.id}/objects/models/current.json", b"noise")
    wrong = portable.restore(warehouse, store, manifest, ("objects",))
    assert wrong == ["object models/current.json: the backup's copy is damaged"]
    assert store.get("models", "current.json").data == b'{"version": "v1"}'
    warehouse.close()


def test_no_backup_is_said_plainly(chosen: Settings) -> None:
    with pytest.raises(RecoveryError, match=r"python -m tools\.backup makes one"):
        embedded.find(chosen, None)
    store = FileObjectStore(chosen.state_dir / "objects", notified={})
    with pytest.raises(RecoveryError, match="no backup in the bucket"):
        portable.find(store, None)
    with pytest.raises(NotFound):
        store.get("backups", "manifest.json")
