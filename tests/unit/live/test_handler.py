"""Several messages at once: each durable or told to come again, whatever its neighbors are."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from shared.errors import WarehouseError
from shared.events import Envelope, Message
from shared.live import documents
from shared.live.handler import EVENT_ID, LiveHandler
from shared.telemetry import CarSample, LapCompleted
from tests.fakes.objects import MemoryStore

START = dt.datetime(2023, 3, 5, 15, 0, tzinfo=dt.UTC)


class Rows:
    """A warehouse in memory: rows by id; refuses a call that holds a speed among ``bad``."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, Mapping[str, Any]]] = {}
        self.bad: set[float] = set()
        self.calls: list[int] = []

    def append(self, table: str, rows: Sequence[Mapping[str, Any]], ids: Sequence[str]) -> int:
        self.calls.append(len(rows))
        if any(row.get("speed") in self.bad for row in rows):
            raise WarehouseError(f"{table}: no such speed")
        held = self.tables.setdefault(table, {})
        new = {identity: row for identity, row in zip(ids, rows, strict=True) if identity not in held}
        held.update(new)
        return len(new)

    def query(self, sql: str, params: object) -> pa.Table:
        """No sample has come of any lap."""
        return pa.table({"lap": pa.array([], pa.int64())})


def sample(number: int) -> CarSample:
    at = START + dt.timedelta(seconds=number)
    return CarSample(race_id="2023_01", driver_id="VER", sampled_at=at, speed=float(number), x=0.0, y=0.0)


def lap(number: int) -> LapCompleted:
    at = START + dt.timedelta(seconds=90 * number)
    return LapCompleted(race_id="2023_01", driver_id="VER", sampled_at=at, lap=number)


def envelope(message: Message | bytes, identity: str, **attributes: str) -> Envelope:
    data = message if isinstance(message, bytes) else message.model_dump_json(exclude_none=True).encode()
    return Envelope(identity, data, attributes, "", "", 1)


def opened() -> tuple[LiveHandler, Rows, MemoryStore]:
    rows, store = Rows(), MemoryStore()
    return LiveHandler(lambda: rows, lambda: store), rows, store  # type: ignore[arg-type, return-value]


def test_samples_are_appended_together_and_everything_else_as_it_would_be_alone() -> None:
    handler, rows, store = opened()
    several = [envelope(sample(n), f"m{n}") for n in range(50)]
    several[10:10] = [envelope(lap(1), "lap"), envelope(b"{nonsense", "bad")]
    assert handler.handle_all(several) == [None] * 52
    assert set(rows.tables["live_features"]) == {f"m{n}" for n in range(50)} | {"lap"}
    assert set(rows.tables["quarantine"]) == {"bad"}
    assert sorted(rows.calls) == [1, 1, 50]
    document = documents.read("2023_01/VER.json", store.get("live", "2023_01/VER.json").data)
    assert set(json.loads(document.model_dump_json())["laps"]) == {"1"}


def test_one_that_cannot_be_stored_comes_again_and_its_neighbors_do_not() -> None:
    handler, rows, _ = opened()
    rows.bad = {7.0}
    outcomes = handler.handle_all([envelope(sample(n), f"m{n}") for n in range(10)])
    assert [n for n, outcome in enumerate(outcomes) if outcome is not None] == [7]
    assert "no such speed" in str(outcomes[7])
    assert set(rows.tables["live_features"]) == {f"m{n}" for n in range(10) if n != 7}
    rows.bad = set()
    assert handler.handle_all([envelope(sample(7), "m7")]) == [None]


def test_an_event_that_was_published_twice_is_one_row() -> None:
    handler, rows, _ = opened()
    twice = [envelope(sample(1), f"m{n}", **{EVENT_ID: "e1"}) for n in range(2)]
    assert handler.handle_all(twice) == [None, None]
    assert handler.handle_all(twice) == [None, None]
    assert set(rows.tables["live_features"]) == {"e1"}


def test_nothing_is_nothing() -> None:
    handler, rows, _ = opened()
    assert handler.handle_all([]) == []
    assert rows.calls == []
