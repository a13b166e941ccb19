# Every alert: what it looks at, from when on it is one, how urgent it is, and the runbook that says what to do.

locals {
  service_filter = "resource.type = \"cloud_run_revision\" AND resource.labels.service_name = \"${var.service}\""

  thresholds = {
    recommend-latency = {
      name      = "recommend: P99 over ${var.latency_ms} ms for 5 minutes"
      filter    = "metric.type = \"logging.googleapis.com/user/f1/recommend_latency\" AND resource.type = \"cloud_run_revision\""
      aligner   = "ALIGN_DELTA"
      reducer   = "REDUCE_PERCENTILE_99"
      threshold = var.latency_ms
      duration  = "300s"
      page      = true
    }
    dead-letters = {
      name      = "dead letters: a message was given up"
      filter    = "metric.type = \"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = one_of(${join(", ", [for name in var.dead_subscriptions : "\"${name}\""])})"
      aligner   = "ALIGN_MAX"
      reducer   = "REDUCE_SUM"
      threshold = 0
      duration  = "0s"
      page      = false
    }
    backlog = {
      name      = "events: the oldest waits for more than 15 minutes"
      filter    = "metric.type = \"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id = one_of(\"stream-features\", \"stream-samples\", \"preprocess\", \"store-recommendations\")"
      aligner   = "ALIGN_MAX"
      reducer   = "REDUCE_MAX"
      threshold = 900
      duration  = "300s"
      page      = false
    }
    quarantine = {
      name      = "telemetry: more than 100 messages in 10 minutes cannot be read"
      filter    = "metric.type = \"logging.googleapis.com/user/f1/messages_quarantined\" AND resource.type = \"cloud_run_revision\""
      aligner   = "ALIGN_SUM"
      reducer   = "REDUCE_SUM"
      threshold = 100
      duration  = "0s"
      page      = false
    }
    audit-lost = {
      name      = "recommend: recommendations without an audit record"
      filter    = "metric.type = \"logging.googleapis.com/user/f1/audits_lost\" AND resource.type = \"cloud_run_revision\""
      aligner   = "ALIGN_SUM"
      reducer   = "REDUCE_SUM"
      threshold = 0
      duration  = "0s"
      page      = false
    }
  }

  # A line in the log is the alert: one line, one notice, at most one an hour.
  lines = {
    promotion-refused = {
      name   = "models: a bundle was not promoted"
      filter = "resource.type=\"cloud_run_revision\" jsonPayload.message=\"bundle refused\""
    }
    data-freshness = {
      name   = "data: a race is missing from the feature store"
      filter = "resource.type=\"cloud_scheduler_job\" resource.labels.job_id=\"watch-freshness\" severity>=ERROR"
    }
    data-quality = {
      name   = "data: a race lacks laps or has many set aside"
      filter = "(resource.type=\"cloud_scheduler_job\" resource.labels.job_id=\"watch-quality\" severity>=ERROR) OR (resource.type=\"cloud_run_revision\" jsonPayload.metric=\"data_quality\" jsonPayload.problems:*)"
    }
    model-drift = {
      name   = "models: recent races are not like those trained on"
      filter = "(resource.type=\"cloud_scheduler_job\" resource.labels.job_id=\"watch-drift\" severity>=ERROR) OR (resource.type=\"cloud_run_revision\" jsonPayload.metric=\"model_drift\" jsonPayload.verdict=\"retrain\")"
    }
    snapshot-failed = {
      name   = "recovery: the daily snapshots were not taken"
      filter = "resource.type=\"cloud_scheduler_job\" resource.labels.job_id=\"snapshots\" severity>=ERROR"
    }
    function-errors = {
      name   = "functions: an event function logged an error"
      filter = "resource.type=\"cloud_run_revision\" resource.labels.service_name=(${join(" OR ", [for name in var.event_functions : "\"${name}\""])}) severity>=ERROR"
    }
  }

  # Spend rates of the error budget over a race weekend of four days: at 9.6 a tenth of it is gone in an hour, at 3.2 a
  # fifth in six hours. The short window ends the alert soon after the trouble has ended.
  burn = {
    fast = { name = "recommend: a tenth of the weekend's error budget went in an hour", rate = 9.6, long = "3600s", short = "300s", page = true }
    slow = { name = "recommend: a fifth of the weekend's error budget went in six hours", rate = 3.2, long = "21600s", short = "1800s", page = false }
  }
}

