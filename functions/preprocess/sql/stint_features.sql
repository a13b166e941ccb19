-- One row a stint of a race that is over: how long, on what, how it wore and how it ended. For learning, not for asking mid-race.
-- Parameters: @first_date, @last_date (partitions of race_date).
WITH laps AS (
  SELECT race_id, race_date, season, circuit_id, driver_id, stint, lap, lap_time, is_clean, field_median, relative_pace, tire_age
  FROM lap_features
  WHERE race_date BETWEEN @first_date AND @last_date
),

pace AS (
  SELECT
    race_id, driver_id, stint,
    CAST(COUNTIF(is_clean) AS INT64) AS clean_laps,
    AVG(relative_pace) AS relative_pace,
    STDDEV_SAMP(IF(is_clean, lap_time - field_median, NULL)) AS pace_sd,
    SAFE_DIVIDE(
      COVAR_POP(IF(is_clean, lap_time - field_median, NULL), IF(is_clean, tire_age, NULL)),
      VAR_POP(IF(is_clean, tire_age, NULL))
    ) AS wear_against_field
  FROM laps
  GROUP BY race_id, driver_id, stint
),

stints AS (
  SELECT
    race_id, race_date, season, circuit_id, driver_id, ergast_id, team, stint,
    MIN(lap) AS first_lap,
    MAX(lap) AS last_lap,
    COUNT(*) AS laps,
    MIN(tire_age) AS age_at_start,
    MAX(tire_age) AS age_at_end,
    LOGICAL_OR(fresh_tire) AS fresh_tire,
    MAX(compound) AS compound,
    MAX(compound_name) AS compound_name,
    LOGICAL_OR(pit_in) AS ended_in_pit,
    LOGICAL_OR(red_flag_visit) AS ended_under_red,
    MAX(IF(pit_in, pit_lane_time, NULL)) AS pit_lane_time,
    MAX(IF(pit_in, track_status, NULL)) AS status_at_stop,
    MAX(laps_run) AS laps_run
  FROM clean_laps
  WHERE race_date BETWEEN @first_date AND @last_date AND completed
  GROUP BY race_id, race_date, season, circuit_id, driver_id, ergast_id, team, stint
)

SELECT
  stints.race_id, race_date, season, circuit_id, stints.driver_id, ergast_id, team, stints.stint, compound, compound_name, fresh_tire,
  first_lap, last_lap, laps, age_at_start, age_at_end, clean_laps, relative_pace, pace_sd, wear_against_field,
  CASE
    WHEN LEAD(first_lap) OVER car IS NOT NULL AND ended_under_red THEN 'red_flag'
    WHEN LEAD(first_lap) OVER car IS NOT NULL THEN 'stop'
    WHEN last_lap >= 0.9 * laps_run THEN 'finish'
    ELSE 'retirement'
  END AS ended_by,
  status_at_stop, pit_lane_time
FROM stints
JOIN pace ON pace.race_id = stints.race_id AND pace.driver_id = stints.driver_id AND pace.stint = stints.stint
WINDOW car AS (PARTITION BY stints.race_id, stints.driver_id ORDER BY stints.stint)
