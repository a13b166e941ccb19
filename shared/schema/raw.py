"""Raw tables: what the sources said, typed and keyed by race; what little ingest fills in is marked."""

from __future__ import annotations

from shared.schema.types import Table, columns

_RACE = """
    race_id STRING! | season and round, "2023_01"
    race_date DATE! | day of the race
    season INT64! | year of the championship
    round INT64! | number of the race in its season
"""
_ERGAST = "Ergast (Jolpica)"
_FASTF1 = "FastF1 (timing service)"


def _by_race(name: str, description: str, text: str, source: str, partitioned: bool, cluster: tuple[str, ...]) -> Table:
    return Table(name, description, columns(_RACE + text, source), "race_date" if partitioned else None, cluster)


RAW_TABLES: tuple[Table, ...] = (
    _by_race(
        "raw_races",
        "One row a race, from 1950 on, the calendar of the running season included",
        """
        name STRING | name of the event
        circuit_id STRING | Ergast id of the circuit
        scheduled_laps INT64 laps | distance that was planned, not what the race came to | shared.race.rules
        first_lap_seconds FLOAT64 s | typical duration of the leader's lap 1 here | shared.race.circuits
        """,
        _ERGAST,
        False,
        ("season", "round"),
    ),
    _by_race(
        "raw_events",
        "Races that lap files hold and Ergast does not know yet; raw_races comes first where both have one",
        """
        name STRING | name of the event
        circuit_id STRING | Ergast id of the circuit
        scheduled_laps INT64 laps | distance that was planned, not what the race came to | shared.race.rules
        first_lap_seconds FLOAT64 s | typical duration of the leader's lap 1 here | shared.race.circuits
        """,
        "shared.race.calendars",
        False,
        ("season", "round"),
    ),
    _by_race(
        "raw_results",
        "One row a driver and race since 1950",
        """
        driver_id STRING! | three-letter code, or the Ergast id of a driver without one
        ergast_id STRING! | Ergast's id of the driver
        constructor_id STRING | Ergast's id of the constructor
        number INT64 | car number
        grid INT64 | place on the grid; 0 is a start from the pit lane, or none
        position INT64 | place as classified; null if not classified
        position_text STRING | place, or R retired, D disqualified, W withdrawn, F did not qualify, N not classified
        position_order INT64 | order in the result, retirements after finishers
        points FLOAT64 | points scored
        laps INT64 laps | laps completed
        milliseconds INT64 ms | time of the whole race, for those on the lead lap
        fastest_lap INT64 | lap on which the driver's fastest lap was set (2004-)
        fastest_lap_rank INT64 | rank of that lap among the drivers'
        fastest_lap_time FLOAT64 s | its time
        status STRING | how the race ended for the driver ("Finished", "+1 Lap", "Engine")
        """,
        _ERGAST,
        False,
        ("season", "race_id"),
    ),
    _by_race(
        "raw_qualifying",
        "One row a driver and qualifying session since 1994",
        """
        ergast_id STRING! | Ergast's id of the driver
        constructor_id STRING | Ergast's id of the constructor
        number INT64 | car number
        position INT64 | place in qualifying
        q1 FLOAT64 s | best time in the first part (before 2006 the only one)
        q2 FLOAT64 s | best time in the second part
        q3 FLOAT64 s | best time in the third part
        """,
        _ERGAST,
        False,
        ("season", "race_id"),
    ),
    _by_race(
        "raw_pit_stops",
        "One row a visit to the pit lane since 2011; minutes long under a red flag",
        """
        ergast_id STRING! | Ergast's id of the driver
        stop INT64! | number of the stop in the driver's race
        lap INT64 | in-lap
        time_of_day STRING | local time of entry
        duration FLOAT64 s | time in the pit lane
        """,
        _ERGAST,
        False,
        ("season", "race_id"),
    ),
    _by_race(
        "raw_sprint_results",
        "One row a driver and sprint race since 2021",
        """
        ergast_id STRING! | Ergast's id of the driver
        constructor_id STRING | Ergast's id of the constructor
        grid INT64 | place on the sprint's grid
        position_order INT64 | order in the result
        points FLOAT64 | points scored
        laps INT64 laps | laps completed
        status STRING | how it ended
        """,
        _ERGAST,
        False,
        ("season", "race_id"),
    ),
    Table(
        "raw_drivers",
        "One row a driver",
        columns(
            """
            ergast_id STRING! | Ergast's id
            code STRING | three-letter code; shared by some drivers of different eras
            number INT64 | permanent number
            forename STRING | given name
            surname STRING | family name
            date_of_birth DATE | birthday
            nationality STRING | nationality
            """,
            _ERGAST,
        ),
        None,
        ("ergast_id",),
    ),
    Table(
        "raw_circuits",
        "One row a circuit",
        columns(
            """
            circuit_id STRING! | Ergast's id
            name STRING | official name
            locality STRING | town
            country STRING | country
            latitude FLOAT64 deg | latitude
            longitude FLOAT64 deg | longitude
            altitude FLOAT64 m | height above the sea
            """,
            _ERGAST,
        ),
        None,
        ("circuit_id",),
    ),
    Table(
        "raw_constructors",
        "One row a constructor",
        columns(
            """
            constructor_id STRING! | Ergast's id
            name STRING | name
            nationality STRING | nationality
            """,
            _ERGAST,
        ),
        None,
        ("constructor_id",),
    ),
    Table(
        "raw_status",
        "The ways in which a race can end for a driver",
        columns(
            """
            status_id INT64! | Ergast's number
            status STRING! | text
            """,
            _ERGAST,
        ),
        None,
        ("status_id",),
    ),
    _by_race(
        "raw_laps",
        "One row a driver and lap as FastF1's session.laps gives it, 2018-; times since the session's start",
        """
        event_name STRING | name of the event
        driver STRING! | three-letter code
        driver_number STRING | car number
        team STRING | team as the timing service names it
        lap_number INT64! | lap, from 1
        lap_time FLOAT64 s | lap time; often absent on lap 1 and under red
        stint INT64 | stint as the timing service counts it; wrong where a safety car led through the pit lane
        compound STRING | SOFT, MEDIUM, HARD, INTERMEDIATE, WET or UNKNOWN
        compound_name STRING | what Pirelli calls it (C1-C6; in 2018 HYPERSOFT to SUPERHARD)
        tyre_life FLOAT64 laps | laps on the set, this one included; used sets start above 1
        fresh_tyre BOOL | whether the set was new when fitted
        track_status STRING | digits of every status met: 1 clear, 2 yellow, 4 SC, 5 red, 6 VSC, 7 VSC ending
        position INT64 | place at the line
        is_accurate BOOL | FastF1's own mark of laps that agree with their neighbors
        pit_in_time FLOAT64 s | entry into the pit lane at the end of this lap
        pit_out_time FLOAT64 s | exit from the pit lane at its start; on lap 1 often the way to the grid
        time FLOAT64 s | when the lap was set
        repairs STRING | what ingest filled in: lap_time (of lap 1, from the session's start), row (by FastF1)
        """,
        _FASTF1,
        True,
        ("race_id", "driver"),
    ),
    _by_race(
        "raw_laps_ergast",
        "One row a driver and lap as Ergast gives it (1996-): place and time only",
        """
        ergast_id STRING! | Ergast's id of the driver
        lap INT64! | lap, from 1
        position INT64 | place at the line
        lap_time FLOAT64 s | lap time
        """,
        _ERGAST,
        True,
        ("race_id", "ergast_id"),
    ),
    _by_race(
        "raw_weather",
        "One row a minute of a race session, 2022-",
        """
        time FLOAT64! s | since the session's start
        air_temp FLOAT64 °C | air temperature
        track_temp FLOAT64 °C | track temperature
        humidity FLOAT64 % | relative humidity
        pressure FLOAT64 hPa | air pressure
        rainfall BOOL | whether rain was falling
        wind_direction INT64 deg | where the wind came from
        wind_speed FLOAT64 m/s | wind speed
        """,
        _FASTF1,
        True,
        ("race_id",),
    ),
    _by_race(
        "raw_race_control",
        "One row a message of race control, 2022-",
        """
        message_time TIMESTAMP! | when it was sent, UTC
        category STRING | Flag, SafetyCar, Drs, CarEvent or Other
        message STRING | text
        status STRING | for the safety car: DEPLOYED, IN THIS LAP, ENDING
        flag STRING | color of the flag
        scope STRING | Track, Sector or Driver
        sector INT64 | marshal sector
        racing_number STRING | car concerned
        lap INT64 | the leader's lap
        """,
        _FASTF1,
        True,
        ("race_id",),
    ),
    _by_race(
        "raw_telemetry",
        "One row a sample of a car, some 4 to 10 a second",
        """
        driver_id STRING! | three-letter code
        lap INT64! | lap, from 1
        time FLOAT64 s | since the start of the lap
        rpm FLOAT64 1/min | engine speed
        speed FLOAT64 km/h | speed
        gear INT64 | gear
        throttle FLOAT64 % | throttle; above 100 means no reading
        brake BOOL | whether the brake was applied
        drs INT64 | the feed's code: 10, 12 and 14 are open; recorded files say 1 for open
        distance FLOAT64 m | since the start of the lap
        x FLOAT64 0.1 m | position
        y FLOAT64 0.1 m | position
        z FLOAT64 0.1 m | position
        """,
        _FASTF1,
        True,
        ("race_id", "driver_id"),
    ),
    _by_race(
        "raw_driver_standings",
        "One row a driver and race: the championship after it, since 1950",
        """
        ergast_id STRING! | Ergast's id of the driver
        position INT64 | place in the championship; null where Jolpica ranks nobody
        position_text STRING | the same as printed
        points FLOAT64 | points so far
        wins INT64 | wins so far
        """,
        _ERGAST,
        False,
        ("season", "race_id"),
    ),
    _by_race(
        "raw_constructor_standings",
        "One row a constructor and race: the championship after it, since 1958",
        """
        constructor_id STRING! | Ergast's id of the constructor
        position INT64 | place in the championship; null where Jolpica ranks nobody
        position_text STRING | the same as printed
        points FLOAT64 | points so far
        wins INT64 | wins so far
        """,
        _ERGAST,
        False,
        ("season", "race_id"),
    ),
    _by_race(
        "raw_session_results",
        "One row a driver and session as FastF1's session.results gives it",
        """
        session STRING! | FastF1's identifier: R, Q, S (sprint), SQ, FP1, FP2 or FP3
        driver STRING! | three-letter code
        driver_number STRING | car number
        team STRING | team as the timing service names it
        position INT64 | place
        classified_position STRING | place, or R retired, D disqualified, W withdrawn, N not classified
        grid INT64 | place on the grid; 0 is the pit lane
        q1 FLOAT64 s | best time in the first part of qualifying
        q2 FLOAT64 s | best time in the second part
        q3 FLOAT64 s | best time in the third part
        time FLOAT64 s | the winner's time of the race, and the others' gap to it
        status STRING | how it ended
        points FLOAT64 | points scored
        laps INT64 laps | laps completed
        """,
        _FASTF1,
        False,
        ("season", "race_id"),
    ),
    _by_race(
        "raw_session_laps",
        "One row a driver and lap of sessions other than the race, as FastF1 gives it; times since the session's start",
        """
        session STRING! | FastF1's identifier: Q, S (sprint), SQ, FP1, FP2 or FP3
        driver STRING! | three-letter code
        driver_number STRING | car number
        team STRING | team as the timing service names it
        lap_number INT64! | lap, from 1
        lap_time FLOAT64 s | lap time
        stint INT64 | stint as the timing service counts it
        compound STRING | SOFT, MEDIUM, HARD, INTERMEDIATE, WET or UNKNOWN
        tyre_life FLOAT64 laps | laps on the set, this one included
        fresh_tyre BOOL | whether the set was new when fitted
        track_status STRING | digits of every status met
        position INT64 | place at the line (sprints)
        is_accurate BOOL | FastF1's own mark of laps that agree with their neighbors
        pit_in_time FLOAT64 s | entry into the pit lane at the end of this lap
        pit_out_time FLOAT64 s | exit from the pit lane at its start
        time FLOAT64 s | when the lap was set
        """,
        _FASTF1,
        False,
        ("season", "race_id"),
    ),
    _by_race(
        "raw_telemetry_laps",
        "One row a driver and lap of the files that go with recorded telemetry: no time at the line, so no raw_laps",
        """
        driver_id STRING! | three-letter code
        lap INT64! | lap, from 1
        lap_time FLOAT64 s | lap time
        compound STRING | SOFT, MEDIUM, HARD, INTERMEDIATE or WET
        stint INT64 | stint as the timing service counts it
        tyre_life FLOAT64 laps | laps on the set, this one included
        position INT64 | place at the line
        track_status STRING | digits of every status met
        """,
        _FASTF1,
        True,
        ("race_id", "driver_id"),
    ),
    _by_race(
        "raw_corners",
        "One row a corner of a race's circuit",
        """
        number INT64! | number of the corner
        letter STRING | tells corners of one number apart ("2A")
        x FLOAT64 0.1 m | position on the track map
        y FLOAT64 0.1 m | position on the track map
        angle FLOAT64 deg | offset of its label on a track map
        distance FLOAT64 m | from the line; null without telemetry
        """,
        "MultiViewer, through FastF1",
        True,
        ("race_id",),
    ),
    _by_race(
        "raw_pit_stop_times",
        "One row a pit stop with its stationary time, 2018-",
        """
        place INT64 | rank of the stop among the race's, fastest first
        team STRING | team as the source writes it
        driver STRING! | family name as the source writes it
        ergast_id STRING | Ergast's id of the driver of that name in the race; null where none or several fit
        lap INT64 | in-lap; not given for 2018
        stationary_time FLOAT64 s | from standstill to standstill's end
        """,
        "DHL Fastest Pit Stop Award (TracingInsights-Archive/PitStops)",
        True,
        ("race_id",),
    ),
)
