variable "bigquery" {
  description = "Table that messages are written to, and a transformation that makes rows of them."
  type = object({
    table     = string
    transform = optional(object({ function = string, code = string }))
  })
  default = null
}

variable "filter" {
  description = "Which messages of the topic are wanted, in Pub/Sub's words; null: all. Cannot be changed later."
  type        = string
  default     = null
}

variable "labels" {
  description = "Labels."
  type        = map(string)
}

variable "max_attempts" {
  description = "Deliveries before a message is a dead letter (5 to 100)."
  type        = number

  validation {
    condition     = var.max_attempts >= 5 && var.max_attempts <= 100
    error_message = "max_attempts: Pub/Sub takes 5 to 100."
  }
}

variable "name" {
  description = "Subscription's name."
  type        = string
}

variable "operators" {
  description = "Members who may read and replay dead letters, by a name for the plan."
  type        = map(string)
  default     = {}
}

variable "ordered" {
  description = "Whether messages of one ordering key come one after another."
  type        = bool
  default     = false
}

variable "project" {
  description = "Project."
  type        = string
}

variable "pubsub_agent" {
  description = "Member of Pub/Sub's own service agent, which forwards dead letters."
  type        = string
}

variable "push" {
  description = "Function's address, and the account whose token is sent along."
  type        = object({ endpoint = string, audience = string, service_account = string })
  default     = null
}

variable "region" {
  description = "The one region in which dead letters are kept."
  type        = string
}

variable "topic" {
  description = "Topic's name."
  type        = string
}
