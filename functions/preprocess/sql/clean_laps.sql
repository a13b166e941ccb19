-- Recorded laps, repaired and marked: one row a driver and lap, none dropped.
--
-- A lap is repaired only from the race's own timing up to the exit from the pit lane that follows it; the exceptions are facts
-- that were settled when they happened and that the file reports late (which set was fitted; whether a last lap counted).
-- Nothing else looks ahead. Parameters: @first_date, @last_date (partitions of race_date).
WITH races AS (
  SELECT race_id, race_date, season, round, circuit_id, scheduled_laps, first_lap_seconds
  FROM raw_races
  WHERE race_date BETWEEN @first_date AND @last_date
  UNION ALL
  SELECT race_id, race_date, season, round, circuit_id, scheduled_laps, first_lap_seconds
  FROM raw_events
  WHERE race_date BETWEEN @first_date AND @last_date
    AND race_id NOT IN (SELECT race_id FROM raw_races WHERE race_date BETWEEN @first_date AND @last_date)
),

results AS (
  SELECT race_id, driver_id, MAX(ergast_id) AS ergast_id, MAX(laps) AS counted_laps, MAX(grid) AS grid
  FROM raw_results
  WHERE race_date BETWEEN @first_date AND @last_date
  GROUP BY race_id, driver_id
),

winners AS (
  SELECT race_id, MAX(counted_laps) AS laps_run
  FROM results
  GROUP BY race_id
),

recorded AS (
  SELECT *
  FROM raw_laps
  WHERE race_date BETWEEN @first_date AND @last_date
  QUALIFY ROW_NUMBER() OVER (PARTITION BY race_id, driver, lap_number ORDER BY time, lap_time) = 1
),

-- Drivers whose results are not at hand yet: the latest driver to bear the code until then.
unresolved AS (
  SELECT DISTINCT recorded.race_id, recorded.race_date, recorded.driver
  FROM recorded
  LEFT JOIN results ON results.race_id = recorded.race_id AND results.driver_id = recorded.driver
  WHERE results.race_id IS NULL
),

bearers AS (
  SELECT unresolved.race_id, raw_results.driver_id, raw_results.ergast_id
  FROM unresolved
  JOIN raw_results ON raw_results.driver_id = unresolved.driver AND raw_results.race_date <= unresolved.race_date
  WHERE raw_results.race_date <= @last_date
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY unresolved.race_id, raw_results.driver_id ORDER BY raw_results.race_date DESC, raw_results.ergast_id
  ) = 1
),

-- When the race started, in session time: a lap time on lap 1 gives it for every car. Where lap 1 has none (some files), a
-- typical lap 1 at the circuit stands in. A first lap of over ten minutes for the field is a race stopped on lap 1 whose file
-- counts from the restart.
first_laps AS (
  SELECT
    race_id,
    COUNTIF(lap_time IS NOT NULL) OVER (PARTITION BY race_id) AS known,
    PERCENTILE_CONT(time - lap_time, 0.5) OVER (PARTITION BY race_id) AS start_known,
    PERCENTILE_CONT(lap_time, 0.5) OVER (PARTITION BY race_id) AS typical,
    MIN(time) OVER (PARTITION BY race_id) AS first_time
  FROM recorded
  WHERE lap_number = 1
  QUALIFY ROW_NUMBER() OVER (PARTITION BY race_id ORDER BY time) = 1
),

starts AS (
  SELECT
    first_laps.race_id,
    IF(known >= 1, start_known, first_time - COALESCE(races.first_lap_seconds, 96.0)) AS race_start,
    IF(known >= 1 AND typical > 600, 1, 0) AS lap_offset
  FROM first_laps
  JOIN races ON races.race_id = first_laps.race_id
),

