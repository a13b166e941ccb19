"""From an ingest request to features and recorded races, through the functions themselves, on simulated races."""

from __future__ import annotations

import base64
import concurrent.futures
import importlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from cloudevents.http import CloudEvent

from shared import events
from shared.bootstrap import Ports, ports
from shared.config import Settings, settings
from shared.errors import EventError, WarehouseError
from shared.features.sql import STEPS
from shared.ingest.files import DataFileError
from shared.observability import log
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
    assert {table for table, rows in stack.counts().items() if not rows} == {"era_laps"}, "no such laps were made"
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
    assert {row["driver_id"] for row in laps["laps"]} <= {car["driver_id"] for car in laps["cars"]}
    winner = laps["cars"][0]
    assert (winner["position"], winner["laps"]) == (1, 58)
    assert all(winner[name] for name in ("name", "team", "ergast_id", "grid", "status"))


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
    assert [message["races"] for message in stack.sent] == [("2018_01",), ("2018_02",), ("2018_03",)]
    one_by_one = {table: stack.rows(table) for table in STEPS}
    monkeypatch.setenv("F1_STATE_DIR", str(tmp_path / "other"))
    other = Stack(settings(), monkeypatch)
    _backfill(other, made_dir)
    for table, rows in one_by_one.items():
        pd.testing.assert_frame_equal(rows, other.rows(table))


def _one_by_one(stack: Stack, folder: Path, order: tuple[int, ...]) -> None:
    for number in order:
        request = {"seasons": [2018], "rounds": [number], "data_dir": str(folder), "synthetic": True}
        known = set(stack.manifests())
        stack.call("ingest_fastf1", request)
        stack.call("ingest_ergast", request)
        for manifest in sorted(set(stack.manifests()) - known):
            stack.finalize(manifest)


