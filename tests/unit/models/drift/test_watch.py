"""Watching drift: told once as table, event and object; a training begins from it once, and is not lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.embedded.object_store import FileObjectStore
from shared.adapters.embedded.warehouse import DuckDBWarehouse
from shared.contract.judged import DriftReport
from shared.errors import StoreError
from shared.models.bundle import Bundle
from shared.models.bundle_store import BUCKET
from shared.models.drift.telemetry import fit_telemetry_reference
from shared.models.drift.watch import LATEST, TABLE, watch
from shared.models.recorded import RecordedRace
from shared.models.telemetry.laps import INDEX
from shared.tables import TABLES
from tests.fakes.drifting import KNOWN, bundle, day, races, unlike
from tests.unit.models.drift.test_telemetry import made


class Heard:
    """An event bus that keeps what is published, by topic."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def publish(
        self, topic: str, data: bytes, attributes: Mapping[str, str] | None = None, ordering_key: str | None = None
    ) -> str:
        self.sent.append((topic, json.loads(data)))
        return str(len(self.sent))

    def of(self, topic: str) -> list[dict[str, Any]]:
        return [body for name, body in self.sent if name == topic]


@pytest.fixture
def store(tmp_path: Path) -> FileObjectStore:
    return FileObjectStore(tmp_path / "objects")


@pytest.fixture
def warehouse(tmp_path: Path) -> Any:
    made = DuckDBWarehouse(tmp_path / "warehouse.duckdb")
    made.ensure([TABLES[TABLE]])
    return made


@pytest.fixture
def serving(tmp_path: Path) -> Bundle:
    known = races()[:KNOWN]
    return bundle(tmp_path / "bundle", known, day(known[-1]))


def changed() -> Sequence[RecordedRace]:
    return [*races()[:KNOWN], *map(unlike, races()[KNOWN:])]


def test_races_like_those_known_are_fine_and_that_is_told_once(
    serving: Bundle, store: FileObjectStore, warehouse: Any
) -> None:
    bus = Heard()
    for _ in range(2):
        found = watch(serving, races(), warehouse, store, bus, start=True)
        assert found is not None and found.verdict == "fine", found
    (told,) = bus.of("model-drift")
    assert (told["verdict"], told["race_id"]) == ("fine", races()[-1].race_id)
    assert bus.of("features-ready") == []
    latest = json.loads(store.get(BUCKET, LATEST).data)
    report = DriftReport.model_validate(latest)
    assert report.races == tuple(race.race_id for race in races()[KNOWN:])
    rows = warehouse.query(f"SELECT * FROM {TABLE} WHERE race_date > '2000-01-01'").to_pylist()
    assert {row["model"] for row in rows} == {model.name for model in report.models}
    assert len({(row["model"], row["measure"], row["kind"]) for row in rows}) == len(rows)


def test_other_races_begin_a_training_once_however_often_they_are_seen(
    serving: Bundle, store: FileObjectStore, warehouse: Any
) -> None:
    bus = Heard()
    for _ in range(3):
        found = watch(serving, changed(), warehouse, store, bus, start=True)
        assert found is not None and found.verdict == "retrain"
    (ready,) = bus.of("features-ready")
    assert ready["until"] == day(races()[-1]) and ready["fingerprint"].startswith("drift-")
    (told,) = bus.of("model-drift")
    assert set(told["models"]) >= {"tire_degradation", "next_stop"}
    assert any("tire_age" in reason for reason in told["reasons"])


def test_nothing_begins_where_it_is_not_asked_for(serving: Bundle, store: FileObjectStore) -> None:
    bus = Heard()
    found = watch(serving, changed(), None, store, bus, start=False)
    assert found is not None and found.verdict == "retrain"
    assert bus.of("features-ready") == []


def test_a_watch_that_was_cut_short_is_told_again_and_begins_the_same_training(
    serving: Bundle, store: FileObjectStore, tmp_path: Path, warehouse: Any
) -> None:
    class Cut(FileObjectStore):
        def put(self, bucket: str, name: str, data: bytes, if_generation: int | None = None) -> int:
            if name.startswith("drift/started/"):
                raise StoreError("the process died")
            return super().put(bucket, name, data, if_generation)

    bus = Heard()
    with pytest.raises(StoreError, match="died"):
        watch(serving, changed(), warehouse, Cut(tmp_path / "objects"), bus, start=True)
    watch(serving, changed(), warehouse, store, bus, start=True)
    watch(serving, changed(), warehouse, store, bus, start=True)
    begun = bus.of("features-ready")
    assert len(begun) == 2, "sent before it was marked, so that it could not be lost"
    assert begun[0]["fingerprint"] == begun[1]["fingerprint"], "one training, since train knows its fingerprint"


def test_telemetry_is_told_with_the_rest_and_where_it_comes_in_later_that_is_another_check(
    serving: Bundle, store: FileObjectStore, warehouse: Any
) -> None:
    bus = Heard()
    reference = fit_telemetry_reference({f"2025_0{n}": made(n) for n in range(1, 4)})
    knows = Bundle(
        serving.manifest, {**serving.tables, "drift": {**serving.tables["drift"], "telemetry": reference}},
        serving.folder,
    )  # fmt: skip
    weak = made(1)
    weak[:, INDEX["full_share"]] *= 0.1
    for driven in (None, None, weak, weak):
        watch(knows, races(), warehouse, store, bus, start=False, driven=driven)
    before, after = bus.of("model-drift")
    assert (before["verdict"], after["verdict"]) == ("fine", "retrain")
    assert after["models"] == ["fuel", "driving_style"]
    report = DriftReport.model_validate(json.loads(store.get(BUCKET, LATEST).data))
    assert {model.name: model.verdict for model in report.models}["brake_bias"] == "fine"
    rows = warehouse.query(f"SELECT * FROM {TABLE} WHERE race_date > '2000-01-01' AND model = 'fuel'").to_pylist()
    assert ("full_share", "psi", "retrain") in {(row["measure"], row["kind"], row["verdict"]) for row in rows}
    told = watch(serving, races(), warehouse, store, bus, start=False, driven=weak)
    assert told is not None and "fuel" not in {model.name for model in told.models}, "an older bundle has none of it"


def test_no_later_race_or_no_reference_is_no_check(serving: Bundle, store: FileObjectStore) -> None:
    bus = Heard()
    assert watch(serving, races()[:KNOWN], None, store, bus, start=True) is None
    bare = Bundle(serving.manifest, {k: v for k, v in serving.tables.items() if k != "drift"}, serving.folder)
    assert watch(bare, races(), None, store, bus, start=True) is None
    assert bus.sent == []
