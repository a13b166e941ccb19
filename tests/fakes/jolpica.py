"""A stand-in Jolpica on loopback: pages made from a data folder's ``ergast/*.csv`` (laps from its lap files), recorded
responses where the folder has whole ones, and faults on demand.
"""

from __future__ import annotations

import csv
import itertools
import json
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd

Row = dict[str, Any]
Fault = Callable[["_Handler", bytes], None]
PAGE = 100


class Tables:
    """The Ergast tables of a folder, as rows of text, and pages made from them as Jolpica makes them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._recorded = {path.stem: path for path in (folder / "jolpica").glob("*/*.json")}
        self._tables: dict[str, list[Row]] = {}
        self._indices: dict[str, dict[str, Row]] = {}
        self._laps: dict[int, pd.DataFrame] = {}
        self._made: dict[str, tuple[list[Any], Callable[[list[Any]], Row]] | None] = {}

    def page(self, path: str, limit: int, offset: int) -> bytes | None:
        """The answer for a path ("2023/1/results"), None where there is no such page."""
        recorded = self._recorded.get(path.replace("/", "@"))
        if recorded is not None and offset == 0:
            data = recorded.read_bytes()
            envelope = json.loads(data)["MRData"]
            if int(envelope["total"]) <= int(envelope["limit"]):
                return data
        if path not in self._made:
            self._made[path] = self._records(path)
        made = self._made[path]
        if made is None:
            return None
        records, build = made
        limit = min(limit, PAGE)
        envelope = {"limit": str(limit), "offset": str(offset), "total": str(len(records))}
        return json.dumps({"MRData": envelope | build(records[offset : offset + limit])}).encode()

    def _records(self, path: str) -> tuple[list[Any], Callable[[list[Any]], Row]] | None:
        """All records of a path, and how a page is made of some of them."""
        *scope, kind = path.split("/")
        season, number = (int(scope[0]) if scope else None, int(scope[1]) if len(scope) > 1 else None)
        made = {
            "circuits": lambda: self._list("CircuitTable", "Circuits", "circuits", _circuit),
            "drivers": lambda: self._list("DriverTable", "Drivers", "drivers", _driver),
            "constructors": lambda: self._list("ConstructorTable", "Constructors", "constructors", _constructor),
            "status": lambda: self._list("StatusTable", "Status", "status", dict),
            "seasons": lambda: self._list("SeasonTable", "Seasons", "races", lambda row: {"season": row["year"]}),
            "races": lambda: ([{"race": race} for race in self._races(season, number)], _races),
            "results": lambda: (self._rows("results", season, number, _result), _in_races("Results")),
            "sprint": lambda: (self._rows("sprint_results", season, number, _result), _in_races("SprintResults")),
            "qualifying": lambda: (
                self._rows("qualifying", season, number, _qualified),
                _in_races("QualifyingResults"),
            ),
            "pitstops": lambda: (self._rows("pit_stops", season, number, _stop), _in_races("PitStops")),
            "laps": lambda: (list(self._lap_rows(season, number)), _laps),
            "driverstandings": lambda: (
                self._rows("driver_standings", season, number, _standing),
                _standings("DriverStandings"),
            ),
            "constructorstandings": lambda: (
                self._rows("constructor_standings", season, number, _standing),
                _standings("ConstructorStandings"),
            ),
        }.get(kind)
        return None if made is None else made()

    def table(self, name: str) -> list[Row]:
        """Rows of a CSV, nulls left out."""
        if name not in self._tables:
            path = self._folder / "ergast" / f"{name}.csv"
            rows = []
            if path.exists():
                with path.open(encoding="utf-8", newline="") as file:
                    rows = [{k: v for k, v in row.items() if v not in ("\\N", "")} for row in csv.DictReader(file)]
            self._tables[name] = rows
        return self._tables[name]

    def by(self, name: str, key: str) -> dict[str, Row]:
        """Rows of a CSV by their number."""
        if name not in self._indices:
            self._indices[name] = {row[key]: row for row in self.table(name)}
        return self._indices[name]

    def _list(self, table: str, key: str, name: str, make: Callable[[Row], Row]) -> Any:
        return [make(row) for row in self.table(name)], lambda records: {table: {key: records}}

    def _races(self, season: int | None, number: int | None) -> list[Row]:
        rows = [r for r in self.table("races") if int(r["year"]) == season and number in (None, int(r["round"]))]
        circuits = self.by("circuits", "circuitId")
        return [
            {
                "id": row["raceId"],
                "season": row["year"],
                "round": row["round"],
                "raceName": row["name"],
                "date": row["date"],
                "Circuit": _circuit(circuits[row["circuitId"]]),
            }
            for row in sorted(rows, key=lambda row: int(row["round"]))
        ]

    def _rows(
        self, name: str, season: int | None, number: int | None, make: Callable[[Tables, Row], Row]
    ) -> list[dict[str, Row]]:
        races = {race["id"]: race for race in self._races(season, number)}
        rows = [row for row in self.table(name) if row["raceId"] in races]
        rows.sort(key=lambda row: int(races[row["raceId"]]["round"]))
        return [{"race": races[row["raceId"]], "row": make(self, row)} for row in rows]

    def _lap_rows(self, season: int | None, number: int | None) -> Iterator[dict[str, Any]]:
        path = self._folder / "laps" / f"{season}.parquet"
        if not path.exists() or season is None:
            return
        if season not in self._laps:
            self._laps[season] = pd.read_parquet(path)
        frame = self._laps[season]
        frame = frame[(frame["RoundNumber"] == number) & frame["LapTime"].notna() & frame["Position"].notna()]
        refs = {row["code"]: row["driverRef"] for row in self.table("drivers") if "code" in row}
        (race,) = self._races(season, number)
        for row in frame.sort_values(["LapNumber", "Position"]).itertuples():
            timing = {"driverId": refs[row.Driver], "position": f"{row.Position:.0f}", "time": clock(row.LapTime)}
            yield {"race": race, "lap": f"{row.LapNumber:.0f}", "row": timing}


def clock(seconds: float) -> str:
    """ "1:27.452" """
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    return f"{minutes}:{rest // 1000:02d}.{rest % 1000:03d}"


def _circuit(row: Row) -> Row:
    place = {"lat": row["lat"], "long": row["lng"], "locality": row["location"], "country": row["country"]}
    return {"circuitId": row["circuitRef"], "circuitName": row["name"], "Location": place}


def _named(row: Row, **names: str) -> Row:
    return {new: row[old] for new, old in names.items() if old in row}


def _driver(row: Row) -> Row:
    return _named(
        row, driverId="driverRef", permanentNumber="number", code="code", givenName="forename", familyName="surname",
        dateOfBirth="dob", nationality="nationality",
    )  # fmt: skip


def _constructor(row: Row) -> Row:
    return _named(row, constructorId="constructorRef", name="name", nationality="nationality")


def _who(tables: Tables, row: Row) -> Row:
    who = {}
    if "driverId" in row:
        who["Driver"] = _driver(tables.by("drivers", "driverId")[row["driverId"]])
    if "constructorId" in row:
        who["Constructor"] = _constructor(tables.by("constructors", "constructorId")[row["constructorId"]])
    return who


def _result(tables: Tables, row: Row) -> Row:
    made = _who(tables, row) | _named(row, number="number", positionText="positionText", position="positionOrder")
    made |= _named(row, points="points", grid="grid", laps="laps")
    made["status"] = tables.by("status", "statusId")[row["statusId"]]["status"]
    if "milliseconds" in row:
        made["Time"] = {"millis": row["milliseconds"]}
    if "fastestLap" in row:
        made["FastestLap"] = _named(row, lap="fastestLap", rank="rank")
        if "fastestLapTime" in row:
            made["FastestLap"]["Time"] = {"time": row["fastestLapTime"]}
    return made


def _qualified(tables: Tables, row: Row) -> Row:
    return _who(tables, row) | _named(row, number="number", position="position", Q1="q1", Q2="q2", Q3="q3")


def _stop(tables: Tables, row: Row) -> Row:
    driver = tables.by("drivers", "driverId")[row["driverId"]]["driverRef"]
    made = {"driverId": driver} | _named(row, stop="stop", lap="lap", time="time")
    if "milliseconds" in row:
        made["duration"] = clock(int(row["milliseconds"]) / 1000)
    return made


def _standing(tables: Tables, row: Row) -> Row:
    return _who(tables, row) | _named(
        row, position="position", positionText="positionText", points="points", wins="wins"
    )


def _races(records: list[Row]) -> Row:
    return {"RaceTable": {"Races": [record["race"] for record in records]}}


def _grouped(records: list[Row]) -> Iterator[tuple[Row, list[Row]]]:
    for _, group in itertools.groupby(records, lambda record: record["race"]["id"]):
        found = list(group)
        yield found[0]["race"], found


def _in_races(key: str) -> Callable[[list[Row]], Row]:
    return lambda records: {
        "RaceTable": {"Races": [race | {key: [each["row"] for each in found]} for race, found in _grouped(records)]}
    }


def _laps(records: list[Row]) -> Row:
    races = []
    for race, found in _grouped(records):
        laps = itertools.groupby(found, lambda record: record["lap"])
        races.append(race | {"Laps": [{"number": n, "Timings": [each["row"] for each in own]} for n, own in laps]})
    return {"RaceTable": {"Races": races}}


def _standings(key: str) -> Callable[[list[Row]], Row]:
    return lambda records: {
        "StandingsTable": {
            "StandingsLists": [
                {"season": race["season"], "round": race["round"], key: [each["row"] for each in found]}
                for race, found in _grouped(records)
            ]
        }
    }


def status(code: int, retry_after: str | None = None) -> Fault:
    """Answer with this status."""

    def answer(handler: _Handler, _: bytes) -> None:
        handler.reply(code, b"no", {"Retry-After": retry_after} if retry_after else {})

    return answer


def slow(seconds: float) -> Fault:
    """Answer so late that the client no longer waits."""

    def answer(handler: _Handler, data: bytes) -> None:
        time.sleep(seconds)
        handler.reply(200, data)

    return answer


def truncated(handler: _Handler, data: bytes) -> None:
    """Answer with half of the page."""
    handler.reply(200, data[: len(data) // 2])


def renamed(old: str, new: str) -> Fault:
    """Answer with a field called otherwise: a schema change."""

    def answer(handler: _Handler, data: bytes) -> None:
        handler.reply(200, data.replace(f'"{old}":'.encode(), f'"{new}":'.encode()))

    return answer


def replaced(old: bytes, new: bytes) -> Fault:
    """Answer with other contents in one place: a bad record."""

    def answer(handler: _Handler, data: bytes) -> None:
        handler.reply(200, data.replace(old, new, 1))

    return answer


class Jolpica:
    """The server. ``faults``: by path, what the next requests for it meet, one each, the last for good when the list is
    in ``lasting``; ``requests``: paths with offsets, as they came."""

    def __init__(self, folder: Path) -> None:
        self.tables = Tables(folder)
        self.faults: dict[str, list[Fault]] = {}
        self.lasting: dict[str, Fault] = {}
        self.down: Fault | None = None
        self.requests: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/ergast/f1"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    jolpica: Jolpica

    def do_GET(self) -> None:
        """One page, or the fault that is due."""
        url = urllib.parse.urlsplit(self.path)
        path = url.path.removeprefix("/ergast/f1/").removesuffix(".json")
        query = urllib.parse.parse_qs(url.query)
        offset = int(query["offset"][0])
        self.jolpica.requests.append(f"{path}@{offset}")
        data = self.jolpica.tables.page(path, int(query["limit"][0]), offset)
        due = self.jolpica.faults.get(path)
        fault = self.jolpica.down or (due.pop(0) if due else self.jolpica.lasting.get(path))
        if fault is not None:
            fault(self, data or b"")
        else:
            self.reply(200 if data is not None else 404, data or b"no such page")

    def reply(self, code: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        """Send an answer; a client that has left is no fault."""
        try:
            self.send_response(code)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def log_message(self, *_: Any) -> None:
        """Tests read ``requests`` instead."""


def _handler_of(jolpica: Jolpica) -> type[_Handler]:
    return type("Handler", (_Handler,), {"jolpica": jolpica})
