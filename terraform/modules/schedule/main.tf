# What happens by the clock: ingests (weekly, and after each race of the calendar), the watches over data (a query that
# fails says so in the scheduler's log, which an alert reads), and the daily snapshots.

locals {
  ingest = merge(
    {
      weekly-history = {
        schedule    = "0 4 * * 3"
        description = "Results and laps of the running season, corrections included"
        message     = { sources = ["ergast", "fastf1"], seasons = [var.season], origin = "network" }
      }
    },
    merge([
      for race in var.calendar : {
        for wait, hours in { evening = 21, "two-days-later" = 69 } :
        format("race-%d-%02d-%s", var.season, race.round, wait) => {
          schedule    = formatdate("m h D M '*'", timeadd("${race.date}T00:00:00Z", "${hours}h"))
          description = "Round ${race.round} of ${var.season}, ${race.date}"
          message     = { sources = ["ergast", "fastf1"], seasons = [var.season], rounds = [race.round], origin = "network" }
        }
      }
    ]...)
  )
  query_url = "https://bigquery.googleapis.com/bigquery/v2/projects/${var.project}/queries"
  queries = {
    watch-freshness = { schedule = "0 8 * * *", description = "Fails when an expected race is not in the feature store" }
    watch-quality   = { schedule = "15 8 * * *", description = "Fails when a recent race lacks more than a twentieth of its laps" }
    watch-drift     = { schedule = "30 8 * * *", description = "Fails when the features of the newest races drift" }
    snapshots       = { schedule = "0 2 * * *", description = "A snapshot of every table" }
  }
}

resource "google_cloud_scheduler_job" "ingest" {
  for_each    = local.ingest
  name        = each.key
  description = each.value.description
  region      = var.region
  schedule    = each.value.schedule
  time_zone   = "Etc/UTC"
  paused      = var.paused

  pubsub_target {
    topic_name = var.ingest_topic
    data       = base64encode(jsonencode(each.value.message))
    attributes = { version = "1" }
  }
}

resource "google_cloud_scheduler_job" "query" {
  for_each         = local.queries
  name             = each.key
  description      = each.value.description
  region           = var.region
  schedule         = each.value.schedule
  time_zone        = "Etc/UTC"
  paused           = var.paused
  attempt_deadline = "320s"

  retry_config {
    retry_count          = 2
    min_backoff_duration = "60s"
    max_backoff_duration = "300s"
  }

  http_target {
    uri         = local.query_url
    http_method = "POST"
    headers     = { "Content-Type" = "application/json" }
    # Up to 290 s for an answer; a query that fails makes it an HTTP error, and so a failed job.
    body = base64encode(jsonencode({
      query          = templatefile("${path.module}/sql/${each.key}.sql", { project = var.project, dataset = var.dataset, snapshots = var.snapshots, days = var.snapshot_days })
      useLegacySql   = false
      timeoutMs      = 290000
      location       = var.location
      defaultDataset = { projectId = var.project, datasetId = var.dataset }
    }))
    oauth_token {
      service_account_email = each.key == "snapshots" ? var.snapshot_account : var.watch_account
      scope                 = "https://www.googleapis.com/auth/bigquery"
    }
  }
}
