-- What is there, what was left out and why, and what was repaired: one row a race and measure. Every lap that is not clean is
-- counted under exactly one reason, so laps_recorded is the sum of laps_clean and all excluded_*.
-- Parameters: @first_date, @last_date (partitions of race_date).
WITH laps AS (
  SELECT *
  FROM clean_laps
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
    MAX(IF(completed, lap, 0)) AS last_lap,
    MAX(laps_run) AS laps_run
  FROM laps
  GROUP BY race_id, race_date
),

expected AS (
  SELECT race_id, SUM(laps) AS laps_in_result
  FROM raw_results
  WHERE race_date BETWEEN @first_date AND @last_date
  GROUP BY race_id
),

measures AS (
  SELECT race_id, race_date, 'laps_recorded' AS measure, laps_recorded AS value FROM totals
  UNION ALL SELECT race_id, race_date, 'laps_completed', laps_completed FROM totals
  UNION ALL SELECT race_id, race_date, 'laps_clean', laps_clean FROM totals
  UNION ALL SELECT race_id, race_date, 'drivers', drivers FROM totals
  UNION ALL SELECT race_id, race_date, 'laps_repaired', laps_repaired FROM totals
  UNION ALL SELECT race_id, race_date, 'laps_without_weather', laps_without_weather FROM totals
  UNION ALL SELECT race_id, race_date, 'laps_without_compound', laps_without_compound FROM totals
  UNION ALL SELECT race_id, race_date, 'laps_without_result', laps_without_result FROM totals
  UNION ALL SELECT race_id, race_date, 'laps_missing_at_the_end', laps_run - last_lap FROM totals
  UNION ALL
  SELECT totals.race_id, totals.race_date, 'laps_missing_against_result', laps_in_result - laps_completed
  FROM totals
  JOIN expected ON expected.race_id = totals.race_id
  UNION ALL
  SELECT race_id, race_date, CONCAT('excluded_', exclusion_reason), COUNT(*)
  FROM laps
  WHERE exclusion_reason IS NOT NULL
  GROUP BY race_id, race_date, exclusion_reason
  UNION ALL
  SELECT race_id, race_date, CONCAT('repaired_', repair), COUNT(*)
  FROM laps
  CROSS JOIN UNNEST(SPLIT(repairs, ',')) AS repair
  WHERE repairs IS NOT NULL
  GROUP BY race_id, race_date, repair
  UNION ALL
  SELECT race_id, race_date, CONCAT('quarantined_', COALESCE(source_table, source)), COUNT(*)
  FROM quarantine
  WHERE race_date BETWEEN @first_date AND @last_date
  GROUP BY race_id, race_date, COALESCE(source_table, source)
)

SELECT race_id, race_date, measure, CAST(value AS FLOAT64) AS value
FROM measures
