"""Rows streamed by many callers at once: few requests, each row once, each caller its own outcome."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest

from shared.adapters.gcp.streaming import ROWS_A_REQUEST, Streamer
from shared.errors import WarehouseError
from shared.tables import Column, Table

ROWS = Table(
    "rows",
    "Rows with ids of their own",
    (
        Column("message_id", "STRING", "id", mode="REQUIRED"),
        Column("speed", "FLOAT64", "speed"),
    ),
)
OTHERS = Table("others", "Others", ROWS.columns)


class Sink:
    """Takes requests one at a time, slowly, and refuses those that hold a speed among ``bad``."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, list[str]]] = []
        self.bad: set[float] = set()
        self.busy = threading.Lock()

    def send(self, schema: Table, rows: pa.Table, ids: list[str]) -> None:
        assert self.busy.acquire(blocking=False), "one request at a time"
        time.sleep(0.01)
        self.busy.release()
        if self.bad & set(rows["speed"].to_pylist()):
            raise WarehouseError(f"{schema.name}: no such speed")
        self.requests.append((schema.name, ids))


def append(streamer: Streamer, number: int, table: Table = ROWS) -> int:
    identity = f"m{number}"
    return streamer.append(table, [{"message_id": identity, "speed": float(number)}], [identity])


def test_what_comes_side_by_side_goes_together() -> None:
    sink = Sink()
    streamer = Streamer(sink.send)
    with ThreadPoolExecutor(40) as pool:
        counts = list(pool.map(lambda n: append(streamer, n), range(400)))
    assert counts == [1] * 400
    assert sorted(each for _, ids in sink.requests for each in ids) == sorted(f"m{n}" for n in range(400))
    assert len(sink.requests) < 100


def test_one_that_is_refused_fails_its_own_caller_alone() -> None:
    sink = Sink()
    sink.bad = {7.0}
    streamer = Streamer(sink.send)

    def outcome(number: int) -> int | str:
        try:
            return append(streamer, number)
        except WarehouseError as error:
            return str(error)

    with ThreadPoolExecutor(20) as pool:
        outcomes = list(pool.map(outcome, range(20)))
    assert [n for n, each in enumerate(outcomes) if each != 1] == [7]
    assert "no such speed" in str(outcomes[7])
    sink.bad = set()
    assert append(streamer, 7) == 1


def test_an_id_is_streamed_once_a_table() -> None:
    sink = Sink()
    streamer = Streamer(sink.send)
    assert [append(streamer, 1), append(streamer, 1), append(streamer, 1, OTHERS)] == [1, 0, 1]
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: append(streamer, 2), range(8))) == 1


def test_many_rows_of_one_call_are_sent_in_requests_of_the_size_that_google_recommends() -> None:
    sink = Sink()
    ids = [f"m{n}" for n in range(2 * ROWS_A_REQUEST + 1)]
    assert Streamer(sink.send).append(ROWS, [{"message_id": each, "speed": 1.0} for each in ids], ids) == len(ids)
    assert [len(sent) for _, sent in sink.requests] == [ROWS_A_REQUEST, ROWS_A_REQUEST, 1]


def test_a_row_without_its_id_is_refused() -> None:
    with pytest.raises(WarehouseError, match="message_id"):
        Streamer(Sink().send).append(ROWS, [{"speed": 1.0}], ["m1"])
