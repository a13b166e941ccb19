"""From an ingest request to raw tables through ingest_ergast and a stand-in Jolpica that fails in every way it may."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from functions.ingest_ergast.main import ingest_ergast
from shared import events
from shared.bootstrap import Ports, ports
from shared.config import Settings, settings
from shared.ingest.ergast import read_ergast
from shared.ingest.jolpica import client, limits
from shared.ingest.request import TryLater
from tests.fakes.jolpica import Jolpica, renamed, replaced, status, truncated
from tools.synthesize import synthesize

REQUEST = {"sources": ["ergast"], "origin": "network", "seasons": [2018]}
TABLES = (
    "raw_races", "raw_results", "raw_qualifying", "raw_sprint_results", "raw_pit_stops", "raw_laps_ergast",
    "raw_driver_standings", "raw_constructor_standings", "raw_drivers", "raw_circuits", "raw_constructors",
    "raw_status",
)  # fmt: skip
KEYS = {"raw_driver_standings": ["race_id", "ergast_id"], "raw_constructor_standings": ["race_id", "constructor_id"]}


@pytest.fixture(scope="module")
def made_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three simulated races of 2018, with standings."""
    folder = tmp_path_factory.mktemp("made")
    synthesize(folder, 3, seed=7)
    for name, key in (("driver_standings", "driverId"), ("constructor_standings", "constructorId")):
        races = pd.read_csv(folder / "ergast" / "races.csv")["raceId"]
        rows = [(r, n, n, 30 - n, 0) for r in races for n in range(1, 11)]
        frame = pd.DataFrame(rows, columns=["raceId", key, "position", "points", "wins"])
        frame.assign(positionText=frame["position"]).to_csv(folder / "ergast" / f"{name}.csv", index=False)
    return folder


class Stack:
    """The function over ports of its own, and the messages it sent."""

    def __init__(self, chosen: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ports: Ports = ports(chosen)
        self.sent: list[dict[str, Any]] = []
        monkeypatch.setattr(
            events, "publish", lambda bus, message, **_: self.sent.append(message.model_dump(mode="json")) or "1"
        )

    def call(self, body: dict[str, Any], message_id: str = "m1") -> None:
        """Deliver a request."""
        content = {"data": base64.b64encode(json.dumps(body).encode()).decode(), "messageId": message_id}
        ingest_ergast({"type": events.PUBLISHED, "specversion": "1.0", "data": {"message": content}})

    def run(self, body: dict[str, Any], message_id: str = "m1", most: int = 400) -> int:
        """Deliver a request, what it sends to itself, and again what was not done; the number of deliveries."""
        waiting, deliveries = [body], 0
        while waiting:
            deliveries += 1
            assert deliveries <= most, "the run does not come to an end"
            try:
                self.call(waiting[0], message_id if deliveries == 1 else f"m{deliveries}")
            except TryLater:
                continue
            waiting.pop(0)
            waiting += self.sent
            self.sent.clear()
        return deliveries

    def rows(self, table: str) -> pd.DataFrame:
        """A table's rows, sorted."""
        frame = self.ports.warehouse.query(f"SELECT * FROM {table}").to_pandas()
        return frame.sort_values(list(frame.columns), ignore_index=True)

    def all_rows(self) -> dict[str, pd.DataFrame]:
        """Rows of every raw table of Ergast's."""
        return {table: self.rows(table) for table in TABLES}


@pytest.fixture
def jolpica(made_dir: Path) -> Iterator[Jolpica]:
    server = Jolpica(made_dir)
    yield server
    server.close()


@pytest.fixture
def stack(state: Settings, jolpica: Jolpica, monkeypatch: pytest.MonkeyPatch) -> Stack:
    monkeypatch.setenv("F1_JOLPICA_URL", jolpica.url)
    monkeypatch.setattr(limits, "PER_SECOND", 1e6)
    monkeypatch.setattr(client, "FIRST_PAUSE", 0.001)
    return Stack(settings(), monkeypatch)


@pytest.fixture
def undisturbed(stack: Stack) -> dict[str, pd.DataFrame]:
    """Rows of a run that met no fault, in a state of its own."""
    stack.run(REQUEST)
    return stack.all_rows()


def _same(rows: dict[str, pd.DataFrame], others: dict[str, pd.DataFrame]) -> None:
    for table, frame in rows.items():
        pd.testing.assert_frame_equal(frame, others[table])


def test_the_network_and_the_recorded_files_give_the_same_rows(stack: Stack, made_dir: Path) -> None:
    stack.run(REQUEST)
    for table, recorded in read_ergast(made_dir).items():
        frame = recorded.to_pandas()
        if table == "raw_circuits":
            frame["altitude"] = float("nan")  # Jolpica has none
        frame = frame.sort_values(list(frame.columns), ignore_index=True)
        pd.testing.assert_frame_equal(stack.rows(table), frame, check_dtype=False)
    assert len(stack.rows("raw_laps_ergast")) > 2000


@pytest.mark.parametrize("asked", [{"seasons": [1950]}, {"seasons": [1996]}, {"seasons": [2023], "rounds": [4]}])
def test_real_seasons_come_to_the_same_rows_as_the_recorded_files(
    stack: Stack, data_dir: Path, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]
) -> None:
    server = Jolpica(data_dir)
    monkeypatch.setenv("F1_JOLPICA_URL", server.url)
    stack.run(REQUEST | asked)
    server.close()
    assert len(stack.rows("quarantine")) == 0
    rounds = asked.get("rounds", range(1, 99))
    for table, recorded in read_ergast(data_dir).items():
        if "race_id" not in recorded.column_names or table == "raw_races":
            continue
        frame = recorded.to_pandas()
        frame = frame[(frame["season"] == asked["seasons"][0]) & frame["round"].isin(rounds)]
        frame = frame.sort_values(list(frame.columns), ignore_index=True)
        pd.testing.assert_frame_equal(stack.rows(table), frame, check_dtype=False)


