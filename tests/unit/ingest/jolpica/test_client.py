"""A request is tried again on 429, 5xx, timeouts and broken answers, and given up on in good time."""

from __future__ import annotations

import email.utils
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.adapters.embedded.object_store import FileObjectStore
from shared.ingest.jolpica.client import ATTEMPTS, Client, RequestFailed, read_page
from shared.ingest.jolpica.limits import Limits
from shared.ingest.request import TryLater
from tests.fakes.clocks import Clock
from tests.fakes.jolpica import Jolpica, slow, status, truncated

HOUR = 3600.0


@pytest.fixture
def jolpica(tmp_path: Path) -> Iterator[Jolpica]:
    folder = tmp_path / "ergast"
    folder.mkdir()
    (folder / "status.csv").write_text("statusId,status\n" + "".join(f"{n},End {n}\n" for n in range(1, 151)))
    server = Jolpica(tmp_path)
    yield server
    server.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(jolpica: Jolpica, clock: Clock, tmp_path: Path) -> Client:
    limits = Limits(FileObjectStore(tmp_path / "objects"), 500, clock, clock.sleep)
    return Client(jolpica.url, limits, clock, clock.sleep, chance=lambda: 1.0, timeout=(1.0, 0.2))


def test_pages_hold_a_hundred_rows_and_are_kept_as_fetched(client: Client, jolpica: Jolpica, clock: Clock) -> None:
    first = client.get("status", 0, clock.now + HOUR)
    second = client.get("status", 100, clock.now + HOUR)
    assert (first.limit, first.offset, first.total) == (100, 0, 150)
    assert len(second.body["StatusTable"]["Status"]) == 50
    assert second.data == jolpica.tables.page("status", 100, 100)


@pytest.mark.parametrize("fault", [status(429), status(500), status(503), slow(0.6), truncated])
def test_what_passes_is_tried_again(client: Client, jolpica: Jolpica, clock: Clock, fault: object) -> None:
    jolpica.faults["status"] = [fault, fault]  # type: ignore[list-item]
    assert client.get("status", 0, clock.now + HOUR).total == 150
    assert jolpica.requests == ["status@0"] * 3
    assert [pause for pause in clock.pauses if pause >= 1] == [1.0, 2.0]


def test_pauses_are_drawn_between_half_and_all_of_twice_the_last(
    jolpica: Jolpica, clock: Clock, tmp_path: Path
) -> None:
    limits = Limits(FileObjectStore(tmp_path / "objects"), 500, clock, clock.sleep)
    draws = iter([0.0, 0.5, 1.0, 0.0, 0.0])
    client = Client(jolpica.url, limits, clock, clock.sleep, chance=lambda: next(draws))
    jolpica.lasting["status"] = status(500)
    with pytest.raises(RequestFailed, match="status, offset 0: HTTP 500, 6 times"):
        client.get("status", 0, clock.now + HOUR)
    assert [pause for pause in clock.pauses if pause > 0.25] == [0.5, 1.5, 4.0, 4.0, 8.0]
    assert len(jolpica.requests) == ATTEMPTS


def test_retry_after_in_seconds_is_honored(client: Client, jolpica: Jolpica, clock: Clock) -> None:
    jolpica.faults["status"] = [status(429, "30")]
    began = clock.now
    client.get("status", 0, clock.now + HOUR)
    assert 30 <= clock.now - began < 31


def test_retry_after_as_a_date_is_honored(client: Client, jolpica: Jolpica, clock: Clock) -> None:
    jolpica.faults["status"] = [status(503, email.utils.formatdate(clock.now + 90, usegmt=True))]
    began = clock.now
    client.get("status", 0, clock.now + HOUR)
    assert 89 <= clock.now - began < 92


def test_a_retry_after_past_the_step_s_end_ends_it_at_once(client: Client, jolpica: Jolpica, clock: Clock) -> None:
    jolpica.faults["status"] = [status(429, "3600")]
    began = clock.now
    with pytest.raises(TryLater, match="try again in 3600 s"):
        client.get("status", 0, clock.now + 400)
    assert clock.now - began < 1


def test_a_page_that_does_not_exist_is_given_up_at_once(client: Client, jolpica: Jolpica, clock: Clock) -> None:
    with pytest.raises(RequestFailed, match="nothing, offset 0: HTTP 404") as caught:
        client.get("nothing", 0, clock.now + HOUR)
    assert not caught.value.source_at_fault
    assert len(jolpica.requests) == 1


def test_a_source_that_is_not_there_is_told(clock: Clock, tmp_path: Path) -> None:
    limits = Limits(FileObjectStore(tmp_path / "objects"), 500, clock, clock.sleep)
    client = Client("http://127.0.0.1:9/ergast/f1", limits, clock, clock.sleep)
    with pytest.raises(RequestFailed, match="no answer") as caught:
        client.get("status", 0, clock.now + HOUR)
    assert caught.value.source_at_fault


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"MRData": 1}',
        b'{"MRData": {"limit": "100", "offset": "0"}}',
        b'{"MRData": {"limit": "0", "offset": "0", "total": "5"}}',
    ],
)
def test_what_is_no_page_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_page(data)