def test_the_order_in_which_races_come_in_changes_nothing_but_what_is_newest(
    stack: Stack, made_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _one_by_one(stack, made_dir, (3, 1, 2))
    assert [message["races"] for message in stack.sent] == [("2018_03",), ("2018_01",), ("2018_02",)]
    assert len({message["until"] for message in stack.sent}) == 1, "the newest race is in the store from the first on"
    shuffled = {table: stack.rows(table) for table in STEPS}
    monkeypatch.setenv("F1_STATE_DIR", str(tmp_path / "other"))
    other = Stack(settings(), monkeypatch)
    _backfill(other, made_dir)
    for table, rows in shuffled.items():
        pd.testing.assert_frame_equal(rows, other.rows(table))


def _races_changed(before: pd.DataFrame, after: pd.DataFrame) -> set[str]:
    differs = (before != after) & ~(before.isna() & after.isna())
    return set(before["race_id"][differs.any(axis=1)])


def test_a_correction_of_one_race_is_made_and_announced_alone_and_reaches_later_races(
    stack: Stack, made_dir: Path, tmp_path: Path
) -> None:
    _backfill(stack, made_dir)
    before = {table: stack.rows(table) for table in STEPS}
    corrected = Path(shutil.copytree(made_dir, tmp_path / "corrected"))
    laps = pd.read_parquet(corrected / "laps" / "2018.parquet")
    own = (laps["RoundNumber"] == 1) & (laps["Driver"] == laps["Driver"].iloc[0]) & (laps["LapNumber"] == 9)
    laps.loc[own, "LapTime"] += 0.5
    laps.to_parquet(corrected / "laps" / "2018.parquet")
    stack.call("ingest_fastf1", {"seasons": [2018], "data_dir": str(corrected), "synthetic": True})
    (manifest,) = (name for name in stack.manifests() if name.startswith("race/"))
    stack.finalize(manifest)
    assert [message["races"] for message in stack.sent[1:]] == [("2018_01",)]
    assert stack.sent[1]["until"] == stack.sent[0]["until"]
    changed = {table: _races_changed(rows, stack.rows(table)) for table, rows in before.items()}
    assert changed["clean_laps"] == {"2018_01"}
    assert "2018_03" in changed["driver_features"], "the form of the corrected driver"
    assert "2018_02" in changed["lap_features"], "the spread of the season's earlier races"


@pytest.mark.parametrize("how", ["one event twice", "two races"])
def test_two_events_at_once_leave_one_result(
    stack: Stack, made_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how == "one event twice":
        for name in ("ingest_fastf1", "ingest_ergast"):
            stack.call(name, {"seasons": [2018], "batch_id": "all", "data_dir": str(made_dir), "synthetic": True})
        at_once = [stack.manifests()[0]] * 4
    else:
        for number in (1, 2, 3):
            for name in ("ingest_ergast", "ingest_fastf1"):
                stack.call(name, {"seasons": [2018], "rounds": [number], "data_dir": str(made_dir), "synthetic": True})
        at_once = stack.manifests()
    with concurrent.futures.ThreadPoolExecutor(len(at_once)) as pool:
        list(pool.map(stack.finalize, at_once))
    announced = {(message["races"], message["fingerprint"]) for message in stack.sent}
    assert sorted(race for races, _ in announced for race in races) == ["2018_01", "2018_02", "2018_03"]
    found = {table: stack.rows(table) for table in STEPS}
    index = stack.ports.objects.get("races", "index.json").data
    monkeypatch.setenv("F1_STATE_DIR", str(tmp_path / "other"))
    other = Stack(settings(), monkeypatch)
    _backfill(other, made_dir)
    for table, rows in found.items():
        pd.testing.assert_frame_equal(rows, other.rows(table))
    assert index == other.ports.objects.get("races", "index.json").data


def test_a_race_is_announced_when_its_result_is_in_as_well(stack: Stack, made_dir: Path) -> None:
    request = {"seasons": [2018], "rounds": [1], "data_dir": str(made_dir), "synthetic": True}
    stack.call("ingest_fastf1", request)
    (laps,) = stack.manifests()
    stack.finalize(laps)
    assert stack.sent == []
    report = stack.rows("data_quality").set_index("measure")["value"]
    assert report["dropped_without_race_or_start"] == report["laps_in_file"] > 0, "no calendar names the race yet"
    stack.call("ingest_ergast", request)
    (result,) = set(stack.manifests()) - {laps}
    stack.finalize(result)
    stack.finalize(result)
    assert [message["races"] for message in stack.sent] == [("2018_01",)]
    assert stack.rows("clean_laps")["grid"].notna().all()


def test_the_report_is_logged_race_by_race_with_what_is_wrong(
    stack: Stack, made_dir: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "handlers", [caplog.handler])
    monkeypatch.setattr(log, "propagate", False)
    folder = Path(shutil.copytree(made_dir, tmp_path / "data"))
    laps = pd.read_parquet(folder / "laps" / "2018.parquet")
    first = laps["RoundNumber"] == 1
    laps.loc[first, "TyreLife"] = float("nan")
    laps[~(first & (laps["LapNumber"] > 40))].to_parquet(folder / "laps" / "2018.parquet")
    with caplog.at_level("INFO", "f1"):
        _backfill(stack, folder)
    told = [record for record in caplog.records if record.message == "data quality"]
    assert [record.levelname for record in told] == ["WARNING", "INFO", "INFO"]
    figures = told[0].f1_fields  # type: ignore[attr-defined]
    assert figures["metric"] == "data_quality"
    assert figures["columns_empty"] == 1
    assert figures["share_of_laps_in_result"] < 0.8
    assert [line.split(" ", 1)[1] for line in figures["problems"]][1:] == ["columns of the laps are empty"]
    scanned = [r.f1_fields for r in caplog.records if r.message == "bytes to scan"]  # type: ignore[attr-defined]
    assert [each["statement"] for each in scanned] == list(STEPS)
    assert all(each["bytes"] > 0 for each in scanned)


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
    stack.call("ingest_ergast", {"seasons": [2018], "data_dir": str(tmp_path)})
    for manifest in stack.manifests():
        stack.finalize(manifest)
    report = stack.rows("data_quality").set_index(["race_id", "measure"])["value"]
    assert report[report.index.get_level_values("measure") == "quarantined_raw_laps"].to_dict() == {
        ("2018_01", "quarantined_raw_laps"): 1.0
    }


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
