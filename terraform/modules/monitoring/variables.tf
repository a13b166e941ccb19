variable "billing_account" {
  description = "Billing account that the budget watches; null: no budget."
  type        = string
}

variable "dead_subscriptions" {
  description = "Subscriptions that hold dead letters."
  type        = list(string)
}

variable "emails" {
  description = "Mail addresses to tell."
  type        = list(string)
}

variable "event_functions" {
  description = "Names of the event functions' services."
  type        = list(string)
}

variable "host" {
  description = "Host of recommend, for the uptime check."
  type        = string
}

variable "labels" {
  description = "Labels."
  type        = map(string)
}

variable "latency_ms" {
  description = "Milliseconds within which 99 of 100 recommendations are answered."
  type        = number
  default     = 500
}

variable "min_instances" {
  description = "Instances of recommend that are kept; with 0 their absence is no alarm."
  type        = number
}

variable "monthly_budget" {
  description = "US dollars a month."
  type        = number
}

variable "objective" {
  description = "Share of requests to be answered without a server's error."
  type        = number
  default     = 0.995
}

variable "pagerduty_key" {
  description = "Service key of PagerDuty; empty: none."
  type        = string
  sensitive   = true
}

variable "project" {
  description = "Project."
  type        = string
}

variable "project_number" {
  description = "Its number, by which a budget names it."
  type        = string
}

variable "runbooks" {
  description = "Where the runbooks are read: the address or folder before their file names."
  type        = string
  default     = "docs/runbooks"
}

variable "service" {
  description = "Name of recommend's service."
  type        = string
}

variable "slack" {
  description = "Slack channel and token; null: none."
  type        = object({ channel = string, token = string })
  sensitive   = true
}
