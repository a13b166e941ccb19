output "jobs" {
  description = "Names of all jobs."
  value       = concat(keys(google_cloud_scheduler_job.ingest), keys(google_cloud_scheduler_job.query))
}
