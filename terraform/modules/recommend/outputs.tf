output "name" {
  description = "Service's name."
  value       = google_cloud_run_v2_service.this.name
}

output "uri" {
  description = "Address of the service."
  value       = google_cloud_run_v2_service.this.uri
}