neighbors AS (
  SELECT
    recorded.race_id, recorded.race_date, recorded.season, recorded.round, recorded.driver, recorded.team,
    recorded.lap_number, IF(recorded.lap_time > 0, recorded.lap_time, NULL) AS lap_time, recorded.compound_name, recorded.tyre_life, recorded.fresh_tyre, recorded.is_accurate,
    recorded.pit_in_time, recorded.pit_out_time, recorded.time, COALESCE(recorded.repairs, '') AS source_repairs,
    NULLIF(NULLIF(NULLIF(recorded.compound, 'UNKNOWN'), ''), 'None') AS compound,
    COALESCE(recorded.track_status, '') AS digits,
    races.circuit_id, races.scheduled_laps, starts.race_start, starts.lap_offset,
    COALESCE(
      recorded.stint,
      FIRST_VALUE(recorded.stint IGNORE NULLS) OVER (
        PARTITION BY recorded.race_id, recorded.driver ORDER BY recorded.lap_number
        ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
      )
    ) AS told_stint,
    LAG(recorded.time) OVER car AS previous_time,
    LAG(recorded.lap_time) OVER car AS previous_lap_time,
    LEAD(recorded.pit_out_time) OVER car AS next_pit_out,
    COALESCE(LEAD(recorded.track_status) OVER car, '') AS next_digits,
    COALESCE(LAG(recorded.track_status) OVER car, '') AS previous_digits,
    LEAD(recorded.lap_number) OVER car IS NULL AS is_last,
    COUNTIF(recorded.pit_in_time IS NOT NULL) OVER (PARTITION BY recorded.race_id, recorded.lap_number)
      / COUNT(*) OVER (PARTITION BY recorded.race_id, recorded.lap_number) AS share_entering,
    MAX(recorded.lap_number) OVER (PARTITION BY recorded.race_id) AS last_lap_number
  FROM recorded
  JOIN races ON races.race_id = recorded.race_id
  JOIN starts ON starts.race_id = recorded.race_id
  WINDOW car AS (PARTITION BY recorded.race_id, recorded.driver ORDER BY recorded.lap_number)
),

-- Sets of tires as the file tells them, lap by lap, and laps that the file lost: the time at the line went on by several laps
-- while the lap time did not.
told AS (
  SELECT
    *,
    COALESCE(told_stint > LAG(told_stint) OVER car, FALSE) AS told_change,
    COALESCE(tyre_life = LAG(tyre_life) OVER car + 1 AND compound = LAG(compound) OVER car, FALSE) AS same_set,
    (tyre_life IS NULL AND LAG(tyre_life) OVER car IS NULL) AS life_untold,
    IF(
      lap_time > 0 AND previous_time IS NOT NULL AND pit_out_time IS NULL
      AND STRPOS(digits, '5') = 0 AND STRPOS(previous_digits, '5') = 0
      AND time - previous_time - lap_time > 0.9 * lap_time,
      CAST(ROUND((time - previous_time - lap_time) / lap_time) AS INT64),
      0
    ) AS lost_laps,
    -- FastF1 ends an unfinished last lap 150 s after the lap before.
    COALESCE(lap_time IS NULL AND ABS(time - previous_time - 150) < 0.0015 AND digits IN ('', '0'), FALSE) AS is_filler
  FROM neighbors
  WINDOW car AS (PARTITION BY race_id, driver ORDER BY lap_number)
),

-- Visits to the pit lane by their in-lap. Under red the field waits there; behind the safety car it is sometimes led through.
visits AS (
  SELECT
    *,
    pit_in_time IS NOT NULL AS entered,
    pit_out_time IS NOT NULL AND (lap_number > 1 OR lap_offset = 1 OR pit_out_time > race_start) AS left_pits,
    COALESCE(
      pit_in_time IS NOT NULL AND (
        (next_pit_out - pit_in_time > 120 AND (STRPOS(digits, '5') > 0 OR STRPOS(next_digits, '5') > 0))
        OR next_pit_out - pit_in_time > 600
        OR digits = '5'
      ),
      FALSE
    ) AS red_visit,
    COALESCE(
      pit_in_time IS NOT NULL AND share_entering >= 0.5 AND next_pit_out - pit_in_time < 60
      AND (STRPOS(digits, '4') > 0 OR STRPOS(next_digits, '4') > 0)
      AND (
        LEAD(same_set) OVER car OR LEAD(life_untold) OVER car
        OR (share_entering > 0.9 AND COALESCE(compound, '') IN ('', COALESCE(LEAD(compound) OVER car, '')))
      ),
      FALSE
    ) AS passage
  FROM told
  WINDOW car AS (PARTITION BY race_id, driver ORDER BY lap_number)
),

