# A topic, the schema of its messages where there is one, and who may publish on it.

variable "labels" {
  description = "Labels."
  type        = map(string)
}

variable "name" {
  description = "Topic's name."
  type        = string
}

variable "project" {
  description = "Project."
  type        = string
}

variable "publishers" {
  description = "Members who may publish, by a name for the plan."
  type        = map(string)
  default     = {}
}

variable "region" {
  description = "The one region in which messages are kept."
  type        = string
}

variable "schema" {
  description = "Definition in Protocol Buffers that every message must follow; null: none."
  type        = string
  default     = null
}

resource "google_pubsub_schema" "this" {
  for_each   = var.schema == null ? {} : { this = var.schema }
  name       = var.name
  type       = "PROTOCOL_BUFFER"
  definition = each.value
}

resource "google_pubsub_topic" "this" {
  name                       = var.name
  message_retention_duration = "604800s"
  labels                     = var.labels

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }

  dynamic "schema_settings" {
    for_each = google_pubsub_schema.this
    content {
      schema   = "projects/${var.project}/schemas/${schema_settings.value.name}"
      encoding = "JSON"
    }
  }
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = var.publishers
  topic    = google_pubsub_topic.this.name
  role     = "roles/pubsub.publisher"
  member   = each.value
}

output "name" {
  description = "Topic's name."
  value       = google_pubsub_topic.this.name
}

output "path" {
  description = "projects/PROJECT/topics/NAME."
  value       = "projects/${var.project}/topics/${google_pubsub_topic.this.name}"
}
