-- The report on a race's rows, one row a measure: what is there (completeness), how soon (freshness), what was left out and why
-- (exclusions), what was repaired (repairs), what looks wrong though it was kept (outliers), and columns or values that the source
-- did not have before or has no longer (schema).
--
-- A measure that cannot be had (no result yet, no clean lap) has no row. Every row of the file is counted once:
-- laps_in_file = laps_clean + all excluded_* + all dropped_*.
-- Parameters: @first_date, @last_date (partitions of race_date); @announced, when the rows came in, seconds since 1970 UTC.
WITH laps AS (
  SELECT *
  FROM clean_laps
  WHERE race_date BETWEEN @first_date AND @last_date
),

file AS (
  SELECT *
  FROM raw_laps
  WHERE race_date BETWEEN @first_date AND @last_date
),

totals AS (
  SELECT
    race_id, race_date,
    COUNT(*) AS laps_recorded,
    COUNTIF(completed) AS laps_completed,
    COUNTIF(is_clean) AS laps_clean,
    COUNT(DISTINCT driver_id) AS drivers,
    COUNTIF(repairs IS NOT NULL) AS laps_repaired,
    COUNTIF(rainfall IS NULL) AS laps_without_weather,
    COUNTIF(compound IS NULL) AS laps_without_compound,
    COUNTIF(grid IS NULL) AS laps_without_result,
    COUNTIF(lap_time IS NULL) AS laps_without_time,
    COUNTIF(COALESCE(pit_in AND (pit_lane_time < 10 OR pit_lane_time > 90), FALSE)) AS odd_pit_lane_times,
    COUNTIF(COALESCE(tire_age < 1 OR tire_age > 80, FALSE)) AS odd_tire_ages,
    COUNTIF(COALESCE(air_temp NOT BETWEEN -5 AND 50 OR track_temp NOT BETWEEN -5 AND 75, FALSE)) AS odd_temperatures,
    COUNTIF(COALESCE(gap_to_leader < 0 OR lap_time <= 0, FALSE)) AS odd_times,
    MAX(IF(completed, lap, 0)) AS last_lap,
    MAX(laps_run) AS laps_run
  FROM laps
  GROUP BY race_id, race_date
),

files AS (
  SELECT
    race_id, race_date,
    COUNT(*) AS laps_in_file,
    COUNT(DISTINCT CONCAT(driver, ' ', CAST(lap_number AS STRING))) AS different_laps,
    COUNT(lap_time) AS with_lap_time,
    COUNT(stint) AS with_stint,
    COUNT(NULLIF(NULLIF(compound, ''), 'None')) AS with_compound,
    COUNT(compound_name) AS with_compound_name,
    COUNT(tyre_life) AS with_tyre_life,
    COUNT(fresh_tyre) AS with_fresh_tyre,
    COUNT(NULLIF(track_status, '')) AS with_track_status,
    COUNT(position) AS with_position,
    COUNT(is_accurate) AS with_is_accurate,
    COUNT(pit_in_time) AS with_pit_in_time,
    COUNT(pit_out_time) AS with_pit_out_time,
    COUNTIF(
      COALESCE(compound, '') NOT IN ('', 'None', 'UNKNOWN', 'SOFT', 'MEDIUM', 'HARD', 'INTERMEDIATE', 'WET')
    ) AS unknown_compounds,
    COUNTIF(REGEXP_CONTAINS(COALESCE(track_status, ''), r'[^0-7]')) AS unknown_statuses
  FROM file
  GROUP BY race_id, race_date
),

-- A column without a single value in the race: the source no longer has it, or calls it by another name.
columns AS (
  SELECT race_id, race_date, 'lap_time' AS name, with_lap_time AS filled FROM files
  UNION ALL SELECT race_id, race_date, 'stint', with_stint FROM files
  UNION ALL SELECT race_id, race_date, 'compound', with_compound FROM files
  UNION ALL SELECT race_id, race_date, 'compound_name', with_compound_name FROM files
  UNION ALL SELECT race_id, race_date, 'tyre_life', with_tyre_life FROM files
  UNION ALL SELECT race_id, race_date, 'fresh_tyre', with_fresh_tyre FROM files
  UNION ALL SELECT race_id, race_date, 'track_status', with_track_status FROM files
  UNION ALL SELECT race_id, race_date, 'position', with_position FROM files
  UNION ALL SELECT race_id, race_date, 'is_accurate', with_is_accurate FROM files
  UNION ALL SELECT race_id, race_date, 'pit_in_time', with_pit_in_time FROM files
  UNION ALL SELECT race_id, race_date, 'pit_out_time', with_pit_out_time FROM files
),

spreads AS (
  SELECT
    race_id, race_date, lap_time,
    PERCENTILE_CONT(lap_time, 0.25) OVER (PARTITION BY race_id, lap) AS lower_quartile,
    PERCENTILE_CONT(lap_time, 0.75) OVER (PARTITION BY race_id, lap) AS upper_quartile
  FROM laps
  WHERE is_clean
),

expected AS (
  SELECT race_id, SUM(laps) AS laps_in_result, COUNTIF(laps > 0) AS drivers_in_result
  FROM raw_results
  WHERE race_date BETWEEN @first_date AND @last_date
  GROUP BY race_id
),

