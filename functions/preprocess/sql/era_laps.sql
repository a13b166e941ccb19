-- Laps of every era from 1996 on as Ergast has them (place and time, nothing else), normalized within race and season by the same
-- formulas as lap_features, so that a lap of 1996 compares with one of 2024: against the field's median on the same lap number, in
-- the field's spread in the race so far, and in its spread in the season's earlier races. Nothing later enters.
--
-- Ergast knows no track status and, before 2011, no stops: a lap on which the whole field is slow (safety car, red flag, rain) is
-- told from the field's own time, a stop of before 2011 by being slow. No lap is dropped but one recorded twice.
-- Parameters: @first_date, @last_date (partitions of race_date); the season is read from its start.
WITH recorded AS (
  SELECT race_id, race_date, season, round, ergast_id, lap, position, lap_time
  FROM raw_laps_ergast
  WHERE race_date BETWEEN DATE_TRUNC(@first_date, YEAR) AND @last_date
  QUALIFY ROW_NUMBER() OVER (PARTITION BY race_id, ergast_id, lap ORDER BY position, lap_time) = 1
),

stops AS (
  SELECT race_id, ergast_id, lap
  FROM raw_pit_stops
  WHERE race_date BETWEEN DATE_TRUNC(@first_date, YEAR) AND @last_date
  GROUP BY race_id, ergast_id, lap
),

races_with_stops AS (
  SELECT DISTINCT race_id
  FROM stops
),

drivers AS (
  SELECT race_id, ergast_id, MAX(driver_id) AS driver_id
  FROM raw_results
  WHERE race_date BETWEEN DATE_TRUNC(@first_date, YEAR) AND @last_date
  GROUP BY race_id, ergast_id
),

joined AS (
  SELECT
    recorded.*,
    COALESCE(drivers.driver_id, recorded.ergast_id) AS driver_id,
    raw_races.circuit_id,
    IF(races_with_stops.race_id IS NULL, NULL, in_lap.lap IS NOT NULL) AS pit_in,
    IF(races_with_stops.race_id IS NULL, NULL, out_lap.lap IS NOT NULL) AS pit_out
  FROM recorded
  LEFT JOIN raw_races ON raw_races.race_id = recorded.race_id
  LEFT JOIN drivers ON drivers.race_id = recorded.race_id AND drivers.ergast_id = recorded.ergast_id
  LEFT JOIN races_with_stops ON races_with_stops.race_id = recorded.race_id
  LEFT JOIN stops AS in_lap
    ON in_lap.race_id = recorded.race_id AND in_lap.ergast_id = recorded.ergast_id AND in_lap.lap = recorded.lap
  LEFT JOIN stops AS out_lap
    ON out_lap.race_id = recorded.race_id AND out_lap.ergast_id = recorded.ergast_id AND out_lap.lap = recorded.lap - 1
),

marked AS (
  SELECT
    *,
    CASE
      WHEN lap_time IS NULL OR lap_time <= 0 THEN 'no_time'
      WHEN lap = 1 THEN 'lap_1'
      WHEN pit_in THEN 'in_lap'
      WHEN pit_out THEN 'out_lap'
    END AS reason
  FROM joined
),

medians AS (
  SELECT
    race_id, lap,
    PERCENTILE_CONT(lap_time, 0.5) OVER (PARTITION BY race_id, lap) AS field_time
  FROM marked
  WHERE reason IS NULL
  QUALIFY ROW_NUMBER() OVER (PARTITION BY race_id, lap ORDER BY ergast_id) = 1
),

paces AS (
  SELECT
    race_id, lap, field_time,
    MIN(field_time) OVER (PARTITION BY race_id ORDER BY lap ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS best_field_time
  FROM medians
),

judged AS (
  SELECT
    marked.*,
    CASE
      WHEN marked.reason IS NOT NULL THEN marked.reason
      WHEN paces.field_time > 1.15 * paces.best_field_time THEN 'slow_field'
      WHEN marked.lap_time > 1.07 * paces.field_time THEN 'slow'
      WHEN marked.lap_time < 0.93 * paces.field_time THEN 'implausible'
    END AS exclusion_reason
  FROM marked
  LEFT JOIN paces ON paces.race_id = marked.race_id AND paces.lap = marked.lap
),

quartiles AS (
  SELECT
    race_id, race_date, season, lap,
    PERCENTILE_CONT(lap_time, 0.25) OVER (PARTITION BY race_id, lap) AS lower_quartile,
    PERCENTILE_CONT(lap_time, 0.5) OVER (PARTITION BY race_id, lap) AS median,
    PERCENTILE_CONT(lap_time, 0.75) OVER (PARTITION BY race_id, lap) AS upper_quartile
  FROM judged
  WHERE exclusion_reason IS NULL
  QUALIFY ROW_NUMBER() OVER (PARTITION BY race_id, lap ORDER BY ergast_id) = 1
),

field AS (
  SELECT
    race_id, lap, median,
    AVG(upper_quartile - lower_quartile) OVER (
      PARTITION BY race_id ORDER BY lap ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS spread_so_far
  FROM quartiles
),

races AS (
  SELECT race_id, race_date, season, AVG((upper_quartile - lower_quartile) / median) AS relative_spread
  FROM quartiles
  GROUP BY race_id, race_date, season
),

earlier_races AS (
  SELECT
    race_id,
    AVG(relative_spread) OVER (
      PARTITION BY season ORDER BY race_date, race_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS season_spread
  FROM races
),

paced AS (
  SELECT
    judged.*,
    judged.exclusion_reason IS NULL AS is_clean,
    field.median, field.spread_so_far, earlier_races.season_spread,
    IF(judged.exclusion_reason IS NULL, judged.lap_time / field.median - 1, NULL) AS relative_pace,
    -- The sum of the lap times so far, where none of them is missing.
    IF(COUNT(judged.lap_time) OVER car = judged.lap, SUM(judged.lap_time) OVER car, NULL) AS elapsed
  FROM judged
  LEFT JOIN field ON field.race_id = judged.race_id AND field.lap = judged.lap
  LEFT JOIN earlier_races ON earlier_races.race_id = judged.race_id
  WHERE judged.race_date BETWEEN @first_date AND @last_date
  WINDOW car AS (PARTITION BY judged.race_id, judged.ergast_id ORDER BY judged.lap ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)

SELECT
  race_id, race_date, season, round, circuit_id, driver_id, ergast_id, lap, lap_time, elapsed,
  elapsed - MIN(elapsed) OVER (PARTITION BY race_id, lap) AS gap_to_leader,
  position, pit_in, pit_out, is_clean, exclusion_reason,
  median AS field_median,
  relative_pace,
  SAFE_DIVIDE(lap_time - median, IF(is_clean, spread_so_far, NULL)) AS pace_in_race,
  SAFE_DIVIDE(relative_pace, season_spread) AS pace_in_season,
  AVG(relative_pace) OVER (
    PARTITION BY race_id, ergast_id ORDER BY lap ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS pace_so_far
FROM paced
