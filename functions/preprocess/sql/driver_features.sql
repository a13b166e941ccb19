-- One row a driver and race: what earlier races say of the driver on the morning of this one (as_of is that race's date).
-- Parameters: @first_date, @last_date (partitions of race_date); earlier races are read back to three years before.
WITH laps AS (
  SELECT race_id, race_date, season, round, driver_id, ergast_id, team, is_clean, relative_pace, stint, pace_in_race
  FROM lap_features
  WHERE race_date BETWEEN DATE_SUB(@first_date, INTERVAL 3 YEAR) AND @last_date
),

results AS (
  SELECT race_id, race_date, ergast_id, grid, position_order, status
  FROM raw_results
  WHERE race_date BETWEEN DATE_SUB(@first_date, INTERVAL 3 YEAR) AND @last_date
),

by_race AS (
  SELECT
    race_id, race_date, season, round, driver_id, ergast_id, MAX(team) AS team,
    AVG(relative_pace) AS pace,
    STDDEV_SAMP(relative_pace) AS pace_sd,
    COUNTIF(is_clean) AS clean_laps
  FROM laps
  GROUP BY race_id, race_date, season, round, driver_id, ergast_id
),

joined AS (
  SELECT
    by_race.*,
    results.grid, results.position_order,
    CASE
      WHEN results.status IS NULL THEN NULL
      WHEN results.status IN ('Finished', 'Lapped', 'Disqualified', 'Excluded') OR STARTS_WITH(results.status, '+') THEN 0.0
      ELSE 1.0
    END AS retired
  FROM by_race
  LEFT JOIN results ON results.race_id = by_race.race_id AND results.ergast_id = by_race.ergast_id
),

histories AS (
  SELECT
    race_id, race_date, race_date AS as_of, season, round, driver_id, ergast_id, team,
    COUNT(*) OVER before AS races_before,
    AVG(pace) OVER last_ten AS pace_last_10,
    AVG(pace_sd) OVER last_ten AS consistency_last_10,
    AVG(retired) OVER last_ten AS retirement_rate_last_10,
    AVG(position_order) OVER last_ten AS finish_last_10,
    AVG(IF(grid > 0 AND retired = 0, grid - position_order, NULL)) OVER last_ten AS places_gained_last_10
  FROM joined
  WINDOW
    before AS (PARTITION BY ergast_id ORDER BY race_date, race_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
    last_ten AS (PARTITION BY ergast_id ORDER BY race_date, race_id ROWS BETWEEN 10 PRECEDING AND 1 PRECEDING)
)

SELECT *
FROM histories
WHERE race_date BETWEEN @first_date AND @last_date
