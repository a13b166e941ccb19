# recommend: a function on Cloud Run, built from its archive. Unlike google_cloudfunctions2_function this resource has a
# start-up probe, CPU boost and the choice to be billed for requests only.

locals {
  image = "${var.repository_url}/recommend"
}

resource "google_storage_bucket_object" "source" {
  name   = "recommend-${var.package.sha256}.zip"
  bucket = var.sources_bucket
  source = var.package.path
}

resource "google_cloud_run_v2_service" "this" {
  name                = "recommend"
  location            = var.region
  description         = "Pit-stop recommendations over HTTP"
  ingress             = "INGRESS_TRAFFIC_ALL"
  deletion_protection = var.deletion_protection
  labels              = var.labels

  build_config {
    source_location          = "gs://${google_storage_bucket_object.source.bucket}/${google_storage_bucket_object.source.name}"
    function_target          = "recommend"
    image_uri                = local.image
    base_image               = var.base_image
    enable_automatic_updates = false
    service_account          = "projects/${var.project}/serviceAccounts/${var.build_account}"
  }

  template {
    service_account                  = var.service_account
    timeout                          = "60s"
    max_instance_request_concurrency = var.concurrency

    scaling {
      min_instance_count = var.scaling.min
      max_instance_count = var.scaling.max
    }

    containers {
      image          = local.image
      base_image_uri = var.base_image

      ports {
        container_port = 8080
      }

      resources {
        limits            = { cpu = "2", memory = "4Gi" }
        cpu_idle          = true
        startup_cpu_boost = true
      }

      dynamic "env" {
        for_each = var.environment
        content {
          name  = env.key
          value = env.value
        }
      }

      env {
        name = "F1_API_KEYS"
        value_source {
          secret_key_ref {
            secret  = var.api_keys.secret
            version = var.api_keys.version
          }
        }
      }

      # Traffic comes once the bundle is loaded and the simulation compiled: 240 s at most.
      startup_probe {
        period_seconds    = 5
        timeout_seconds   = 5
        failure_threshold = 48
        http_get {
          path = "/health"
        }
      }

      liveness_probe {
        period_seconds    = 30
        timeout_seconds   = 10
        failure_threshold = 3
        http_get {
          path = "/health"
        }
      }
    }
  }

  traffic {
    type    = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
    percent = 100
  }
}

# IAM knows no routes, and a browser's preflight carries no token: the function itself asks for a key on every route but
# /health and /openapi.json.
resource "google_cloud_run_v2_service_iam_member" "everybody" {
  name     = google_cloud_run_v2_service.this.name
  location = var.region
  role     = "roles/run.invoker"
  member   = "allUsers"
}

resource "google_secret_manager_secret_iam_member" "reader" {
  secret_id = var.api_keys.secret
  role      = "roles/secretmanager.secretAccessor"
  member    = "serviceAccount:${var.service_account}"
}
