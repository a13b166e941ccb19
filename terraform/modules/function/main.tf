# An event function: its archive, the function, and the one account that may call it. It has no event trigger, which
# would know no dead letter; a push subscription calls it (modules/subscription).

resource "google_storage_bucket_object" "source" {
  name   = "${var.name}-${var.package.sha256}.zip"
  bucket = var.sources_bucket
  source = var.package.path
}

resource "google_cloudfunctions2_function" "this" {
  name        = replace(var.name, "_", "-")
  location    = var.region
  description = var.description
  labels      = var.labels

  build_config {
    runtime           = "python312"
    entry_point       = var.name
    service_account   = "projects/${var.project}/serviceAccounts/${var.build_account}"
    docker_repository = var.repository

    source {
      storage_source {
        bucket = google_storage_bucket_object.source.bucket
        object = google_storage_bucket_object.source.name
      }
    }

    automatic_update_policy {}
  }

  service_config {
    service_account_email            = var.service_account
    available_memory                 = var.size.memory
    available_cpu                    = var.size.cpu
    timeout_seconds                  = var.size.timeout
    min_instance_count               = 0
    max_instance_count               = var.size.max_instances
    max_instance_request_concurrency = var.size.concurrency
    ingress_settings                 = "ALLOW_INTERNAL_ONLY"
    all_traffic_on_latest_revision   = true
    # functions-framework takes four requests a processor at a time unless it is told.
    environment_variables = merge(var.environment, { THREADS = tostring(var.size.concurrency) })
  }
}

resource "google_cloud_run_v2_service_iam_member" "invoker" {
  name     = google_cloudfunctions2_function.this.name
  location = var.region
  role     = "roles/run.invoker"
  member   = "serviceAccount:${var.trigger_account}"
}

# Pub/Sub signs its pushes as the trigger's account.
resource "google_service_account_iam_member" "signer" {
  service_account_id = "projects/${var.project}/serviceAccounts/${var.trigger_account}"
  role               = "roles/iam.serviceAccountOpenIdTokenCreator"
  member             = var.pubsub_agent
}
