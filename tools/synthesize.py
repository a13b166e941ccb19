"""Simulated races in the layout of F1_DATA_DIR: ``python -m tools.synthesize --out DIR --races N --seed S``.

Writes ``laps/YEAR.parquet`` and ``ergast/*.csv`` as the sources do, with some of their faults, and a file ``SYNTHETIC``
that marks the folder: what is trained on it says so and is kept apart. Drivers and teams are invented; the circuits are
real, so that the rules by season and circuit apply. The same seed gives the same files.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from shared.features.frames import SYNTHETIC_MARKER
from shared.race.calendars import CALENDARS
from shared.race.circuits import CIRCUITS, first_lap_seconds
from shared.race.rules import points, scheduled_laps
from tools.synthetic.race import COMPOUNDS, SESSION_OFFSET, Laps, field, simulate

FIRST_SEASON = 2018
RACES_A_SEASON = 21
CARS = 20
_FINISHED, _RETIRED, _ACCIDENT = 1, 5, 3
_NULL = "\\N"


def synthesize(out: Path, races: int, seed: int) -> int:
    """Write ``races`` simulated races under ``out`` and answer how many car-laps they hold."""
    rng = np.random.default_rng(seed)
    (out / "laps").mkdir(parents=True, exist_ok=True)
    (out / "ergast").mkdir(exist_ok=True)
    tables: dict[str, list[dict[str, object]]] = {name: [] for name in ("races", "results", "pit_stops", "qualifying")}
    circuit_numbers = {circuit_id: number for number, circuit_id in enumerate(CIRCUITS, start=1)}
    total = 0
    for first in range(0, races, RACES_A_SEASON):
        season, cars, frames = FIRST_SEASON + first // RACES_A_SEASON, field(rng, CARS), []
        for number, event in enumerate(CALENDARS[2025][: min(RACES_A_SEASON, races - first)], start=1):
            distance = scheduled_laps(season, event.circuit_id)
            race = simulate(rng, cars, distance, first_lap_seconds(event.circuit_id) - 5.0)
            key = len(tables["races"]) + 1
            day = dt.date(season, event.date.month, event.date.day)
            tables["races"].append(
                {"raceId": key, "year": season, "round": number, "circuitId": circuit_numbers[event.circuit_id],
                 "name": event.name, "date": day.isoformat()}
            )  # fmt: skip
            _results(race, key, season, event.circuit_id, tables)
            frames.append(_lap_rows(rng, race, season, number, event.name))
        laps = pd.concat(frames, ignore_index=True)
        laps.to_parquet(out / "laps" / f"{season}.parquet", index=False)
        total += len(laps)
    _write_tables(out / "ergast", tables, circuit_numbers)
    (out / SYNTHETIC_MARKER).write_text(
        f"simulated by tools/synthesize.py: {races} races, seed {seed}\n", encoding="utf-8"
    )
    return total


def _code(car: int) -> str:
    """An invented driver's code: "SAA", "SAB", ..."""
    return f"S{chr(65 + car // 26)}{chr(65 + car % 26)}"


def _lap_rows(rng: np.random.Generator, race: Laps, season: int, number: int, name: str) -> pd.DataFrame:
    """FastF1's columns, with its faults: no time on some first laps, a filled-in last lap of cars that retire."""
    rows: list[dict[str, object]] = []
    rank = pd.DataFrame(race.elapsed).rank(axis=1, method="first").to_numpy()
    for car in range(race.elapsed.shape[1]):
        done = int(np.isfinite(race.elapsed[:, car]).sum())
        for lap in range(1, done + 1):
            at = (lap - 1, car)
            came_in = lap > 1 and race.pit_in[lap - 2, car]
            line = SESSION_OFFSET + race.elapsed[at]
            before = SESSION_OFFSET + (race.elapsed[lap - 2, car] if lap > 1 else 0.0)
            compound = COMPOUNDS[race.compound[at]]
            rows.append({
                "Year": season, "RoundNumber": number, "EventName": name, "Driver": _code(car),
                "DriverNumber": str(car + 1), "Team": f"Team {car // 2 + 1:02d}", "LapNumber": float(lap),
                "LapTime": race.lap_time[at] if lap > 1 or rng.random() > 0.1 else np.nan,
                "Stint": float(race.stint[at]), "Compound": compound,
                "CompoundName": {"SOFT": "C4", "MEDIUM": "C3", "HARD": "C2"}.get(compound, compound),
                "TyreLife": float(race.age[at]), "FreshTyre": str(bool(race.age[at] <= lap)),
                "TrackStatus": str(race.status[lap - 1]), "Position": float(rank[at]),
                "IsAccurate": bool(race.status[lap - 1] == 1 and not came_in and not race.pit_in[at] and lap > 1),
                "PitInTime": line - 2.0 if race.pit_in[at] else np.nan,
                "PitOutTime": before - 2.0 + race.pit_lane[lap - 2, car] if came_in else (5.0 if lap == 1 else np.nan),
                "Time": line,
            })  # fmt: skip
        if race.retired[car] and done:
            rows.append(rows[-1] | {"LapNumber": done + 1.0, "LapTime": np.nan, "TrackStatus": "0", "Position": np.nan,
                                    "PitInTime": np.nan, "PitOutTime": np.nan, "IsAccurate": False,
                                    "TyreLife": float(race.age[done - 1, car] + 1),
                                    "Time": SESSION_OFFSET + race.elapsed[done - 1, car] + 150.0})  # fmt: skip
    return pd.DataFrame(rows)


