"""Jolpica's pages become rows of the raw tables; what cannot is set aside, or refused where the schema has changed."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from shared.ingest.jolpica.client import Page, read_page
from shared.ingest.jolpica.resources import BY_RACE, BY_SEASON, LISTS, RACES, Resource, Wanted, of_season
from shared.ingest.jolpica.rows import SchemaChanged, parse

RESOURCES = {resource.name: resource for resource in (*LISTS, RACES, *BY_SEASON, *BY_RACE)}
DATES = {"2023_01": dt.date(2023, 3, 5)}


def _recorded(data_dir: Path, name: str) -> tuple[Wanted, Page]:
    path = data_dir / "jolpica" / name
    kind = path.stem.split("@")[-1].lower()
    return Wanted(RESOURCES[path.parent.name if kind not in RESOURCES else kind], name), read_page(path.read_bytes())


def _rows(data_dir: Path, name: str) -> list[dict[str, Any]]:
    wanted, page = _recorded(data_dir, name)
    parsed = parse(wanted, [page], DATES | {"2023_22": dt.date(2023, 11, 26)})
    assert parsed.rejected == []
    return parsed.rows.to_pylist()


def test_every_whole_recorded_response_is_read_without_loss(data_dir: Path) -> None:
    class AnyDay(dict[str, dt.date]):
        def get(self, key: str, default: Any = None) -> dt.date:
            return dt.date(int(key[:4]), 1, 1)

    read = 0
    for path in sorted((data_dir / "jolpica").glob("*/*.json")):
        if path.parent.name == "seasons":
            continue
        wanted, page = _recorded(data_dir, f"{path.parent.name}/{path.name}")
        if page.total <= page.limit:
            parsed = parse(wanted, [page], AnyDay())
            assert (parsed.rows.num_rows, parsed.rejected) == (page.total, []), path.name
            read += 1
    assert read >= 70


def test_a_recorded_result_has_every_field(data_dir: Path) -> None:
    winner = _rows(data_dir, "results/2023@9@results.json")[0]
    assert winner == {
        "race_id": "2023_09", "race_date": dt.date(2023, 7, 2), "season": 2023, "round": 9, "driver_id": "VER",
        "ergast_id": "max_verstappen", "constructor_id": "red_bull", "number": 1, "grid": 1, "position": 1,
        "position_text": "1", "position_order": 1, "points": 26.0, "laps": 71, "milliseconds": 5133607,
        "fastest_lap": 71, "fastest_lap_rank": 1, "fastest_lap_time": 67.012, "status": "Finished",
    }  # fmt: skip


def test_a_recorded_standing_takes_its_day_from_the_calendar(data_dir: Path) -> None:
    first = _rows(data_dir, "driverstandings/2023@22@driverstandings.json")[0]
    assert (first["race_date"], first["ergast_id"]) == (dt.date(2023, 11, 26), "max_verstappen")
    assert (first["position"], first["points"], first["wins"]) == (1, 575.0, 19)


def test_a_recorded_pit_stop_has_its_seconds(data_dir: Path) -> None:
    assert _rows(data_dir, "pitstops/2023@10@pitstops@2.json")[0]["duration"] == 28.805


def _page(laps: list[dict[str, Any]], total: int | None = None) -> Page:
    race = {"season": "2023", "round": "1", "date": "2023-03-05", "Laps": laps}
    envelope = {"limit": "100", "offset": "0", "total": str(total if total is not None else _count(laps))}
    return read_page(json.dumps({"MRData": envelope | {"RaceTable": {"Races": [race]}}}).encode())


def _count(laps: list[dict[str, Any]]) -> int:
    return sum(len(lap["Timings"]) for lap in laps)


def _lap(number: int, **timing: Any) -> dict[str, Any]:
    return {"number": str(number), "Timings": [{"driverId": "a", "position": "1", "time": "1:30.000"} | timing]}


LAPS = Wanted(RESOURCES["laps"], "2023/1/laps", "2023_01")


def test_a_lap_that_two_pages_share_is_put_together() -> None:
    pages = [_page([_lap(1)], 2), _page([_lap(1, driverId="b")], 2)]
    rows = parse(LAPS, pages, DATES).rows.to_pylist()
    assert [(row["lap"], row["ergast_id"], row["lap_time"]) for row in rows] == [(1, "a", 90.0), (1, "b", 90.0)]


@pytest.mark.parametrize(
    ("fault", "said"),
    [({"time": "soon"}, "'soon' is no time"), ({"position": "first"}, "position"), ({"driverId": None}, "driverId")],
)
def test_one_bad_record_is_set_aside_with_the_reason(fault: dict[str, Any], said: str) -> None:
    parsed = parse(LAPS, [_page([_lap(1), _lap(2, **fault), _lap(3)])], DATES)
    assert parsed.rows["lap"].to_pylist() == [1, 3]
    (rejected,) = parsed.rejected
    assert said in rejected.reason
    assert (rejected.source_table, rejected.race_id, rejected.race_date) == (
        "raw_laps_ergast",
        "2023_01",
        dt.date(2023, 3, 5),
    )
    assert json.loads(rejected.record)["lap"] == "2"


def test_a_field_gone_from_most_records_is_a_schema_change() -> None:
    laps = [{"number": str(n), "Timings": [{"driverId": "a", "position": "1", "lapTime": "90"}]} for n in range(5)]
    with pytest.raises(SchemaChanged, match=r"5 of 5 records: row\.time"):
        parse(LAPS, [_page(laps)], DATES)


def test_a_page_built_otherwise_is_a_schema_change() -> None:
    page = read_page(b'{"MRData": {"limit": "100", "offset": "0", "total": "1", "races": []}}')
    with pytest.raises(SchemaChanged, match=r"2023/1/laps: the page is built differently \(KeyError\('RaceTable'\)\)"):
        parse(LAPS, [page], DATES)


def test_records_that_do_not_add_up_to_the_total_are_refused() -> None:
    with pytest.raises(SchemaChanged, match="1 records where the source tells of 2"):
        parse(LAPS, [_page([_lap(1)], 2)], DATES)


def test_a_record_that_comes_twice_is_refused() -> None:
    with pytest.raises(SchemaChanged, match="came twice"):
        parse(LAPS, [_page([_lap(1)], 2), _page([_lap(1)], 2)], DATES)


def test_a_standing_of_a_race_that_no_calendar_has_is_set_aside() -> None:
    names = ["a", "b", "c"]
    lists = [
        {"season": "2023", "round": str(n), "DriverStandings": [
            {"positionText": "-", "points": "0", "wins": "0", "Driver": {"driverId": name}} for name in names
        ]} for n in (1, 9) if n == 1 or names.pop()
    ]  # fmt: skip
    envelope = {"limit": "100", "offset": "0", "total": "5", "StandingsTable": {"StandingsLists": lists}}
    page = read_page(json.dumps({"MRData": envelope}).encode())
    parsed = parse(Wanted(RESOURCES["driverstandings"], "2023/driverstandings"), [page], DATES)
    assert parsed.rows["position"].to_pylist() == [None] * 3
    assert {rejected.reason for rejected in parsed.rejected} == {"the calendar has no race 2023_09"}


@pytest.mark.parametrize(
    ("season", "kinds"),
    [
        (1950, {"results", "driverstandings"}),
        (1958, {"results", "driverstandings", "constructorstandings"}),
        (1996, {"results", "qualifying", "laps", "driverstandings", "constructorstandings"}),
        (2021, {resource.name for resource in (*BY_SEASON, *BY_RACE)}),
    ],
)
def test_a_season_is_asked_for_what_it_has(season: int, kinds: set[str]) -> None:
    wanted = of_season(season, [1, 2], None)
    assert {each.resource.name for each in wanted} == kinds
    assert Resource("results", "raw_results") in {each.resource for each in wanted}


def test_one_round_is_asked_for_alone() -> None:
    paths = [each.path for each in of_season(2023, [1, 2, 3], (2,))]
    assert "2023/2/results" in paths
    assert all(path.startswith("2023/2/") for path in paths)
    assert of_season(2023, [1, 2], (3,)) == []
