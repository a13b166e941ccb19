-- Fails when what a race is like, in the mean over the races of the last thirty days, lies more than three standard
-- deviations of a single race away from the mean over the two years before. Circuits differ, hence races as the unit.
WITH races AS (
  SELECT
    race_id, race_date,
    AVG(pace_in_race) AS pace_in_race,
    AVG(tire_age) AS tire_age,
    AVG(pit_stops) AS pit_stops,
    AVG(IF(is_clean, 1.0, 0.0)) AS share_clean
  FROM lap_features
  WHERE race_date >= DATE_SUB(CURRENT_DATE(), INTERVAL 760 DAY)
  GROUP BY race_id, race_date
),

measures AS (
  SELECT race_date, 'pace_in_race' AS measure, pace_in_race AS value FROM races
  UNION ALL SELECT race_date, 'tire_age', tire_age FROM races
  UNION ALL SELECT race_date, 'pit_stops', pit_stops FROM races
  UNION ALL SELECT race_date, 'share_clean', share_clean FROM races
),

judged AS (
  SELECT
    measure,
    COUNTIF(race_date < DATE_SUB(CURRENT_DATE(), INTERVAL 30 DAY)) AS races_before,
    AVG(IF(race_date >= DATE_SUB(CURRENT_DATE(), INTERVAL 30 DAY), value, NULL)) AS now,
    AVG(IF(race_date < DATE_SUB(CURRENT_DATE(), INTERVAL 30 DAY), value, NULL)) AS before,
    STDDEV(IF(race_date < DATE_SUB(CURRENT_DATE(), INTERVAL 30 DAY), value, NULL)) AS spread
  FROM measures
  GROUP BY measure
)

SELECT IF(
  COUNT(*) > 0,
  ERROR(CONCAT('drift: ', STRING_AGG(measure, ', ' ORDER BY measure))),
  'steady'
) AS verdict
FROM judged
WHERE races_before >= 10 AND ABS(now - before) > 3 * spread