def _results(race: Laps, key: int, season: int, circuit_id: str, tables: dict[str, list[dict[str, object]]]) -> None:
    laps = np.isfinite(race.elapsed).sum(axis=0)
    time = np.where(laps > 0, np.nanmax(np.where(laps > 0, race.elapsed, 0.0), axis=0), 0.0)
    order = sorted(range(len(laps)), key=lambda car: (race.retired[car], -laps[car], time[car]))
    scores = points(season, circuit_id)
    for place, car in enumerate(order, start=1):
        down = int(laps.max() - laps[car])
        status = (
            (_RETIRED if car % 3 else _ACCIDENT)
            if race.retired[car]
            else (_FINISHED if not down else 10 + min(down, 9))
        )
        tables["results"].append(
            {"resultId": len(tables["results"]) + 1, "raceId": key, "driverId": car + 1, "constructorId": car // 2 + 1,
             "number": car + 1, "grid": int(race.grid[car]), "position": _NULL if race.retired[car] else place,
             "positionText": "R" if race.retired[car] else str(place), "positionOrder": place,
             "points": float(scores[place - 1]) if place <= len(scores) and not race.retired[car] else 0.0,
             "laps": int(laps[car]), "milliseconds": round(1000 * float(time[car])) if not down else _NULL,
             "statusId": status}
        )  # fmt: skip
        tables["qualifying"].append(
            {"raceId": key, "driverId": car + 1, "constructorId": car // 2 + 1, "position": int(race.grid[car]),
             "q1": _NULL, "q2": _NULL, "q3": _NULL}
        )  # fmt: skip
        for stop, lap in enumerate(np.flatnonzero(race.pit_in[:, car]), start=1):
            tables["pit_stops"].append(
                {"raceId": key, "driverId": car + 1, "stop": stop, "lap": int(lap) + 1,
                 "milliseconds": round(1000 * float(race.pit_lane[lap, car]))}
            )  # fmt: skip


def _write_tables(folder: Path, tables: dict[str, list[dict[str, object]]], numbers: dict[str, int]) -> None:
    cars = range(CARS)
    teams = range(1, (CARS + 1) // 2 + 1)
    laps_down = [{"statusId": 10 + n, "status": f"+{n} Lap{'s' if n > 1 else ''}"} for n in range(1, 10)]
    place = {"lat": 0.0, "lng": 0.0, "alt": 0.0}
    static: dict[str, list[dict[str, object]]] = {
        "circuits": [
            {"circuitId": numbers[c.circuit_id], "circuitRef": c.circuit_id, "name": c.name, "location": c.locality,
             "country": c.country, **place} for c in CIRCUITS.values()
        ],
        "drivers": [
            {"driverId": car + 1, "driverRef": f"synthetic_{_code(car).lower()}", "number": car + 1, "code": _code(car),
             "forename": "Synthetic", "surname": _code(car), "dob": "2000-01-01", "nationality": "None"} for car in cars
        ],
        "constructors": [
            {"constructorId": n, "constructorRef": f"team_{n:02d}", "name": f"Team {n:02d}", "nationality": "None"}
            for n in teams
        ],
        "status": [
            {"statusId": _FINISHED, "status": "Finished"}, {"statusId": _ACCIDENT, "status": "Accident"},
            {"statusId": _RETIRED, "status": "Engine"}, *laps_down,
        ],
    }  # fmt: skip
    for name, rows in (static | tables).items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, write, and say what was written."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="folder to write; made if absent")
    parser.add_argument("--races", type=int, default=21, help="races to simulate, 21 a season from 2018 (default 21)")
    parser.add_argument("--seed", type=int, default=1, help="seed of everything drawn (default 1)")
    given = parser.parse_args(arguments)
    if given.races < 1:
        parser.error("--races must be at least 1")
    laps = synthesize(given.out, given.races, given.seed)
    print(f"{given.races} simulated races, {laps} car-laps in {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