-- A new set is fitted on leaving the pit lane, unless the file's own tire life simply went on; a change of stint with no visit
-- is a false one.
sets AS (
  SELECT
    *,
    COALESCE(LAG(red_visit) OVER car, FALSE) AS after_red,
    COALESCE(LAG(passage) OVER car, FALSE) AS after_passage,
    lap_number = 1
      OR (
        (left_pits OR COALESCE(LAG(entered) OVER car, FALSE))
        AND NOT COALESCE(LAG(passage) OVER car, FALSE)
        AND NOT (told_change AND same_set)
        AND NOT (COALESCE(LAG(red_visit) OVER car, FALSE) AND same_set)
      )
      OR (told_change AND NOT same_set AND (STRPOS(digits, '5') > 0 OR STRPOS(previous_digits, '5') > 0)) AS new_set
  FROM visits
  WINDOW car AS (PARTITION BY race_id, driver ORDER BY lap_number)
),

numbered AS (
  SELECT
    *,
    lap_number + lap_offset + CAST(SUM(lost_laps) OVER car AS INT64) AS lap,
    CAST(COUNTIF(new_set) OVER car AS INT64) AS set_number,
    CAST(COUNTIF(new_set OR (told_change AND NOT same_set)) OVER car AS INT64) AS told_number,
    COALESCE(LEAD(new_set) OVER (PARTITION BY race_id, driver ORDER BY lap_number), TRUE) AS next_is_new
  FROM sets
  WINDOW car AS (PARTITION BY race_id, driver ORDER BY lap_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
),

-- Age of each set when fitted, by what the file last says of it: it is sometimes late in noticing a stop.
told_sets AS (
  SELECT
    race_id, driver, set_number, told_number,
    GREATEST(MIN(tyre_life - lap_number) + MIN(lap_number), 1) AS life_at_start
  FROM numbered
  GROUP BY race_id, driver, set_number, told_number
),

fitted AS (
  SELECT
    numbered.*,
    FIRST_VALUE(numbered.lap) OVER own_set AS set_first_lap,
    -- The set is what the file first calls it, unless it noticed the stop late.
    IF(
      LAST_VALUE(numbered.told_number) OVER own_set > FIRST_VALUE(numbered.told_number) OVER own_set,
      LAST_VALUE(numbered.compound IGNORE NULLS) OVER own_set,
      FIRST_VALUE(numbered.compound IGNORE NULLS) OVER own_set
    ) AS set_compound,
    IF(
      LAST_VALUE(numbered.told_number) OVER own_set > FIRST_VALUE(numbered.told_number) OVER own_set,
      LAST_VALUE(IF(numbered.compound IS NULL, NULL, numbered.compound_name) IGNORE NULLS) OVER own_set,
      FIRST_VALUE(IF(numbered.compound IS NULL, NULL, numbered.compound_name) IGNORE NULLS) OVER own_set
    ) AS set_compound_name,
    IF(
      LAST_VALUE(numbered.told_number) OVER own_set > FIRST_VALUE(numbered.told_number) OVER own_set,
      LAST_VALUE(IF(numbered.tyre_life IS NULL, NULL, numbered.fresh_tyre) IGNORE NULLS) OVER own_set,
      FIRST_VALUE(IF(numbered.tyre_life IS NULL, NULL, numbered.fresh_tyre) IGNORE NULLS) OVER own_set
    ) AS set_fresh,
    LAST_VALUE(told_sets.life_at_start IGNORE NULLS) OVER own_set AS set_life
  FROM numbered
  JOIN told_sets
    ON told_sets.race_id = numbered.race_id AND told_sets.driver = numbered.driver
    AND told_sets.set_number = numbered.set_number AND told_sets.told_number = numbered.told_number
  WINDOW own_set AS (
    PARTITION BY numbered.race_id, numbered.driver, numbered.set_number ORDER BY numbered.lap_number
    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
  )
),

timed AS (
  SELECT
    fitted.*,
    COALESCE(results.ergast_id, bearers.ergast_id, LOWER(fitted.driver)) AS ergast_id,
    results.grid,
    winners.laps_run,
    IF(is_filler, previous_time + previous_lap_time, time) - race_start AS elapsed,
    -- A last lap counts if the result says so; where no result is known, if it has a time or ends the race.
    COALESCE(
      fitted.lap <= results.counted_laps,
      NOT (is_last AND lap_time IS NULL AND lap_number < last_lap_number)
    ) AS completed
  FROM fitted
  LEFT JOIN results ON results.race_id = fitted.race_id AND results.driver_id = fitted.driver
  LEFT JOIN winners ON winners.race_id = fitted.race_id
  LEFT JOIN bearers ON bearers.race_id = fitted.race_id AND bearers.driver_id = fitted.driver
),

weather AS (
  SELECT
    race_id,
    CAST(FLOOR(time / 60) AS INT64) AS minute,
    LOGICAL_OR(rainfall) AS rainfall,
    AVG(air_temp) AS air_temp,
    AVG(track_temp) AS track_temp
  FROM raw_weather
  WHERE race_date BETWEEN @first_date AND @last_date
  GROUP BY race_id, CAST(FLOOR(time / 60) AS INT64)
),

-- How long the car stood, from the award that times it.
stationary AS (
  SELECT race_id, ergast_id, lap, MIN(stationary_time) AS stationary_time
  FROM raw_pit_stop_times
  WHERE race_date BETWEEN @first_date AND @last_date
  GROUP BY race_id, ergast_id, lap
),

repaired AS (
  SELECT
    timed.*,
    COALESCE(
      lap_time,
      IF(is_filler, NULL, IF(lap_number = 1, elapsed, elapsed - LAG(elapsed) OVER car))
    ) AS repaired_lap_time,
    CASE
      WHEN STRPOS(digits, '5') > 0 THEN 'RED'
      WHEN STRPOS(digits, '4') > 0 THEN 'SC'
      WHEN STRPOS(digits, '6') > 0 OR STRPOS(digits, '7') > 0 THEN 'VSC'
      WHEN STRPOS(digits, '2') > 0 THEN 'YELLOW'
      ELSE 'GREEN'
    END AS track_status,
    entered AND NOT red_visit AND NOT passage AS pit_in,
    left_pits AND NOT after_red AND NOT after_passage AND NOT (lap_number = 1 AND lap_offset = 1) AS pit_out,
    CAST(
      COUNTIF(entered AND NOT red_visit AND NOT passage AND next_is_new) OVER (
        PARTITION BY race_id, driver ORDER BY lap_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
      ) AS INT64
    ) AS pit_stops,
    IF(completed, elapsed - MIN(elapsed) OVER lap_of_race, NULL) AS gap_to_leader,
    IF(completed, RANK() OVER (PARTITION BY race_id, lap, completed ORDER BY elapsed), NULL) AS repaired_position
  FROM timed
  WINDOW
    car AS (PARTITION BY race_id, driver ORDER BY lap_number),
    lap_of_race AS (PARTITION BY race_id, lap, completed)
),

marked AS (
  SELECT
    *,
    CASE
      WHEN NOT completed THEN 'not_completed'
      WHEN repaired_lap_time IS NULL THEN 'no_time'
      WHEN track_status = 'RED' OR repaired_lap_time > 200 THEN 'red_flag'
      WHEN lap = 1 OR lap_number = 1 THEN 'lap_1'
      WHEN track_status = 'SC' THEN 'safety_car'
      WHEN track_status = 'VSC' THEN 'vsc'
      WHEN pit_in OR passage THEN 'in_lap'
      WHEN pit_out OR after_passage OR after_red THEN 'out_lap'
      WHEN track_status = 'YELLOW' THEN 'yellow'
      WHEN set_compound IS NULL THEN 'unknown_compound'
    END AS reason
  FROM repaired
),

-- Against the field's own time on the same lap number, which is known when the lap is over.
judged AS (
  SELECT
    *,
    CASE
      WHEN reason IS NOT NULL THEN reason
      WHEN repaired_lap_time > 1.07 * PERCENTILE_CONT(IF(reason IS NULL, repaired_lap_time, NULL), 0.5)
        OVER (PARTITION BY race_id, lap) THEN 'slow'
      WHEN repaired_lap_time < 0.93 * PERCENTILE_CONT(IF(reason IS NULL, repaired_lap_time, NULL), 0.5)
        OVER (PARTITION BY race_id, lap) THEN 'implausible'
    END AS exclusion_reason
  FROM marked
)

SELECT
  judged.race_id, judged.race_date, judged.season, judged.round, judged.circuit_id,
  judged.driver AS driver_id, judged.ergast_id, judged.team, judged.lap,
  repaired_lap_time AS lap_time,
  elapsed - repaired_lap_time AS lap_start_time,
  elapsed, gap_to_leader, repaired_position AS position,
  set_compound AS compound, set_compound_name AS compound_name,
  CAST(COALESCE(set_life, 1) AS INT64) + judged.lap - set_first_lap AS tire_age,
  COALESCE(set_fresh, COALESCE(set_life, 1) <= 1) AS fresh_tire,
  set_number AS stint,
  track_status, digits AS status_digits, pit_in, pit_out, pit_stops,
  IF(entered, next_pit_out - pit_in_time, NULL) AS pit_lane_time,
  red_visit AS red_flag_visit,
  passage AS safety_car_passage,
  is_accurate,
  exclusion_reason IS NULL AS is_clean,
  exclusion_reason,
  NULLIF(
    RTRIM(
      CONCAT(
        IF((lap_time IS NULL AND repaired_lap_time IS NOT NULL) OR STRPOS(source_repairs, 'lap_time') > 0, 'lap_time,', ''),
        IF(STRPOS(source_repairs, 'row') > 0, 'row,', ''),
        IF(judged.lap <> lap_number, 'lap_number,', ''),
        IF(is_filler, 'elapsed,', ''),
        IF(COALESCE(compound <> set_compound, set_compound IS NOT NULL AND compound IS NULL), 'compound,', ''),
        IF(COALESCE(tyre_life <> COALESCE(set_life, 1) + judged.lap - set_first_lap, tyre_life IS NULL), 'tire_age,', ''),
        IF(told_change <> new_set AND lap_number > 1, 'stint,', ''),
        IF(passage, 'false_stop,', '')
      ),
      ','
    ),
    ''
  ) AS repairs,
  completed,
  scheduled_laps AS total_laps,
  COALESCE(laps_run, CAST(MAX(judged.lap) OVER (PARTITION BY judged.race_id) AS INT64)) AS laps_run,
  grid,
  COALESCE(this_minute.rainfall, minute_before.rainfall) AS rainfall,
  COALESCE(this_minute.air_temp, minute_before.air_temp) AS air_temp,
  COALESCE(this_minute.track_temp, minute_before.track_temp) AS track_temp,
  IF(pit_in, stationary.stationary_time, NULL) AS stationary_time
FROM judged
LEFT JOIN stationary
  ON stationary.race_id = judged.race_id AND stationary.ergast_id = judged.ergast_id AND stationary.lap = judged.lap
LEFT JOIN weather AS this_minute
  ON this_minute.race_id = judged.race_id AND this_minute.minute = CAST(FLOOR(time / 60) AS INT64)
LEFT JOIN weather AS minute_before
  ON minute_before.race_id = judged.race_id AND minute_before.minute = CAST(FLOOR(time / 60) AS INT64) - 1
