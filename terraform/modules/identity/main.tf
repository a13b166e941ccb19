# Service accounts by purpose. None gets a key, and none a role here: roles stand beside the resource they guard.

variable "accounts" {
  description = "What each account is for, by name."
  type        = map(string)
}

variable "project" {
  description = "Project that the accounts belong to."
  type        = string
}

resource "google_service_account" "this" {
  for_each     = var.accounts
  project      = var.project
  account_id   = "f1-${replace(each.key, "_", "-")}"
  display_name = each.value
}

# Spelled out rather than read back, so that a plan shows who gets which role.
output "emails" {
  description = "Address of each account."
  value       = { for name, account in google_service_account.this : name => "${account.account_id}@${account.project}.iam.gserviceaccount.com" }
}

output "members" {
  description = "IAM member of each account."
  value       = { for name, account in google_service_account.this : name => "serviceAccount:${account.account_id}@${account.project}.iam.gserviceaccount.com" }
}
