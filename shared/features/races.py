"""The recorded races as the reading routes serve them: an index and each race's laps, in the bucket ``races``."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from typing import Any

from shared.errors import NotFound, PreconditionFailed
from shared.features.scan import ask
from shared.ports import ObjectStore, Warehouse

RACES_BUCKET = "races"
INDEX = "index.json"


_LAP_FIELDS = """
    SELECT race_id, driver_id, lap, ROUND(lap_time, 3) AS lap_time, position, ROUND(gap_to_leader, 3) AS gap_to_leader,
      compound AS tire_compound, tire_age, stint, track_status, pit_in, pit_out
    FROM clean_laps
    WHERE race_date BETWEEN @first_date AND @last_date AND completed
    ORDER BY race_id, lap, position, driver_id
"""
_RACES = """
    SELECT clean_laps.race_id, season, round, circuit_id, race_date, MAX(total_laps) AS total_laps,
      STRING_AGG(DISTINCT driver_id, ',') AS drivers
    FROM clean_laps
    WHERE race_date BETWEEN @first_date AND @last_date
    GROUP BY race_id, season, round, circuit_id, race_date
"""
_NAMES = """
    SELECT race_id, name FROM raw_events WHERE race_date BETWEEN @first_date AND @last_date
    UNION ALL SELECT race_id, name FROM raw_races WHERE race_date BETWEEN @first_date AND @last_date
"""


_CARS = """
    WITH ran AS (
      SELECT race_id, driver_id, MAX(ergast_id) AS ergast_id, MAX(team) AS team,
        CAST(COUNTIF(completed) AS INT64) AS laps
      FROM clean_laps
      WHERE race_date BETWEEN @first_date AND @last_date
      GROUP BY race_id, driver_id
    ),

    results AS (
      SELECT race_id, driver_id, MAX(ergast_id) AS ergast_id, MAX(grid) AS grid, MAX(position) AS position,
        MIN(position_order) AS position_order, MAX(points) AS points, MAX(laps) AS laps, MAX(status) AS status
      FROM raw_results
      WHERE race_date BETWEEN @first_date AND @last_date
      GROUP BY race_id, driver_id
    ),

    known AS (
      SELECT race_id, driver_id FROM ran
      UNION DISTINCT SELECT race_id, driver_id FROM results
    )

    SELECT known.race_id, known.driver_id, COALESCE(results.ergast_id, ran.ergast_id) AS ergast_id,
      drivers.name, ran.team, results.grid, results.position, results.points,
      COALESCE(results.laps, ran.laps) AS laps, results.status
    FROM known
    LEFT JOIN results ON results.race_id = known.race_id AND results.driver_id = known.driver_id
    LEFT JOIN ran ON ran.race_id = known.race_id AND ran.driver_id = known.driver_id
    LEFT JOIN (
      SELECT ergast_id, MAX(CONCAT(forename, ' ', surname)) AS name FROM raw_drivers GROUP BY ergast_id
    ) AS drivers ON drivers.ergast_id = COALESCE(results.ergast_id, ran.ergast_id)
    ORDER BY known.race_id, results.position_order IS NULL, results.position_order, laps DESC, known.driver_id
"""


def write_races(warehouse: Warehouse, objects: ObjectStore, races: dict[str, dt.date]) -> None:
    """Write ``<race_id>/laps.json`` of these races and merge them into ``index.json``, as the reading routes serve
    them. Raises StoreError, WarehouseError."""
    span = {"first_date": min(races.values()), "last_date": max(races.values())}
    names = {row["race_id"]: row["name"] for row in ask(warehouse, _NAMES, span).to_pylist()}
    entries = {
        row["race_id"]: {
            "race_id": row["race_id"],
            "season": row["season"],
            "round": row["round"],
            "name": names.get(row["race_id"]),
            "circuit_id": row["circuit_id"],
            "date": row["race_date"].isoformat(),
            "total_laps": row["total_laps"],
            "drivers": sorted(row["drivers"].split(",")),
        }
        for row in ask(warehouse, _RACES, span).to_pylist()
        if row["race_id"] in races
    }
    laps = ask(warehouse, _LAP_FIELDS, span).to_pylist()
    cars: dict[str, list[dict[str, Any]]] = {race_id: [] for race_id in races}
    for row in ask(warehouse, _CARS, span).to_pylist():
        cars.get(row.pop("race_id"), []).append(row)
    for race_id, group in itertools.groupby(laps, lambda row: row.pop("race_id")):
        if race_id in races:
            told = {"race_id": race_id, "laps": list(group), "cars": cars[race_id]}
            objects.put(RACES_BUCKET, f"{race_id}/laps.json", _json(told))
    _merge_index(objects, entries)


def _merge_index(objects: ObjectStore, entries: dict[str, dict[str, Any]]) -> None:
    for _ in range(20):
        try:
            stored = objects.get(RACES_BUCKET, INDEX)
            known, generation = {row["race_id"]: row for row in json.loads(stored.data)}, stored.generation
        except NotFound:
            known, generation = {}, 0
        merged = known | entries
        if merged == known:
            return
        try:
            objects.put(RACES_BUCKET, INDEX, _json([merged[key] for key in sorted(merged)]), if_generation=generation)
        except PreconditionFailed:
            continue
        return
    raise PreconditionFailed(f"{RACES_BUCKET}/{INDEX}: others kept writing it")


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
