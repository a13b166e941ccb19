output "name" {
  description = "Function's name in the cloud."
  value       = google_cloudfunctions2_function.this.name
}

output "uri" {
  description = "Address of the function."
  value       = google_cloudfunctions2_function.this.service_config[0].uri
}
