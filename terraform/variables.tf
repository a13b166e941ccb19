variable "alert_emails" {
  description = "Mail addresses that alerts and budget notices go to."
  type        = list(string)
  default     = []
}

variable "api_key_version" {
  description = "Version of the secret f1-api-keys that recommend reads; it is added by hand, see docs/deploy.md."
  type        = string
  default     = "latest"
}

variable "billing_account" {
  description = "Billing account that the budget watches; null leaves the budget out."
  type        = string
  default     = null
}

variable "calendar" {
  description = "Races of the season: round and date (YYYY-MM-DD). Each is ingested the evening after and once more two days later."
  type        = list(object({ round = number, date = string }))
  default     = []

  validation {
    condition     = alltrue([for race in var.calendar : can(formatdate("D M", "${race.date}T00:00:00Z"))])
    error_message = "calendar: each date is written YYYY-MM-DD."
  }
}

variable "copy_from" {
  description = "Project and bucket prefix of the primary region that this one is a copy of; null in the primary."
  type        = object({ project = string, bucket_prefix = string, dataset = optional(string, "f1") })
  default     = null
}

variable "dashboard_domain" {
  description = "Domain of the dashboard, served over HTTPS behind a CDN; null leaves it out."
  type        = string
  default     = null
}

variable "dataflow" {
  description = "A standing Dataflow job beside the per-message function, and the template it starts from; off by default."
  type = object({
    enabled     = optional(bool, false)
    template    = optional(string, "")
    max_workers = optional(number, 3)
  })
  default = {}

  validation {
    condition     = !var.dataflow.enabled || startswith(var.dataflow.template, "gs://")
    error_message = "dataflow.template: a flex template's gs:// address is needed when dataflow.enabled is true."
  }
}

variable "dataset" {
  description = "BigQuery dataset of all tables."
  type        = string
  default     = "f1"
}

variable "deletion_protection" {
  description = "Refuse to destroy the warehouse and the buckets; off only where data may go."
  type        = bool
  default     = true
}

variable "environment" {
  description = "Name of the environment, a label on everything."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.environment))
    error_message = "environment: 2 to 21 of a-z, 0-9 and '-', beginning with a letter."
  }
}

variable "github_repository" {
  description = "owner/name of the repository whose workflows may deploy through workload identity; null: none."
  type        = string
  default     = null
}

variable "identity_tokens" {
  description = "Google identity tokens that recommend takes instead of a key: their audience, and whose; null: none."
  type        = object({ audience = string, accounts = list(string) })
  default     = null
}

variable "monthly_budget" {
  description = "Budget in US dollars a month; notices at 50, 80 and 100%."
  type        = number
  default     = 200
}

variable "operators" {
  description = "Members (group:..., user:...) who may replay dead letters and read what the product wrote."
  type        = list(string)
  default     = []
}

variable "packages" {
  description = "packages.json as `make package` writes it: archive and hash of each function."
  type        = string
  default     = "../build/packages/packages.json"
}

variable "pagerduty_key" {
  description = "Service key of the PagerDuty integration; empty: no such channel."
  type        = string
  default     = ""
  sensitive   = true
}

variable "paused" {
  description = "Pause every schedule: the state in which a second region waits."
  type        = bool
  default     = false
}

variable "prefix" {
  description = "Put before bucket names, which are global; ends in '-'."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}-$", var.prefix))
    error_message = "prefix: 3 to 32 of a-z, 0-9 and '-', ending in '-'."
  }
}

variable "project" {
  description = "Google Cloud project."
  type        = string
}

variable "project_number" {
  description = "Its number, which the names of Google's own service agents are made from."
  type        = string

  validation {
    condition     = can(regex("^[0-9]+$", var.project_number))
    error_message = "project_number: digits only, as `gcloud projects describe` prints it."
  }
}

variable "region" {
  description = "Region of functions, buckets and warehouse."
  type        = string
}

variable "scaling" {
  description = "Instances of recommend: at least and at most."
  type        = object({ min = number, max = number })
  default     = { min = 1, max = 20 }
}

variable "season" {
  description = "Season that the weekly and the after-race ingests ask for."
  type        = number
}

variable "slack" {
  description = "Slack channel for alerts and the token of the app that posts there; null: no such channel."
  type        = object({ channel = string, token = string })
  default     = null
  sensitive   = true
}

variable "vertex_registry" {
  description = "Let train mirror promoted models in Vertex AI's registry: the API and a role for it."
  type        = bool
  default     = false
}