measures AS (
  SELECT race_id, race_date, 'completeness' AS aspect, 'laps_in_file' AS measure, CAST(laps_in_file AS FLOAT64) AS value FROM files
  UNION ALL SELECT race_id, race_date, 'completeness', 'laps_recorded', laps_recorded FROM totals
  UNION ALL SELECT race_id, race_date, 'completeness', 'laps_completed', laps_completed FROM totals
  UNION ALL SELECT race_id, race_date, 'completeness', 'laps_clean', laps_clean FROM totals
  UNION ALL SELECT race_id, race_date, 'completeness', 'drivers', drivers FROM totals
  UNION ALL SELECT race_id, race_date, 'completeness', 'laps_without_time', laps_without_time FROM totals
  UNION ALL SELECT race_id, race_date, 'completeness', 'laps_without_weather', laps_without_weather FROM totals
  UNION ALL SELECT race_id, race_date, 'completeness', 'laps_without_compound', laps_without_compound FROM totals
  UNION ALL SELECT race_id, race_date, 'completeness', 'laps_without_result', laps_without_result FROM totals
  UNION ALL SELECT race_id, race_date, 'completeness', 'laps_missing_at_the_end', laps_run - last_lap FROM totals
  UNION ALL
  SELECT totals.race_id, totals.race_date, 'completeness', 'laps_missing_against_result', laps_in_result - laps_completed
  FROM totals
  JOIN expected ON expected.race_id = totals.race_id
  UNION ALL
  SELECT totals.race_id, totals.race_date, 'completeness', 'drivers_missing_against_result', drivers_in_result - drivers
  FROM totals
  JOIN expected ON expected.race_id = totals.race_id
  UNION ALL
  SELECT totals.race_id, totals.race_date, 'completeness', 'share_of_laps_in_result', SAFE_DIVIDE(laps_completed, laps_in_result)
  FROM totals
  JOIN expected ON expected.race_id = totals.race_id
  WHERE laps_in_result > 0
  UNION ALL
  SELECT race_id, race_date, 'freshness', 'hours_to_arrival', (@announced - 86400 * (UNIX_DATE(race_date) + 1)) / 3600
  FROM files
  UNION ALL
  SELECT race_id, race_date, 'exclusions', 'dropped_duplicate', laps_in_file - different_laps
  FROM files
  WHERE laps_in_file > different_laps
  UNION ALL
  SELECT files.race_id, files.race_date, 'exclusions', 'dropped_without_race_or_start', different_laps - COALESCE(laps_recorded, 0)
  FROM files
  LEFT JOIN totals ON totals.race_id = files.race_id
  WHERE different_laps > COALESCE(laps_recorded, 0)
  UNION ALL
  SELECT race_id, race_date, 'exclusions', CONCAT('excluded_', exclusion_reason), COUNT(*)
  FROM laps
  WHERE exclusion_reason IS NOT NULL
  GROUP BY race_id, race_date, exclusion_reason
  UNION ALL
  SELECT files.race_id, files.race_date, 'exclusions', CONCAT('quarantined_', COALESCE(source_table, source)), COUNT(*)
  FROM files
  JOIN quarantine ON quarantine.race_id = files.race_id
  GROUP BY files.race_id, files.race_date, COALESCE(source_table, source)
  UNION ALL SELECT race_id, race_date, 'repairs', 'laps_repaired', laps_repaired FROM totals
  UNION ALL
  SELECT race_id, race_date, 'repairs', CONCAT('repaired_', repair), COUNT(*)
  FROM laps
  CROSS JOIN UNNEST(SPLIT(repairs, ',')) AS repair
  WHERE repairs IS NOT NULL
  GROUP BY race_id, race_date, repair
  UNION ALL
  SELECT
    race_id, race_date, 'outliers', 'outliers_lap_time',
    COUNTIF(
      lap_time > upper_quartile + 3 * (upper_quartile - lower_quartile)
      OR lap_time < lower_quartile - 3 * (upper_quartile - lower_quartile)
    )
  FROM spreads
  GROUP BY race_id, race_date
  UNION ALL SELECT race_id, race_date, 'outliers', 'outliers_pit_lane_time', odd_pit_lane_times FROM totals
  UNION ALL SELECT race_id, race_date, 'outliers', 'outliers_tire_age', odd_tire_ages FROM totals
  UNION ALL SELECT race_id, race_date, 'outliers', 'outliers_temperature', odd_temperatures FROM totals
  UNION ALL SELECT race_id, race_date, 'outliers', 'outliers_time_or_gap', odd_times FROM totals
  UNION ALL
  SELECT race_id, race_date, 'schema', 'columns_empty', COUNTIF(filled = 0)
  FROM columns
  GROUP BY race_id, race_date
  UNION ALL SELECT race_id, race_date, 'schema', CONCAT('column_empty_', name), 1 FROM columns WHERE filled = 0
  UNION ALL SELECT race_id, race_date, 'schema', 'unknown_values_compound', unknown_compounds FROM files
  UNION ALL SELECT race_id, race_date, 'schema', 'unknown_values_track_status', unknown_statuses FROM files
)

SELECT race_id, race_date, aspect, measure, CAST(value AS FLOAT64) AS value
FROM measures
WHERE value IS NOT NULL
