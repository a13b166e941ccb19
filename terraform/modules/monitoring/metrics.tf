# Metrics made from the functions' log lines (shared/observability.py), where Google's own say too little: latency of
# recommendations alone, without health checks, and what happened to bundles and messages.

locals {
  recommend_log = "resource.type=\"cloud_run_revision\" resource.labels.service_name=\"${var.service}\""
  counters = {
    promotions_refused = {
      filter      = "resource.type=\"cloud_run_revision\" jsonPayload.message=\"bundle refused\""
      description = "Bundles that were trained and not promoted"
    }
    bundles_promoted = {
      filter      = "resource.type=\"cloud_run_revision\" jsonPayload.message=\"promote\""
      description = "Decisions on promotion that came to their end"
    }
    messages_quarantined = {
      filter      = "resource.type=\"cloud_run_revision\" jsonPayload.message=\"telemetry message quarantined\""
      description = "Telemetry messages that could not be read"
    }
    audits_lost = {
      filter      = "${local.recommend_log} jsonPayload.message=(\"an audit message was lost\" OR \"an audit message was dropped: too many are under way\")"
      description = "Recommendations without an audit record"
    }
  }
}

resource "google_logging_metric" "latency" {
  name            = "f1/recommend_latency"
  description     = "Milliseconds from a recommendation's request to its answer"
  filter          = "${local.recommend_log} jsonPayload.message=\"request\" jsonPayload.route=\"recommend\" jsonPayload.status=200"
  value_extractor = "EXTRACT(jsonPayload.ms)"

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "DISTRIBUTION"
    unit        = "ms"
    labels {
      key         = "circuit"
      value_type  = "STRING"
      description = "Circuit asked about"
    }
  }

  label_extractors = { circuit = "EXTRACT(jsonPayload.circuit)" }

  bucket_options {
    explicit_buckets {
      bounds = [25, 50, 75, 100, 150, 200, 250, 300, 350, 400, 450, 500, 600, 800, 1000, 1500, 2000, 5000, 10000]
    }
  }
}

resource "google_logging_metric" "outcomes" {
  name        = "f1/recommend_requests"
  description = "Requests by route and status"
  filter      = "${local.recommend_log} jsonPayload.message=\"request\""

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
    labels {
      key        = "route"
      value_type = "STRING"
    }
    labels {
      key        = "status"
      value_type = "INT64"
    }
  }

  label_extractors = {
    route  = "EXTRACT(jsonPayload.route)"
    status = "EXTRACT(jsonPayload.status)"
  }
}

resource "google_logging_metric" "counter" {
  for_each    = local.counters
  name        = "f1/${each.key}"
  description = each.value.description
  filter      = each.value.filter

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }
}
