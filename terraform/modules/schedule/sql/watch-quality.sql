-- Fails when a race of the last thirty days lacks more than a twentieth of the laps that its result counts, or more than
-- a twentieth of its records were set aside.
SELECT IF(
  COUNT(*) > 0,
  ERROR(CONCAT('quality: ', STRING_AGG(CONCAT(race_id, ' ', measure), ', ' ORDER BY race_id, measure))),
  'sound'
) AS verdict
FROM (
  SELECT found.race_id, found.measure
  FROM data_quality AS found
  JOIN data_quality AS whole ON whole.race_id = found.race_id AND whole.measure = 'laps_recorded'
  WHERE found.race_date >= DATE_SUB(CURRENT_DATE(), INTERVAL 30 DAY)
    AND whole.race_date >= DATE_SUB(CURRENT_DATE(), INTERVAL 30 DAY)
    AND (found.measure = 'laps_missing_against_result' OR STARTS_WITH(found.measure, 'quarantined_'))
    AND found.value > 0.05 * whole.value
) AS bad
