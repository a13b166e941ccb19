# The standing Dataflow job for streams beyond what per-message functions should carry: the same transforms on Beam,
# from a subscription of its own. Off by default; docs/costs.md says what it costs. Flex templates live in google-beta.

variable "bucket" {
  description = "Bucket for the job's temporary files."
  type        = string
}

variable "dataset" {
  description = "Dataset that holds live_windows and quarantine."
  type        = string
}

variable "labels" {
  description = "Labels."
  type        = map(string)
}

variable "max_workers" {
  description = "Workers at most."
  type        = number
}

variable "project" {
  description = "Project."
  type        = string
}

variable "region" {
  description = "Region."
  type        = string
}

variable "service_account" {
  description = "Address of the account that the workers run as."
  type        = string
}

variable "template" {
  description = "gs:// address of the flex template made from functions/stream_features/beam_pipeline.py."
  type        = string
}

variable "topic" {
  description = "Name of the telemetry topic."
  type        = string
}

terraform {
  required_providers {
    google-beta = {
      source  = "hashicorp/google-beta"
      version = "~> 6.50"
    }
  }
}

resource "google_pubsub_subscription" "this" {
  name                       = "stream-features-dataflow"
  topic                      = var.topic
  ack_deadline_seconds       = 60
  message_retention_duration = "604800s"
  filter                     = "attributes.kind = \"car\" AND attributes:sampled_ms"
  labels                     = var.labels

  expiration_policy {
    ttl = ""
  }
}

resource "google_pubsub_subscription_iam_member" "reader" {
  for_each     = toset(["roles/pubsub.subscriber", "roles/pubsub.viewer"])
  subscription = google_pubsub_subscription.this.name
  role         = each.key
  member       = "serviceAccount:${var.service_account}"
}

resource "google_project_iam_member" "worker" {
  project = var.project
  role    = "roles/dataflow.worker"
  member  = "serviceAccount:${var.service_account}"
}

resource "google_dataflow_flex_template_job" "this" {
  provider                = google-beta
  name                    = "f1-stream-features"
  region                  = var.region
  container_spec_gcs_path = var.template
  service_account_email   = var.service_account
  machine_type            = "n1-standard-1"
  num_workers             = 1
  max_workers             = var.max_workers
  autoscaling_algorithm   = "THROUGHPUT_BASED"
  enable_streaming_engine = true
  ip_configuration        = "WORKER_IP_PRIVATE"
  temp_location           = "gs://${var.bucket}/dataflow/temp"
  on_delete               = "drain"
  labels                  = var.labels

  parameters = {
    subscription     = "projects/${var.project}/subscriptions/${google_pubsub_subscription.this.name}"
    output_table     = "${var.project}:${var.dataset}.live_windows"
    quarantine_table = "${var.project}:${var.dataset}.quarantine"
  }
}
