variable "build_account" {
  description = "Address of the account that builds the function."
  type        = string
}

variable "description" {
  description = "What the function does."
  type        = string
}

variable "environment" {
  description = "Settings, by variable."
  type        = map(string)
}

variable "labels" {
  description = "Labels."
  type        = map(string)
}

variable "name" {
  description = "Function's name, which is its entry point's too."
  type        = string
}

variable "package" {
  description = "Archive of `make package` and its hash."
  type        = object({ path = string, sha256 = string })
}

variable "project" {
  description = "Project."
  type        = string
}

variable "pubsub_agent" {
  description = "Member of Pub/Sub's own service agent."
  type        = string
}

variable "region" {
  description = "Region."
  type        = string
}

variable "repository" {
  description = "Artifact Registry repository that takes the image."
  type        = string
}

variable "service_account" {
  description = "Address of the account that the function runs as."
  type        = string
}

variable "size" {
  description = "Memory, CPUs, seconds at most for one event, instances at most, events at a time in each."
  type = object({
    memory        = string
    cpu           = string
    timeout       = number
    max_instances = number
    concurrency   = number
  })
}

variable "sources_bucket" {
  description = "Bucket that takes the archive."
  type        = string
}

variable "trigger_account" {
  description = "Address of the account that may call the function."
  type        = string
}
