# What is promised, over rolling four days: a race weekend from Thursday to Sunday is one such window.

resource "google_monitoring_uptime_check_config" "health" {
  display_name     = "recommend /health"
  timeout          = "10s"
  period           = "60s"
  selected_regions = ["EUROPE", "USA", "ASIA_PACIFIC"]

  http_check {
    path         = "/health"
    port         = 443
    use_ssl      = true
    validate_ssl = true
  }

  monitored_resource {
    type   = "uptime_url"
    labels = { project_id = var.project, host = var.host }
  }

  content_matchers {
    content = "healthy"
    matcher = "CONTAINS_STRING"
  }
}

resource "google_monitoring_custom_service" "recommend" {
  service_id   = "f1-recommend"
  display_name = "recommend"
  user_labels  = var.labels

  telemetry {
    resource_name = "//run.googleapis.com/projects/${var.project}/services/${var.service}"
  }
}

resource "google_monitoring_slo" "availability" {
  service             = google_monitoring_custom_service.recommend.service_id
  slo_id              = "availability"
  display_name        = "${var.objective * 100}% of requests answered without a server's error, over a race weekend"
  goal                = var.objective
  rolling_period_days = 4

  request_based_sli {
    good_total_ratio {
      total_service_filter = "metric.type = \"run.googleapis.com/request_count\" AND ${local.service_filter}"
      bad_service_filter   = "metric.type = \"run.googleapis.com/request_count\" AND ${local.service_filter} AND metric.labels.response_code_class = \"5xx\""
    }
  }
}

resource "google_monitoring_slo" "latency" {
  service             = google_monitoring_custom_service.recommend.service_id
  slo_id              = "latency"
  display_name        = "99% of recommendations within ${var.latency_ms} ms, over a race weekend"
  goal                = 0.99
  rolling_period_days = 4

  request_based_sli {
    distribution_cut {
      distribution_filter = "metric.type = \"logging.googleapis.com/user/${google_logging_metric.latency.name}\" AND resource.type = \"cloud_run_revision\""
      range {
        max = var.latency_ms
      }
    }
  }
}
