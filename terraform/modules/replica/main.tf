# In a second region: copies of the primary's warehouse (daily) and buckets (hourly), taken by services that work while
# the primary's region does not need to answer for anything but reads.

variable "buckets" {
  description = "Buckets to copy, without prefix. `manifests` and `live` are left out: a copied manifest would start preprocess."
  type        = set(string)
  default     = ["races", "raw", "models"]
}

variable "copy_from" {
  description = "Project, bucket prefix and dataset of the primary."
  type        = object({ project = string, bucket_prefix = string, dataset = string })
}

variable "dataset" {
  description = "Dataset that takes the copy."
  type        = string
}

variable "location" {
  description = "Region of that dataset."
  type        = string
}

variable "prefix" {
  description = "Prefix of the buckets that take the copies."
  type        = string
}

variable "project" {
  description = "Project."
  type        = string
}

variable "service_account" {
  description = "Address of the account that copies tables."
  type        = string
}

resource "google_bigquery_data_transfer_config" "tables" {
  display_name           = "copy of ${var.copy_from.project}.${var.copy_from.dataset}"
  data_source_id         = "cross_region_copy"
  destination_dataset_id = var.dataset
  location               = var.location
  schedule               = "every day 03:00"
  service_account_name   = var.service_account
  params = {
    source_project_id           = var.copy_from.project
    source_dataset_id           = var.copy_from.dataset
    overwrite_destination_table = "true"
  }
}

resource "google_storage_transfer_job" "objects" {
  for_each    = var.buckets
  project     = var.project
  description = "copy of ${var.copy_from.bucket_prefix}${each.key}"

  transfer_spec {
    gcs_data_source {
      bucket_name = "${var.copy_from.bucket_prefix}${each.key}"
    }
    gcs_data_sink {
      bucket_name = "${var.prefix}${each.key}"
    }
    transfer_options {
      delete_objects_unique_in_sink = false
    }
  }

  schedule {
    schedule_start_date {
      year  = 2026
      month = 1
      day   = 1
    }
    repeat_interval = "3600s"
  }
}
