-- One row a driver and race: what earlier races say of the driver on the morning of this one (as_of is that race's date). A race's
-- history is the three years before it, whatever other races the statement is run for.
-- Parameters: @first_date, @last_date (partitions of race_date); earlier races are read back to three years before.
WITH laps AS (
  SELECT race_id, race_date, season, round, driver_id, ergast_id, team, is_clean, relative_pace
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
    STDDEV_SAMP(relative_pace) AS pace_sd
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

asked AS (
  SELECT race_id, race_date, season, round, driver_id, ergast_id, team
  FROM joined
  WHERE race_date BETWEEN @first_date AND @last_date
),

earlier AS (
  SELECT
    asked.race_id, asked.driver_id, joined.pace, joined.pace_sd, joined.retired, joined.grid, joined.position_order,
    ROW_NUMBER() OVER (
      PARTITION BY asked.race_id, asked.driver_id ORDER BY joined.race_date DESC, joined.race_id DESC
    ) AS races_ago
  FROM asked
  JOIN joined
    ON joined.ergast_id = asked.ergast_id
    AND joined.race_date < asked.race_date
    AND joined.race_date >= DATE_SUB(asked.race_date, INTERVAL 3 YEAR)
),

histories AS (
  SELECT
    race_id, driver_id,
    COUNT(*) AS races_before,
    AVG(IF(races_ago <= 10, pace, NULL)) AS pace_last_10,
    AVG(IF(races_ago <= 10, pace_sd, NULL)) AS consistency_last_10,
    AVG(IF(races_ago <= 10, retired, NULL)) AS retirement_rate_last_10,
    AVG(IF(races_ago <= 10, position_order, NULL)) AS finish_last_10,
    AVG(IF(races_ago <= 10 AND grid > 0 AND retired = 0, grid - position_order, NULL)) AS places_gained_last_10
  FROM earlier
  GROUP BY race_id, driver_id
)

SELECT
  asked.race_id, asked.race_date, asked.race_date AS as_of, asked.season, asked.round, asked.driver_id, asked.ergast_id, asked.team,
  COALESCE(histories.races_before, 0) AS races_before,
  pace_last_10, consistency_last_10, retirement_rate_last_10, finish_last_10, places_gained_last_10
FROM asked
LEFT JOIN histories ON histories.race_id = asked.race_id AND histories.driver_id = asked.driver_id
