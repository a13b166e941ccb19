"""Clean tables and the feature store: what preprocess makes of the raw tables, and what is kept beside them."""

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
        stationary_time FLOAT64 s | how long the car stood at the stop that ends this lap; null where nobody timed it
        """,
        _PREPROCESS,
    ),
    "race_date",
    ("race_id", "driver_id"),
)

LAP_FEATURES = Table(
    "lap_features",
    "One row a driver and completed lap: what could be known when the field had completed that lap number",
    columns(
        _LAP_KEY
        + """
        lap_time FLOAT64 s | lap time
        is_clean BOOL! | usable to learn pace from
        position INT64 | place at the line
        gap_to_leader FLOAT64 s | at each car's own line
        gap_ahead FLOAT64 s | to the car ahead on this lap number; null for the leader
        gap_behind FLOAT64 s | to the car behind on this lap number; null for the last
        compound STRING | compound
        compound_name STRING | what Pirelli calls it
        tire_age INT64 laps | laps on the set, this one included
        fresh_tire BOOL | whether the set was new when fitted
        stint INT64 | sets used so far
        stint_lap INT64 laps | laps of this race on the set
        track_status STRING | worst status met
        rainfall BOOL | whether rain fell
        pit_in BOOL | entered the pit lane at the end of this lap
        pit_out BOOL | left the pit lane at its start
        pit_stops INT64 | stops so far
        stops_less_field FLOAT64 | stops so far less the field's mean
        share_pitting FLOAT64 | share of the field entering the pit lane on this lap number
        dry_compounds_used INT64 | different dry compounds used so far
        wet_used BOOL | whether a wet-weather tire was used so far
        laps_since_neutral INT64 laps | since the last lap with a safety car or red flag; null if none yet
        total_laps INT64 laps | scheduled distance
        laps_remaining INT64 laps | scheduled distance less this lap
        race_progress FLOAT64 | share of the scheduled distance done
        fuel_estimate FLOAT64 kg | full tank burned evenly over the scheduled distance; null before 2010
        field_median FLOAT64 s | median of the field's clean laps on this lap number
        field_recent_median FLOAT64 s | mean of that over the last five laps
        relative_pace FLOAT64 | lap time over field_median, less 1
        pace_in_race FLOAT64 | lap time less field_median, in interquartile ranges of the race so far
        pace_in_season FLOAT64 | relative_pace in relative interquartile ranges of the season's earlier races
        pace_last_3 FLOAT64 | mean relative_pace of the car's last three laps
        pace_last_5 FLOAT64 | the same of five
        pace_so_far FLOAT64 | the same of the race so far
        pace_this_stint FLOAT64 | the same of the stint so far
        grid INT64 | place on the grid; 0 is the pit lane
        """,
        _PREPROCESS,
    ),
    "race_date",
    ("race_id", "driver_id"),
)

ERA_LAPS = Table(
    "era_laps",
    "One row a driver and lap since 1996 as Ergast has it, its pace normalized within race and season",
    columns(
        """
        race_id STRING! | season and round, "1996_01"
        race_date DATE! | day of the race
        season INT64! | year of the championship
        round INT64! | number of the race in its season
        circuit_id STRING | Ergast id of the circuit
        driver_id STRING! | three-letter code, or the Ergast id of a driver without one
        ergast_id STRING! | Ergast's id of the driver
        lap INT64! | lap, from 1
        lap_time FLOAT64 s | lap time
        elapsed FLOAT64 s | sum of the lap times so far; null after a lap without one
        gap_to_leader FLOAT64 s | elapsed less the least on this lap number
        position INT64 | place at the line
        pit_in BOOL | entered the pit lane at the end of this lap; null before 2011
        pit_out BOOL | left the pit lane at its start; null before 2011
        is_clean BOOL! | usable to compare pace
        exclusion_reason STRING | no_time, lap_1, in_lap, out_lap, slow_field, slow or implausible; null if clean
        field_median FLOAT64 s | median of the field's clean laps on this lap number
        relative_pace FLOAT64 | lap time over field_median, less 1
        pace_in_race FLOAT64 | lap time less field_median, in interquartile ranges of the race so far
        pace_in_season FLOAT64 | relative_pace in relative interquartile ranges of the season's earlier races
        pace_so_far FLOAT64 | mean relative_pace of the race so far
        """,
        _PREPROCESS,
    ),
    "race_date",
    ("race_id", "driver_id"),
)

STINT_FEATURES = Table(
    "stint_features",
    "One row a stint of a race that is over",
    columns(
        """
        race_id STRING! | season and round
        race_date DATE! | day of the race
        season INT64! | year of the championship
        circuit_id STRING | Ergast id of the circuit
        driver_id STRING! | three-letter code
        ergast_id STRING | Ergast's id of the driver
        team STRING | team
        stint INT64! | number of the set
        compound STRING | compound
        compound_name STRING | what Pirelli calls it
        fresh_tire BOOL | whether the set was new when fitted
        first_lap INT64 | first lap on it
        last_lap INT64 | last lap on it
        laps INT64 laps | laps on it in this race
        age_at_start INT64 laps | its age on the first lap
        age_at_end INT64 laps | its age on the last lap
        clean_laps INT64 laps | of these usable for pace
        relative_pace FLOAT64 | mean relative_pace
        pace_sd FLOAT64 s | standard deviation of lap time less the field's median
        wear_against_field FLOAT64 s/lap | slope of lap time less the field's median over tire age
        ended_by STRING | stop, red_flag, finish or retirement
        status_at_stop STRING | track status of the in-lap
        pit_lane_time FLOAT64 s | time in the pit lane at its end
        """,
        _PREPROCESS,
    ),
    "race_date",
    ("race_id", "driver_id"),
)

DRIVER_FEATURES = Table(
    "driver_features",
    "One row a driver and race: what earlier races say of the driver",
    columns(
        """
        race_id STRING! | season and round
        race_date DATE! | day of the race
        as_of DATE! | nothing of this day or later is in the row
        season INT64! | year of the championship
        round INT64! | number of the race in its season
        driver_id STRING! | three-letter code
        ergast_id STRING | Ergast's id of the driver
        team STRING | team in this race
        races_before INT64 | earlier races on record, of the three years before this one
        pace_last_10 FLOAT64 | mean relative_pace of the last ten races
        consistency_last_10 FLOAT64 | mean within-race standard deviation of relative_pace
        retirement_rate_last_10 FLOAT64 | share of the last ten not finished
        finish_last_10 FLOAT64 | mean place in the result
        places_gained_last_10 FLOAT64 | mean grid less finish, retirements left out
        """,
        _PREPROCESS,
    ),
    "race_date",
    ("race_id", "driver_id"),
)

CIRCUIT_FEATURES = Table(
    "circuit_features",
    "One row a race: what earlier races say of its circuit",
    columns(
        """
        race_id STRING! | season and round
        race_date DATE! | day of the race
        as_of DATE! | nothing of this day or later is in the row
        season INT64! | year of the championship
        circuit_id STRING | Ergast id of the circuit
        races_before INT64 | earlier races there on record
        green_stops_before INT64 | stops that pit_loss_green rests on
        pit_loss_green FLOAT64 s | median of in-lap and out-lap less the field's median on these laps, green or yellow
        pit_loss_vsc FLOAT64 s | the same under the virtual safety car
        pit_loss_sc FLOAT64 s | the same under the safety car
        safety_cars_per_race FLOAT64 | mean number
        virtual_safety_cars_per_race FLOAT64 | mean number
        red_flags_per_race FLOAT64 | mean number
        gains_per_lap FLOAT64 | share of green car-laps on which the car gained places, stops left out
        """,
        _PREPROCESS,
    ),
    "race_date",
    ("circuit_id",),
)

DATA_QUALITY = Table(
    "data_quality",
    "One row a race and measure: what is there and how soon, what was left out, repaired or looks wrong",
    columns(
        """
        race_id STRING! | season and round
        race_date DATE! | day of the race
        measure STRING! | laps_in_file, laps_clean, excluded_<reason>, repaired_<what>, quarantined_<table>, ...
        value FLOAT64! | count, share (share_...) or hours (hours_...)
        aspect STRING | completeness, freshness, exclusions, repairs, outliers or schema
        """,
        _PREPROCESS,
    ),
    "race_date",
    ("race_id",),
)

QUARANTINE = Table(
    "quarantine",
    "Records that could not be taken into a table; their neighbors were. Appended to, each record once",
    columns(
        """
        received_at TIMESTAMP! | when it was met
        source STRING! | ergast, fastf1, or the topic of a message
        source_table STRING | table it was meant for
        race_id STRING | season and round, where known
        race_date DATE | day of the race, where known
        reason STRING! | why not
        record STRING! | the record as it came
        """,
        "ingest, stream_features",
    ),
    None,
    ("source",),
)

LIVE_FEATURES = Table(
    "live_features",
    "One row a car sample or completed lap of the live feed, appended once by the message's id; rows of car samples"
    " merge to five-second windows",
    columns(
        """
        message_id STRING! | id of the message, the same on redelivery
        received_at TIMESTAMP! | when it was stored
        sampled_at TIMESTAMP! | when it was measured, by the feed's clock
        race_id STRING! | season and round
        driver_id STRING! | three-letter code
        lap INT64 | lap, from 1
        speed FLOAT64 km/h | speed
        rpm FLOAT64 1/min | engine speed
        gear INT64 | gear
        throttle FLOAT64 % | throttle
        brake BOOL | whether the brake was applied
        drs INT64 | the feed's code: 10, 12 and 14 are open
        distance FLOAT64 m | since the start of the lap
        x FLOAT64 0.1 m | position on the feed's map
        y FLOAT64 0.1 m | position on the feed's map
        z FLOAT64 0.1 m | position on the feed's map
        kind STRING | car (a sample) or timing (a lap completed)
        window_start TIMESTAMP | start of the five-second window that sampled_at lies in
        lap_time FLOAT64 s | time of the lap completed
        gap_to_leader FLOAT64 s | as the feed gives it, at the end of the lap completed
        tire_compound STRING | SOFT, MEDIUM, HARD, INTERMEDIATE or WET
        tire_age INT64 laps | laps on the set, the lap completed included
        fuel_remaining FLOAT64 kg | at the end of the lap completed
        fuel_basis STRING | the model or rule that fuel_remaining comes from
        """,
        "stream_features",
    ),
    "sampled_at",
    ("race_id", "driver_id"),
)

LIVE_WINDOWS = Table(
    "live_windows",
    "Five-second windows of car samples by event time, from the stream job alone; a window that a late sample changed"
    " is there again, and the row with most samples counts",
    columns(
        """
        race_id STRING! | season and round
        driver_id STRING! | three-letter code
        window_start TIMESTAMP! | start of the window
        samples INT64! | samples in the window, each message once
        throttle_mean FLOAT64 % | mean throttle of the samples that have a reading
        speed_mean FLOAT64 km/h | mean speed
        speed_max FLOAT64 km/h | highest speed
        rpm_max FLOAT64 1/min | highest engine speed
        brake_share FLOAT64 | share of samples with the brake applied
        drs_share FLOAT64 | share of samples with DRS open
        lap INT64 | lap under way at the window's end
        """,
        "stream_features' Beam pipeline",
    ),
    "window_start",
    ("race_id", "driver_id"),
)

RECOMMENDATIONS = Table(
    "recommendations",
    "What recommend was asked and what it answered",
    columns(
        """
        made_at TIMESTAMP! | when it answered
        request JSON! | the request
        answer JSON! | the answer
        seed INT64 | seed of the scenarios
        model_version STRING | bundle that served
        """,
        "recommend",
    ),
    "made_at",
    (),
)

MODEL_DRIFT = Table(
    "model_drift",
    "One row a check, model and measure: whether recent races are still like those that the serving bundle knows",
    columns(
        """
        checked_at TIMESTAMP! | when it was checked
        race_id STRING! | newest race looked at
        race_date DATE! | day of that race
        races INT64! | races looked at
        model_version STRING! | bundle that was checked
        model STRING! | pace, tire_degradation, next_stop, passing, fuel, brake_bias, driving_style or events
        measure STRING! | a feature, an event, error, or verdict for the model as a whole
        kind STRING! | psi, ks, residual, rate or verdict
        verdict STRING! | fine, watch or retrain
        value FLOAT64 | distance, mean error, or events a race
        expected FLOAT64 | events a race that the models expect
        low FLOAT64 | lower end of the 90% band
        high FLOAT64 | upper end of it; of a distance, the limit that known races stay under
        reasons STRING | why the verdict is not fine
        """,
        "train",
    ),
    "race_date",
    ("model",),
)

FEATURE_TABLES: tuple[Table, ...] = (
    CLEAN_LAPS,
    LAP_FEATURES,
    ERA_LAPS,
    STINT_FEATURES,
    DRIVER_FEATURES,
    CIRCUIT_FEATURES,
    DATA_QUALITY,
    QUARANTINE,
    LIVE_FEATURES,
    LIVE_WINDOWS,
    RECOMMENDATIONS,
    MODEL_DRIFT,
)
