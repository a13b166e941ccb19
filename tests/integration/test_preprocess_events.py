"""From an ingest request to features and recorded races, through the functions themselves, on simulated races."""

from __future__ import annotations

import base64
import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from cloudevents.http import CloudEvent

from shared import events
from shared.bootstrap import Ports, ports
from shared.config import Settings
from shared.errors import EventError, WarehouseError
from shared.features.sql import STEPS
from shared.ingest.files import DataFileError
from tools.synthesize import synthesize


@pytest.fixture(scope="module")
def made_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of three simulated races."""
    folder = tmp_path_factory.mktemp("made")
    synthesize(folder, 3, seed=7)
    return folder


class Stack:
    """The three functions over ports of a state of their own, and the messages they sent."""

    def __init__(self, chosen: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ports: Ports = ports(chosen)
        self.sent: list[dict[str, Any]] = []
        monkeypatch.setattr(events, "publish", lambda bus, message, **_: self.sent.append(message.model_dump()) or "1")

    def call(self, name: str, body: dict[str, Any]) -> None:
        """Deliver a message to an ingest."""
        data = {"message": {"data": base64.b64encode(json.dumps(body).encode()).decode(), "messageId": "1"}}
        self._run(name, CloudEvent({"type": events.PUBLISHED, "source": "test"}, data))

    def finalize(self, name: str) -> None:
        """Deliver the event of a manifest's object."""
        data = {"bucket": "manifests", "name": name, "generation": "1"}
        self._run("preprocess", CloudEvent({"type": events.FINALIZED, "source": "test"}, data))

    def _run(self, name: str, event: CloudEvent) -> None:
        getattr(importlib.import_module(f"functions.{name}.main"), name)(event)

    def manifests(self) -> list[str]:
        """Names of the manifests, sorted."""
        return [entry.name for entry in self.ports.objects.list("manifests")]

    def rows(self, table: str) -> pd.DataFrame:
        """A table's rows, sorted."""
        frame = self.ports.warehouse.query(f"SELECT * FROM {table}").to_pandas()
        return frame.sort_values(list(frame.columns), ignore_index=True)

    def counts(self) -> dict[str, int]:
        """Rows by table."""
        return {table: len(self.rows(table)) for table in ("raw_laps", "raw_results", "raw_races", *STEPS)}