def test_every_response_is_kept_as_fetched(stack: Stack, jolpica: Jolpica) -> None:
    stack.run(REQUEST)
    kept = [entry.name for entry in stack.ports.objects.list("raw", "ergast/") if entry.name.endswith("0.json")]
    assert len(kept) == len(jolpica.requests) == len(set(jolpica.requests))
    (run,) = {name.split("/")[1] for name in kept if "/2018/" in name}
    data = stack.ports.objects.get("raw", f"ergast/{run}/2018/1/laps/000100.json").data
    assert data == jolpica.tables.page("2018/1/laps", 100, 100)


def test_the_same_event_again_fetches_and_changes_nothing(stack: Stack, jolpica: Jolpica) -> None:
    stack.run(REQUEST)
    rows, requests = stack.all_rows(), len(jolpica.requests)
    manifests = stack.ports.objects.list("manifests")
    stack.call(REQUEST)
    assert (len(jolpica.requests), stack.sent) == (requests, [])
    assert stack.ports.objects.list("manifests") == manifests
    _same(rows, stack.all_rows())


def test_two_deliveries_at_once_leave_one_result(
    stack: Stack, undisturbed: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("F1_STATE_DIR", str(tmp_path / "other"))
    other = Stack(settings(), monkeypatch)
    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(other.call, REQUEST) for _ in range(2)]:
            each.result()
    _same(undisturbed, other.all_rows())
    assert len(other.ports.objects.list("manifests")) == 2


def test_another_request_fetches_anew_and_announces_nothing_that_is_known(stack: Stack, jolpica: Jolpica) -> None:
    stack.run(REQUEST)
    rows, requests, manifests = stack.all_rows(), len(jolpica.requests), stack.ports.objects.list("manifests")
    stack.run(REQUEST, "another")
    assert len(jolpica.requests) == 2 * requests
    assert stack.ports.objects.list("manifests") == manifests
    _same(rows, stack.all_rows())