resource "google_monitoring_alert_policy" "threshold" {
  for_each              = local.thresholds
  display_name          = each.value.name
  combiner              = "OR"
  severity              = each.value.page ? "CRITICAL" : "WARNING"
  notification_channels = each.value.page ? local.page : local.ticket
  user_labels           = var.labels

  conditions {
    display_name = each.value.name
    condition_threshold {
      filter          = each.value.filter
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.threshold
      duration        = each.value.duration
      aggregations {
        alignment_period     = each.key == "quarantine" ? "600s" : "60s"
        per_series_aligner   = each.value.aligner
        cross_series_reducer = each.value.reducer
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Runbook: ${var.runbooks}/${each.key}.md"
  }
}

resource "google_monitoring_alert_policy" "errors" {
  display_name          = "recommend: more than 1 in 100 requests end in a server's error"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.page
  user_labels           = var.labels

  conditions {
    display_name = "share of 5xx over 5 minutes"
    condition_threshold {
      filter             = "metric.type = \"run.googleapis.com/request_count\" AND ${local.service_filter} AND metric.labels.response_code_class = \"5xx\""
      denominator_filter = "metric.type = \"run.googleapis.com/request_count\" AND ${local.service_filter}"
      comparison         = "COMPARISON_GT"
      threshold_value    = 0.01
      duration           = "300s"
      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_RATE"
        cross_series_reducer = "REDUCE_SUM"
      }
      denominator_aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_RATE"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Runbook: ${var.runbooks}/recommend-errors.md"
  }
}

resource "google_monitoring_alert_policy" "no_instance" {
  count                 = var.min_instances > 0 ? 1 : 0
  display_name          = "recommend: no healthy instance"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.page
  user_labels           = var.labels

  conditions {
    display_name = "fewer instances than are to be kept"
    condition_threshold {
      filter                  = "metric.type = \"run.googleapis.com/container/instance_count\" AND ${local.service_filter}"
      comparison              = "COMPARISON_LT"
      threshold_value         = 1
      duration                = "120s"
      evaluation_missing_data = "EVALUATION_MISSING_DATA_ACTIVE"
      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_MAX"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Runbook: ${var.runbooks}/recommend-no-instance.md"
  }
}

resource "google_monitoring_alert_policy" "uptime" {
  display_name          = "recommend: /health does not answer from outside"
  combiner              = "OR"
  severity              = "CRITICAL"
  notification_channels = local.page
  user_labels           = var.labels

  conditions {
    display_name = "two regions or more see it fail"
    condition_threshold {
      filter          = "metric.type = \"monitoring.googleapis.com/uptime_check/check_passed\" AND resource.type = \"uptime_url\" AND metric.labels.check_id = \"${google_monitoring_uptime_check_config.health.uptime_check_id}\""
      comparison      = "COMPARISON_GT"
      threshold_value = 1
      duration        = "120s"
      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_NEXT_OLDER"
        cross_series_reducer = "REDUCE_COUNT_FALSE"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Runbook: ${var.runbooks}/recommend-down.md"
  }
}

resource "google_monitoring_alert_policy" "line" {
  for_each              = local.lines
  display_name          = each.value.name
  combiner              = "OR"
  severity              = "WARNING"
  notification_channels = local.ticket
  user_labels           = var.labels

  conditions {
    display_name = each.value.name
    condition_matched_log {
      filter = each.value.filter
    }
  }

  alert_strategy {
    auto_close = "86400s"
    notification_rate_limit {
      period = "3600s"
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Runbook: ${var.runbooks}/${each.key}.md"
  }
}

resource "google_monitoring_alert_policy" "burn" {
  for_each              = local.burn
  display_name          = each.value.name
  combiner              = "AND"
  severity              = each.value.page ? "CRITICAL" : "WARNING"
  notification_channels = each.value.page ? local.page : local.ticket
  user_labels           = var.labels

  dynamic "conditions" {
    for_each = [each.value.long, each.value.short]
    content {
      display_name = "error budget over ${conditions.value}"
      condition_threshold {
        filter          = "select_slo_burn_rate(\"${google_monitoring_slo.availability.name}\", \"${conditions.value}\")"
        comparison      = "COMPARISON_GT"
        threshold_value = each.value.rate
        duration        = "0s"
      }
    }
  }

  documentation {
    mime_type = "text/markdown"
    content   = "Runbook: ${var.runbooks}/error-budget.md"
  }
}
