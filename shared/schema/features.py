"""Clean tables and the feature store: what preprocess makes of the raw tables. Extended as its SQL grows."""

from __future__ import annotations

from shared.schema.types import Table, columns

_PREPROCESS = "preprocess"
_LAP_KEY = """
    race_id STRING! | season and round, "2023_01"
    race_date DATE! | day of the race
    season INT64! | year of the championship
    round INT64! | number of the race in its season
    circuit_id STRING | Ergast id of the circuit
    driver_id STRING! | three-letter code
    ergast_id STRING | Ergast's id of the driver of that season with this code
    team STRING | team as the timing service names it
    lap INT64! | lap, from 1, repaired where the file lost laps
"""

CLEAN_LAPS = Table(
    "clean_laps",
    "One row a driver and lap: repaired, with every row that must not be learned from marked and none dropped",
    columns(
        _LAP_KEY
        + """
        lap_time FLOAT64 s | lap time; from the times at the line where the file has none
        lap_start_time FLOAT64 s | start of the lap since the start of the race
        elapsed FLOAT64 s | the car at the line since the start of the race
        gap_to_leader FLOAT64 s | elapsed less that of the first car to complete this lap number
        position INT64 | place at the line on this lap number
        compound STRING | SOFT, MEDIUM, HARD, INTERMEDIATE or WET; null where unknown
        compound_name STRING | what Pirelli calls it
        tire_age INT64 laps | laps on the set, this one included
        fresh_tire BOOL | whether the set was new when fitted
        stint INT64 | sets used so far, this one included; repaired
        track_status STRING | worst status met: GREEN, YELLOW, VSC, SC, RED
        status_digits STRING | the timing service's digits
        pit_in BOOL | entered the pit lane at the end of this lap, to stop or to serve a penalty
        pit_out BOOL | left the pit lane at its start
        pit_stops INT64 | tire stops completed or entered up to and including this lap; none under red
        pit_lane_time FLOAT64 s | time in the pit lane of the visit that starts on this lap
        red_flag_visit BOOL | in the pit lane at the end of this lap because the race was stopped
        safety_car_passage BOOL | led through the pit lane behind the safety car at the end of this lap
        is_accurate BOOL | FastF1's own mark
        is_clean BOOL! | usable to learn pace from
        exclusion_reason STRING | the first reason why not; null if clean
        repairs STRING | what was repaired, comma-separated; null if nothing
        completed BOOL! | whether the car crossed the line at the end of this lap, and it counted
        total_laps INT64 laps | scheduled distance
        laps_run INT64 laps | laps of the winner: the future, never a feature
        grid INT64 | place on the grid; 0 is the pit lane; null where no result is known
        rainfall BOOL | whether rain fell when the lap was set; null where no weather is at hand
        air_temp FLOAT64 °C | air temperature
        track_temp FLOAT64 °C | track temperature
        """,
        _PREPROCESS,
    ),
    "race_date",
    ("race_id", "driver_id"),
)

FEATURE_TABLES: tuple[Table, ...] = (CLEAN_LAPS,)
