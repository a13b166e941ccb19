# A bucket and what always comes with it: uniform access, no public access unless it is a site, versions, an age limit
# for what was replaced, and its readers and writers.

variable "cold_after_days" {
  description = "Days after which objects move to Nearline; null: never."
  type        = number
  default     = null
}

variable "expire_after_days" {
  description = "Days after which objects are deleted; null: never."
  type        = number
  default     = null
}

variable "force_destroy" {
  description = "Whether the bucket may be destroyed with objects in it."
  type        = bool
}

variable "labels" {
  description = "Labels."
  type        = map(string)
}

variable "location" {
  description = "Region."
  type        = string
}

variable "log_bucket" {
  description = "Bucket that takes the access log; null: none, which is for the log bucket itself."
  type        = string
  default     = null
}

variable "name" {
  description = "Full name."
  type        = string
}

variable "noncurrent_days" {
  description = "Days for which replaced and deleted versions are kept: how far back a restore can go."
  type        = number
  default     = 30
}

variable "notify_topic" {
  description = "Topic that is told of every object written; null: none."
  type        = string
  default     = null
}

variable "readers" {
  description = "Members who may read objects, by a name for the plan."
  type        = map(string)
  default     = {}
}

variable "site" {
  description = "Whether this is the dashboard's bucket, whose objects everybody may read."
  type        = bool
  default     = false
}

variable "writers" {
  description = "Members who may read, write and replace objects, by a name for the plan."
  type        = map(string)
  default     = {}
}

resource "google_storage_bucket" "this" {
  name                        = var.name
  location                    = var.location
  storage_class               = "STANDARD"
  uniform_bucket_level_access = true
  public_access_prevention    = var.site ? "inherited" : "enforced"
  force_destroy               = var.force_destroy
  labels                      = var.labels

  versioning {
    enabled = true
  }

  soft_delete_policy {
    retention_duration_seconds = 7 * 24 * 3600
  }

  lifecycle_rule {
    condition {
      days_since_noncurrent_time = var.noncurrent_days
      with_state                 = "ARCHIVED"
    }
    action {
      type = "Delete"
    }
  }

  lifecycle_rule {
    condition {
      age = 7
    }
    action {
      type = "AbortIncompleteMultipartUpload"
    }
  }

  dynamic "lifecycle_rule" {
    for_each = var.cold_after_days[*]
    content {
      condition {
        age = lifecycle_rule.value
      }
      action {
        type          = "SetStorageClass"
        storage_class = "NEARLINE"
      }
    }
  }

  dynamic "lifecycle_rule" {
    for_each = var.expire_after_days[*]
    content {
      condition {
        age = lifecycle_rule.value
      }
      action {
        type = "Delete"
      }
    }
  }

  dynamic "logging" {
    for_each = var.log_bucket[*]
    content {
      log_bucket = logging.value
    }
  }

  dynamic "website" {
    for_each = var.site ? [1] : []
    content {
      main_page_suffix = "index.html"
      not_found_page   = "404.html"
    }
  }
}

resource "google_storage_bucket_iam_member" "reader" {
  for_each = var.readers
  bucket   = google_storage_bucket.this.name
  role     = "roles/storage.objectViewer"
  member   = each.value
}

resource "google_storage_bucket_iam_member" "writer" {
  for_each = var.writers
  bucket   = google_storage_bucket.this.name
  role     = "roles/storage.objectUser"
  member   = each.value
}

resource "google_storage_bucket_iam_member" "public" {
  for_each = var.site ? { everybody = "allUsers" } : {}
  bucket   = google_storage_bucket.this.name
  role     = "roles/storage.objectViewer"
  member   = each.value
}

# A bucket's own event trigger knows no dead letter; a notification on a topic does.
resource "google_storage_notification" "this" {
  for_each       = var.notify_topic == null ? {} : { finalized = var.notify_topic }
  bucket         = google_storage_bucket.this.name
  topic          = each.value
  payload_format = "JSON_API_V1"
  event_types    = ["OBJECT_FINALIZE"]
}

output "name" {
  description = "Full name."
  value       = google_storage_bucket.this.name
}
