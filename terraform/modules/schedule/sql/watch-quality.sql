-- Fails when less than 95% of the laps that a race's result counts came in, for a race of the last thirty days.
SELECT IF(
  COUNT(*) > 0,
  ERROR(CONCAT('quality: ', STRING_AGG(race_id, ', ' ORDER BY race_id))),
  'sound'
) AS verdict
FROM data_quality
WHERE race_date >= DATE_SUB(CURRENT_DATE(), INTERVAL 30 DAY)
  AND measure = 'share_of_laps_in_result'
  AND value < 0.95
