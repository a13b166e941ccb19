-- Fails when a race that took place three days ago or earlier, and is in the calendar, has no clean laps.
SELECT IF(
  COUNT(*) > 0,
  ERROR(CONCAT('freshness: no clean laps of ', STRING_AGG(race_id, ', ' ORDER BY race_id))),
  'fresh'
) AS verdict
FROM (
  SELECT races.race_id
  FROM raw_races AS races
  LEFT JOIN (
    SELECT DISTINCT race_id
    FROM clean_laps
    WHERE race_date >= DATE_SUB(CURRENT_DATE(), INTERVAL 30 DAY)
  ) AS clean ON clean.race_id = races.race_id
  WHERE races.race_date BETWEEN DATE_SUB(CURRENT_DATE(), INTERVAL 30 DAY) AND DATE_SUB(CURRENT_DATE(), INTERVAL 3 DAY)
    AND clean.race_id IS NULL
) AS late
