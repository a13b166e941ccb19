variable "dataset" {
  description = "Dataset's id."
  type        = string
}

variable "dataset_readers" {
  description = "Members who may read every table, by a name for the plan."
  type        = map(string)
  default     = {}
}

variable "deletion_protection" {
  description = "Refuse to destroy tables."
  type        = bool
}

variable "expire_days" {
  description = "Days after which a table's partitions are deleted, by table."
  type        = map(number)
  default     = {}
}

variable "job_users" {
  description = "Members who may run queries and loads, by a name for the plan."
  type        = map(string)
}

variable "labels" {
  description = "Labels."
  type        = map(string)
}

variable "location" {
  description = "Region."
  type        = string
}

variable "members" {
  description = "IAM member by the name that readers and writers are called by."
  type        = map(string)
}

variable "project" {
  description = "Project."
  type        = string
}

variable "readers" {
  description = "Tables that each may read, by name."
  type        = map(set(string))
}

variable "snapshot_days" {
  description = "Days for which daily snapshots are kept."
  type        = number
  default     = 30
}

variable "snapshot_writers" {
  description = "Members who may take snapshots, by a name for the plan."
  type        = map(string)
}

variable "tables" {
  description = "Tables as generated/tables.json holds them."
  type = map(object({
    description = string
    partition   = string
    clustering  = list(string)
    schema      = list(object({ name = string, type = string, mode = string, description = string }))
  }))
}

variable "writers" {
  description = "Tables that each may read and write, by name."
  type        = map(set(string))
}
