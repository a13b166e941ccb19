# The APIs that the product uses. Destroying the configuration leaves them on: others in the project may use them too.

variable "services" {
  description = "Names before .googleapis.com."
  type        = set(string)
}

resource "google_project_service" "this" {
  for_each           = var.services
  service            = "${each.key}.googleapis.com"
  disable_on_destroy = false
}

output "enabled" {
  description = "Depends on every API being on."
  value       = { for name, service in google_project_service.this : name => service.service }
}
