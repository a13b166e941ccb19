-- A snapshot of every table, once a day, by the table's name and the date; each expires by itself.
FOR this IN (SELECT table_name FROM `${project}.${dataset}`.INFORMATION_SCHEMA.TABLES WHERE table_type = 'BASE TABLE') DO
  EXECUTE IMMEDIATE FORMAT(
    'CREATE SNAPSHOT TABLE IF NOT EXISTS `${project}.${snapshots}.%s_%s` CLONE `${project}.${dataset}.%s` OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL ${days} DAY))',
    this.table_name, FORMAT_DATE('%Y%m%d', CURRENT_DATE()), this.table_name
  );
END FOR;