@pytest.fixture
def stack(state: Settings, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """An empty stack."""
    return Stack(state, monkeypatch)


def _backfill(stack: Stack, folder: Path) -> None:
    request = {"seasons": [2018], "batch_id": "all", "data_dir": str(folder), "synthetic": True}
    for name in ("ingest_fastf1", "ingest_ergast"):
        stack.call(name, request)
    for manifest in stack.manifests():
        stack.finalize(manifest)


def test_a_backfill_fills_every_table_and_is_announced_once(stack: Stack, made_dir: Path) -> None:
    _backfill(stack, made_dir)
    assert all(stack.counts().values())
    (message,) = stack.sent
    assert message["races"] == ("2018_01", "2018_02", "2018_03")
    assert message["synthetic"] is True
    index = json.loads(stack.ports.objects.get("races", "index.json").data)
    assert [race["race_id"] for race in index] == ["2018_01", "2018_02", "2018_03"]
    assert (index[0]["circuit_id"], index[0]["name"], index[0]["total_laps"]) == (
        "albert_park",
        "Australian Grand Prix",
        58,
    )
    laps = json.loads(stack.ports.objects.get("races", "2018_01/laps.json").data)
    assert set(laps["laps"][0]) == {
        "driver_id", "lap", "lap_time", "position", "gap_to_leader", "tire_compound", "tire_age", "stint",
        "track_status", "pit_in", "pit_out",
    }  # fmt: skip


def test_a_backfill_waits_for_its_last_manifest(stack: Stack, made_dir: Path) -> None:
    stack.call("ingest_fastf1", {"seasons": [2018], "batch_id": "all", "data_dir": str(made_dir)})
    (manifest,) = stack.manifests()
    stack.finalize(manifest)
    assert stack.sent == []
    assert stack.counts()["clean_laps"] == 0


def test_the_same_events_again_change_nothing(stack: Stack, made_dir: Path) -> None:
    _backfill(stack, made_dir)
    once = {table: stack.rows(table) for table in STEPS}
    generation = stack.ports.objects.get("races", "index.json").generation
    _backfill(stack, made_dir)
    assert len(stack.sent) == 1
    assert stack.ports.objects.get("races", "index.json").generation == generation
    for table, rows in once.items():
        pd.testing.assert_frame_equal(rows, stack.rows(table))


def test_races_one_by_one_come_to_the_same_as_a_backfill(
    stack: Stack, made_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2, 3):
        request = {"seasons": [2018], "rounds": [number], "data_dir": str(made_dir)}
        stack.call("ingest_fastf1", request)
        stack.call("ingest_ergast", request)
        for manifest in stack.manifests():
            stack.finalize(manifest)
    assert {race for message in stack.sent for race in message["races"]} == {"2018_01", "2018_02", "2018_03"}
    one_by_one = {table: stack.rows(table) for table in STEPS}
    monkeypatch.setenv("F1_STATE_DIR", str(tmp_path / "other"))
    from shared.config import settings

    other = Stack(settings(), monkeypatch)
    _backfill(other, made_dir)
    for table, rows in one_by_one.items():
        pd.testing.assert_frame_equal(rows, other.rows(table))


def test_a_run_that_was_cut_off_is_finished_by_the_next_delivery(
    stack: Stack, made_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = {"seasons": [2018], "data_dir": str(made_dir)}
    stack.call("ingest_ergast", request)
    stack.call("ingest_fastf1", request)
    laps = next(name for name in stack.manifests() if "fastf1" in name)
    whole = type(stack.ports.warehouse).replace_partitions
    calls = iter(range(100))

    def failing(self: Any, table: str, *rest: Any) -> int:
        if next(calls) == 3:
            raise WarehouseError(f"{table}: the machine stopped")
        return whole(self, table, *rest)

    monkeypatch.setattr(type(stack.ports.warehouse), "replace_partitions", failing)
    with pytest.raises(WarehouseError):
        stack.finalize(laps)
    assert stack.sent == []
    stack.finalize(laps)
    assert len(stack.sent) == 1
    counts = stack.counts()
    assert counts["lap_features"] == stack.rows("clean_laps")["completed"].sum()
    assert counts["circuit_features"] == 3


def test_a_bad_record_is_quarantined_once_and_reported(stack: Stack, made_dir: Path, tmp_path: Path) -> None:
    laps = pd.read_parquet(made_dir / "laps" / "2018.parquet")
    laps.loc[0, "LapNumber"] = 999
    (tmp_path / "laps").mkdir()
    laps.to_parquet(tmp_path / "laps" / "2018.parquet")
    (tmp_path / "ergast").symlink_to(made_dir / "ergast")
    for _ in range(2):
        stack.call("ingest_fastf1", {"seasons": [2018], "data_dir": str(tmp_path)})
    assert stack.rows("quarantine")["reason"].tolist() == ["LapNumber is not within 1 to 200"]
    assert len(stack.rows("raw_laps")) == len(laps) - 1


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def _without_compound(path: Path) -> None:
    pd.read_parquet(path).drop(columns="Compound").to_parquet(path)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [(_cut_short, r"2018\.parquet: not readable"), (_without_compound, r"2018\.parquet: column Compound missing")],
)
def test_a_file_that_cannot_be_used_is_named_and_the_old_rows_stay(
    stack: Stack, made_dir: Path, tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    _backfill(stack, made_dir)
    before, manifests = stack.rows("raw_laps"), stack.manifests()
    (tmp_path / "laps").mkdir()
    (tmp_path / "ergast").symlink_to(made_dir / "ergast")
    path = tmp_path / "laps" / "2018.parquet"
    path.write_bytes((made_dir / "laps" / "2018.parquet").read_bytes())
    spoil(path)
    with pytest.raises(DataFileError, match=said):
        stack.call("ingest_fastf1", {"seasons": [2018], "data_dir": str(tmp_path)})
    pd.testing.assert_frame_equal(before, stack.rows("raw_laps"))
    assert stack.manifests() == manifests


def test_a_request_that_is_none_is_refused(stack: Stack) -> None:
    with pytest.raises(EventError, match="seasons"):
        stack.call("ingest_fastf1", {"rounds": [1]})
