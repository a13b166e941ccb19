-- Features of every completed lap as they could be known when the field had completed that lap number: nothing later enters.
--
-- Pace is normalized so that seasons compare: against the field's median on the same lap number (relative_pace), by the field's
-- spread in this race so far (pace_in_race), and by its spread in the season's earlier races (pace_in_season).
-- Parameters: @first_date, @last_date (partitions of race_date).
WITH laps AS (
  SELECT *
  FROM clean_laps
  WHERE race_date BETWEEN DATE_TRUNC(@first_date, YEAR) AND @last_date AND completed
),

quartiles AS (
  SELECT
    race_id, race_date, season, lap,
    PERCENTILE_CONT(lap_time, 0.25) OVER (PARTITION BY race_id, lap) AS lower_quartile,
    PERCENTILE_CONT(lap_time, 0.5) OVER (PARTITION BY race_id, lap) AS median,
    PERCENTILE_CONT(lap_time, 0.75) OVER (PARTITION BY race_id, lap) AS upper_quartile
  FROM laps
  WHERE is_clean
  QUALIFY ROW_NUMBER() OVER (PARTITION BY race_id, lap ORDER BY driver_id) = 1
),

field AS (
  SELECT
    race_id, lap, median,
    AVG(upper_quartile - lower_quartile) OVER so_far AS spread_so_far,
    AVG(median) OVER (PARTITION BY race_id ORDER BY lap ROWS BETWEEN 4 PRECEDING AND CURRENT ROW) AS recent_median
  FROM quartiles
  WINDOW so_far AS (PARTITION BY race_id ORDER BY lap ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
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

joined AS (
  SELECT
    laps.*,
    field.median, field.spread_so_far, field.recent_median, earlier_races.season_spread,
    IF(laps.is_clean, laps.lap_time / field.median - 1, NULL) AS relative_pace
  FROM laps
  LEFT JOIN field ON field.race_id = laps.race_id AND field.lap = laps.lap
  LEFT JOIN earlier_races ON earlier_races.race_id = laps.race_id
  WHERE laps.race_date BETWEEN @first_date AND @last_date
)

SELECT
  race_id, race_date, season, round, circuit_id, driver_id, ergast_id, team, lap,
  lap_time, is_clean, position, gap_to_leader,
  elapsed - LAG(elapsed) OVER same_lap AS gap_ahead,
  LEAD(elapsed) OVER same_lap - elapsed AS gap_behind,
  compound, compound_name, tire_age, fresh_tire, stint,
  CAST(ROW_NUMBER() OVER (PARTITION BY race_id, driver_id, stint ORDER BY lap) AS INT64) AS stint_lap,
  track_status, rainfall, pit_in, pit_out, pit_stops,
  pit_stops - AVG(pit_stops) OVER (PARTITION BY race_id, lap) AS stops_less_field,
  COUNTIF(pit_in) OVER (PARTITION BY race_id, lap) / COUNT(*) OVER (PARTITION BY race_id, lap) AS share_pitting,
  CAST(
    MAX(IF(compound = 'SOFT', 1, 0)) OVER so_far + MAX(IF(compound = 'MEDIUM', 1, 0)) OVER so_far
      + MAX(IF(compound = 'HARD', 1, 0)) OVER so_far AS INT64
  ) AS dry_compounds_used,
  MAX(IF(compound IN ('INTERMEDIATE', 'WET'), 1, 0)) OVER so_far = 1 AS wet_used,
  lap - MAX(IF(track_status IN ('SC', 'RED'), lap, NULL)) OVER so_far AS laps_since_neutral,
  total_laps, total_laps - lap AS laps_remaining,
  lap / total_laps AS race_progress,
  -- Full tank by the regulations' limit (2010-13 had none: the usual load); refueling ended in 2009.
  CASE
    WHEN season >= 2019 THEN 110.0
    WHEN season >= 2017 THEN 105.0
    WHEN season >= 2014 THEN 100.0
    WHEN season >= 2010 THEN 150.0
  END * GREATEST(0.0, 1 - lap / total_laps) AS fuel_estimate,
  median AS field_median, recent_median AS field_recent_median,
  relative_pace,
  SAFE_DIVIDE(lap_time - median, IF(is_clean, spread_so_far, NULL)) AS pace_in_race,
  SAFE_DIVIDE(relative_pace, season_spread) AS pace_in_season,
  AVG(relative_pace) OVER (PARTITION BY race_id, driver_id ORDER BY lap ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS pace_last_3,
  AVG(relative_pace) OVER (PARTITION BY race_id, driver_id ORDER BY lap ROWS BETWEEN 4 PRECEDING AND CURRENT ROW) AS pace_last_5,
  AVG(relative_pace) OVER so_far AS pace_so_far,
  AVG(relative_pace) OVER (
    PARTITION BY race_id, driver_id, stint ORDER BY lap ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS pace_this_stint,
  grid
FROM joined
WINDOW
  same_lap AS (PARTITION BY race_id, lap ORDER BY elapsed, driver_id),
  so_far AS (PARTITION BY race_id, driver_id ORDER BY lap ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
