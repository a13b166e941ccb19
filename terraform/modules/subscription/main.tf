# A subscription that either pushes to a function or writes to a table, the topic its dead letters go to, and a pull
# subscription that keeps them until somebody replays them.

resource "google_pubsub_subscription" "this" {
  name  = var.name
  topic = var.topic
  # A push waits no longer than this for a function's answer.
  ack_deadline_seconds       = 600
  message_retention_duration = "604800s"
  # A seek to an earlier time brings back what was acknowledged since: the queue's part of a restore.
  retain_acked_messages   = true
  enable_message_ordering = var.ordered
  filter                  = var.filter
  labels                  = var.labels

  expiration_policy {
    ttl = "" # never
  }

  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }

  dead_letter_policy {
    dead_letter_topic     = "projects/${var.project}/topics/${google_pubsub_topic.dead.name}"
    max_delivery_attempts = var.max_attempts
  }

  dynamic "push_config" {
    for_each = var.push[*]
    content {
      push_endpoint = push_config.value.endpoint
      oidc_token {
        service_account_email = push_config.value.service_account
        audience              = push_config.value.audience
      }
    }
  }

  dynamic "bigquery_config" {
    for_each = var.bigquery[*]
    content {
      table               = bigquery_config.value.table
      use_table_schema    = true
      drop_unknown_fields = true
    }
  }

  dynamic "message_transforms" {
    for_each = var.bigquery == null ? [] : var.bigquery.transform[*]
    content {
      javascript_udf {
        function_name = message_transforms.value.function
        code          = message_transforms.value.code
      }
    }
  }

  # Without these two, dead letters would be lost, so they come first.
  depends_on = [google_pubsub_topic_iam_member.dead]
}

resource "google_pubsub_topic" "dead" {
  name                       = "${var.name}-dead"
  message_retention_duration = "2678400s"
  labels                     = var.labels

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
}

resource "google_pubsub_subscription" "dead" {
  name                       = "${var.name}-dead"
  topic                      = google_pubsub_topic.dead.name
  ack_deadline_seconds       = 60
  message_retention_duration = "2678400s"
  labels                     = var.labels

  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_topic_iam_member" "dead" {
  topic  = google_pubsub_topic.dead.name
  role   = "roles/pubsub.publisher"
  member = var.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "forwarder" {
  subscription = google_pubsub_subscription.this.name
  role         = "roles/pubsub.subscriber"
  member       = var.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "operator" {
  for_each     = var.operators
  subscription = google_pubsub_subscription.dead.name
  role         = "roles/pubsub.subscriber"
  member       = each.value
}