def test_a_run_goes_on_over_the_hour_s_budget_and_fetches_no_page_twice(
    stack: Stack,
    jolpica: Jolpica,
    undisturbed: dict[str, pd.DataFrame],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("F1_STATE_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("F1_JOLPICA_PER_HOUR", "7")
    other = Stack(settings(), monkeypatch)
    jolpica.requests.clear()
    waiting, hours = [REQUEST], 0
    while waiting:
        try:
            other.call(waiting[0])
        except TryLater:
            other.ports.objects.delete("raw", limits.LEDGER)  # an hour passes
            hours += 1
            continue
        waiting = [*waiting[1:], *other.sent]
        other.sent.clear()
    assert hours >= len(jolpica.requests) // 7
    assert len(jolpica.requests) == len(set(jolpica.requests))
    _same(undisturbed, other.all_rows())


def test_faults_that_pass_leave_no_trace(stack: Stack, jolpica: Jolpica) -> None:
    jolpica.faults = {
        "2018/races": [status(500), truncated],
        "2018/results": [status(429, "0"), status(503)],
        "2018/1/laps": [truncated, status(502)],
        "drivers": [status(500)] * 5,
    }
    stack.run(REQUEST)
    assert len(stack.rows("quarantine")) == 0
    assert len(stack.rows("raw_results")) == 60
    assert not any(jolpica.faults.values())


def test_a_request_that_keeps_failing_is_recorded_for_review_and_stops_nothing_else(
    stack: Stack,
    jolpica: Jolpica,
    undisturbed: dict[str, pd.DataFrame],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("F1_STATE_DIR", str(tmp_path / "other"))
    other = Stack(settings(), monkeypatch)
    jolpica.lasting = {
        "2018/2/laps": status(500),
        "2018/2/constructorstandings": truncated,
        "constructors": status(404),
    }
    other.run(REQUEST)
    found = other.rows("quarantine").set_index("source_table")
    assert set(found.index) == {"raw_laps_ergast", "raw_constructor_standings", "raw_constructors"}
    assert found.loc["raw_laps_ergast", "reason"] == "2018/2/laps, offset 0: HTTP 500, 6 times"
    again = json.loads(found.loc["raw_laps_ergast", "record"])["ask_again"]
    laps = undisturbed["raw_laps_ergast"]
    rest = laps[laps["race_id"] != "2018_02"].reset_index(drop=True)
    pd.testing.assert_frame_equal(other.rows("raw_laps_ergast"), rest)
    _same({t: undisturbed[t] for t in ("raw_results", "raw_pit_stops", "raw_drivers")}, other.all_rows())
    jolpica.lasting.clear()
    other.run(again, "later")  # what the record says to ask for makes up for it
    pd.testing.assert_frame_equal(other.rows("raw_laps_ergast"), laps)


def test_a_source_that_is_down_is_waited_for_and_blamed_on_no_request(
    stack: Stack,
    jolpica: Jolpica,
    undisturbed: dict[str, pd.DataFrame],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("F1_STATE_DIR", str(tmp_path / "other"))
    other = Stack(settings(), monkeypatch)
    jolpica.down = status(503)
    for _ in range(2):
        with pytest.raises(TryLater, match="seems to be down"):
            other.call(REQUEST)
    jolpica.down = None
    other.run(REQUEST)
    assert len(other.rows("quarantine")) == 0
    _same(undisturbed, other.all_rows())


def test_a_schema_change_leaves_the_old_rows_and_the_other_tables_go_on(stack: Stack, jolpica: Jolpica) -> None:
    stack.run(REQUEST)
    rows = stack.all_rows()
    jolpica.lasting = {"2018/results": renamed("positionText", "classified"), "2018/races": renamed("none", "none")}
    stack.run(REQUEST, "another")
    (found,) = stack.rows("quarantine").to_dict("records")
    assert found["source_table"] == "raw_results"
    assert "60 of 60 records: row.positionText: Field required" in found["reason"]
    _same(rows, stack.all_rows())


def test_a_bad_record_is_quarantined_and_its_neighbors_are_taken(stack: Stack, jolpica: Jolpica) -> None:
    jolpica.lasting = {"2018/results": replaced(b'"grid": "3"', b'"grid": "front"')}
    stack.run(REQUEST)
    (found,) = stack.rows("quarantine").to_dict("records")
    assert found["reason"].startswith("row.grid: Input should be a valid integer")
    assert len(stack.rows("raw_results")) == 59


def test_nothing_dated_after_the_day_named_is_taken(stack: Stack, made_dir: Path) -> None:
    second = sorted(read_ergast(made_dir)["raw_races"]["race_date"].to_pylist())[1]
    stack.run(REQUEST | {"until": second.isoformat()})
    for table in ("raw_races", "raw_results", "raw_laps_ergast", "raw_driver_standings"):
        assert set(stack.rows(table)["race_id"]) == {"2018_01", "2018_02"}


def test_one_round_is_fetched_and_announced_alone(stack: Stack, jolpica: Jolpica) -> None:
    stack.run(REQUEST | {"rounds": [2]})
    assert set(stack.rows("raw_results")["race_id"]) == {"2018_02"}
    assert set(stack.rows("raw_races")["race_id"]) == {"2018_01", "2018_02", "2018_03"}
    (name,) = [entry.name for entry in stack.ports.objects.list("manifests") if "2018" in entry.name]
    manifest = events.Manifest.model_validate_json(stack.ports.objects.get("manifests", name).data)
    assert manifest.races == ("2018_02",)
    assert not any(path.startswith("2018/1/") for path in jolpica.requests)
