variable "api_keys" {
  description = "Secret with the accepted API keys, and the version to read."
  type        = object({ secret = string, version = string })
}

variable "base_image" {
  description = "Image of the Python runtime that the function is built on."
  type        = string
}

variable "build_account" {
  description = "Address of the account that builds the function."
  type        = string
}

variable "concurrency" {
  description = "Requests at a time in an instance: one simulates, the rest wait in its short queue."
  type        = number
  default     = 8
}

variable "deletion_protection" {
  description = "Refuse to destroy the service."
  type        = bool
}

variable "environment" {
  description = "Settings, by variable."
  type        = map(string)
}

variable "labels" {
  description = "Labels."
  type        = map(string)
}

variable "package" {
  description = "Archive of `make package` and its hash."
  type        = object({ path = string, sha256 = string })
}

variable "project" {
  description = "Project."
  type        = string
}

variable "region" {
  description = "Region."
  type        = string
}

variable "repository_url" {
  description = "Artifact Registry repository that takes the image, as host/project/name."
  type        = string
}

variable "scaling" {
  description = "Instances at least and at most."
  type        = object({ min = number, max = number })
}

variable "service_account" {
  description = "Address of the account that the function runs as."
  type        = string
}

variable "sources_bucket" {
  description = "Bucket that takes the archive."
  type        = string
}
