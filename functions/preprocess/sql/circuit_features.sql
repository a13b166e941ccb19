-- One row a race: what earlier races say of its circuit on the morning of the race (as_of is its date): time lost by a stop under
-- each status, how often the race is neutralized, how often places change. Null, with races_before 0, on a first visit.
-- Parameters: @first_date, @last_date (partitions of race_date); all earlier laps are read, their partitions bounded by @last_date.
WITH laps AS (
  SELECT *
  FROM clean_laps
  WHERE race_date <= @last_date AND completed
),

medians AS (
  SELECT race_id, lap, PERCENTILE_CONT(lap_time, 0.5) OVER (PARTITION BY race_id, lap) AS field_median
  FROM laps
  WHERE NOT pit_in AND NOT pit_out
  QUALIFY ROW_NUMBER() OVER (PARTITION BY race_id, lap ORDER BY driver_id) = 1
),

-- In-lap and out-lap against the field's median on the same two laps.
stops AS (
  SELECT
    laps.race_id, laps.race_date, laps.circuit_id,
    CASE WHEN laps.track_status IN ('GREEN', 'YELLOW') THEN 'GREEN' ELSE laps.track_status END AS status,
    laps.lap_time + out_lap.lap_time - in_median.field_median - out_median.field_median AS loss
  FROM laps
  JOIN laps AS out_lap
    ON out_lap.race_id = laps.race_id AND out_lap.driver_id = laps.driver_id AND out_lap.lap = laps.lap + 1 AND out_lap.pit_out
  JOIN medians AS in_median ON in_median.race_id = laps.race_id AND in_median.lap = laps.lap
  JOIN medians AS out_median ON out_median.race_id = laps.race_id AND out_median.lap = laps.lap + 1
  WHERE laps.pit_in AND laps.track_status IN ('GREEN', 'YELLOW', 'VSC', 'SC') AND out_lap.track_status <> 'RED'
),

statuses AS (
  SELECT race_id, race_date, circuit_id, lap, LOGICAL_OR(track_status = 'SC') AS sc, LOGICAL_OR(track_status = 'VSC') AS vsc,
    LOGICAL_OR(track_status = 'RED') AS red
  FROM laps
  GROUP BY race_id, race_date, circuit_id, lap
),

phases AS (
  SELECT
    race_id, race_date, circuit_id, lap,
    sc AND NOT COALESCE(LAG(sc) OVER race, FALSE) AS sc_starts,
    vsc AND NOT COALESCE(LAG(vsc OR sc) OVER race, FALSE) AS vsc_starts,
    red AND NOT COALESCE(LAG(red) OVER race, FALSE) AS red_starts
  FROM statuses
  WINDOW race AS (PARTITION BY race_id ORDER BY lap)
),

moves AS (
  SELECT
    race_id, position < LAG(position) OVER car AND NOT pit_out AND NOT COALESCE(LAG(pit_in) OVER car, FALSE) AS gained,
    lap > 1 AND track_status = 'GREEN' AND NOT pit_in AND NOT pit_out AS racing
  FROM laps
  WINDOW car AS (PARTITION BY race_id, driver_id ORDER BY lap)
),

by_race AS (
  SELECT
    race_id, race_date, circuit_id,
    COUNTIF(sc_starts) AS safety_cars,
    COUNTIF(vsc_starts) AS virtual_safety_cars,
    COUNTIF(red_starts) AS red_flags,
    COUNT(*) AS laps
  FROM phases
  GROUP BY race_id, race_date, circuit_id
),

moves_by_race AS (
  SELECT race_id, SAFE_DIVIDE(COUNTIF(gained AND racing), COUNTIF(racing)) AS gains_per_lap
  FROM moves
  GROUP BY race_id
),

asked AS (
  SELECT race_id, race_date, season, circuit_id
  FROM raw_races
  WHERE race_date BETWEEN @first_date AND @last_date
  UNION ALL
  SELECT race_id, race_date, season, circuit_id
  FROM raw_events
  WHERE race_date BETWEEN @first_date AND @last_date
    AND race_id NOT IN (SELECT race_id FROM raw_races WHERE race_date BETWEEN @first_date AND @last_date)
),

rates AS (
  SELECT
    asked.race_id,
    COUNT(by_race.race_id) AS races_before,
    AVG(by_race.safety_cars) AS safety_cars_per_race,
    AVG(by_race.virtual_safety_cars) AS virtual_safety_cars_per_race,
    AVG(by_race.red_flags) AS red_flags_per_race,
    AVG(moves_by_race.gains_per_lap) AS gains_per_lap
  FROM asked
  LEFT JOIN by_race ON by_race.circuit_id = asked.circuit_id AND by_race.race_date < asked.race_date
  LEFT JOIN moves_by_race ON moves_by_race.race_id = by_race.race_id
  GROUP BY asked.race_id
),

losses AS (
  SELECT
    asked.race_id,
    PERCENTILE_CONT(IF(status = 'GREEN', loss, NULL), 0.5) OVER (PARTITION BY asked.race_id) AS pit_loss_green,
    PERCENTILE_CONT(IF(status = 'VSC', loss, NULL), 0.5) OVER (PARTITION BY asked.race_id) AS pit_loss_vsc,
    PERCENTILE_CONT(IF(status = 'SC', loss, NULL), 0.5) OVER (PARTITION BY asked.race_id) AS pit_loss_sc,
    CAST(COUNTIF(status = 'GREEN') OVER (PARTITION BY asked.race_id) AS INT64) AS green_stops_before
  FROM asked
  JOIN stops ON stops.circuit_id = asked.circuit_id AND stops.race_date < asked.race_date
  QUALIFY ROW_NUMBER() OVER (PARTITION BY asked.race_id ORDER BY stops.race_date, loss) = 1
)

SELECT
  asked.race_id, asked.race_date, asked.race_date AS as_of, asked.season, asked.circuit_id,
  rates.races_before, green_stops_before, pit_loss_green, pit_loss_vsc, pit_loss_sc,
  safety_cars_per_race, virtual_safety_cars_per_race, red_flags_per_race, gains_per_lap
FROM asked
JOIN rates ON rates.race_id = asked.race_id
LEFT JOIN losses ON losses.race_id = asked.race_id
WHERE asked.race_id IN (SELECT race_id FROM clean_laps WHERE race_date BETWEEN @first_date AND @last_date)
