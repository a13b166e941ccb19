output "name" {
  description = "Subscription's name."
  value       = google_pubsub_subscription.this.name
}

output "dead" {
  description = "Name of the subscription that holds the dead letters."
  value       = google_pubsub_subscription.dead.name
}
