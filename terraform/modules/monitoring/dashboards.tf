# One dashboard: is the product up and quick, do events flow, are the models fresh. A tile is a title and a filter.

locals {
  run = "resource.type=\"cloud_run_revision\""
  tiles = [
    { title = "Requests a second, by status class", filter = "metric.type=\"run.googleapis.com/request_count\" ${local.run} resource.labels.service_name=\"${var.service}\"", aligner = "ALIGN_RATE", reducer = "REDUCE_SUM", group = ["metric.labels.response_code_class"] },
    { title = "Recommendation, P50 (ms)", filter = "metric.type=\"logging.googleapis.com/user/f1/recommend_latency\" ${local.run}", aligner = "ALIGN_DELTA", reducer = "REDUCE_PERCENTILE_50", group = [] },
    { title = "Recommendation, P99 (ms)", filter = "metric.type=\"logging.googleapis.com/user/f1/recommend_latency\" ${local.run}", aligner = "ALIGN_DELTA", reducer = "REDUCE_PERCENTILE_99", group = [] },
    { title = "Instances of recommend", filter = "metric.type=\"run.googleapis.com/container/instance_count\" ${local.run} resource.labels.service_name=\"${var.service}\"", aligner = "ALIGN_MAX", reducer = "REDUCE_SUM", group = ["metric.labels.state"] },
    { title = "CPU of recommend, P95", filter = "metric.type=\"run.googleapis.com/container/cpu/utilizations\" ${local.run} resource.labels.service_name=\"${var.service}\"", aligner = "ALIGN_DELTA", reducer = "REDUCE_PERCENTILE_95", group = [] },
    { title = "Start-up of an instance, P95 (ms)", filter = "metric.type=\"run.googleapis.com/container/startup_latencies\" ${local.run} resource.labels.service_name=\"${var.service}\"", aligner = "ALIGN_DELTA", reducer = "REDUCE_PERCENTILE_95", group = [] },
    { title = "Messages waiting, by subscription", filter = "metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\" resource.type=\"pubsub_subscription\"", aligner = "ALIGN_MAX", reducer = "REDUCE_SUM", group = ["resource.labels.subscription_id"] },
    { title = "Age of the oldest message (s)", filter = "metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" resource.type=\"pubsub_subscription\"", aligner = "ALIGN_MAX", reducer = "REDUCE_MAX", group = ["resource.labels.subscription_id"] },
    { title = "Pushes, by answer", filter = "metric.type=\"pubsub.googleapis.com/subscription/push_request_count\" resource.type=\"pubsub_subscription\"", aligner = "ALIGN_RATE", reducer = "REDUCE_SUM", group = ["metric.labels.response_class"] },
    { title = "Event functions: requests a second", filter = "metric.type=\"run.googleapis.com/request_count\" ${local.run}", aligner = "ALIGN_RATE", reducer = "REDUCE_SUM", group = ["resource.labels.service_name"] },
    { title = "Bundles refused", filter = "metric.type=\"logging.googleapis.com/user/f1/promotions_refused\" ${local.run}", aligner = "ALIGN_SUM", reducer = "REDUCE_SUM", group = [] },
    { title = "Telemetry messages quarantined", filter = "metric.type=\"logging.googleapis.com/user/f1/messages_quarantined\" ${local.run}", aligner = "ALIGN_SUM", reducer = "REDUCE_SUM", group = [] },
  ]
}

resource "google_monitoring_dashboard" "this" {
  dashboard_json = jsonencode({
    displayName = "F1 race strategy"
    mosaicLayout = {
      columns = 12
      tiles = [for index, tile in local.tiles : {
        xPos   = 6 * (index % 2)
        yPos   = 4 * floor(index / 2)
        width  = 6
        height = 4
        widget = {
          title = tile.title
          xyChart = {
            dataSets = [{
              plotType = "LINE"
              timeSeriesQuery = {
                timeSeriesFilter = {
                  filter = tile.filter
                  aggregation = {
                    alignmentPeriod    = "60s"
                    perSeriesAligner   = tile.aligner
                    crossSeriesReducer = tile.reducer
                    groupByFields      = tile.group
                  }
                }
              }
            }]
          }
        }
      }]
    }
  })
}
