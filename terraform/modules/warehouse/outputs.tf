output "dataset" {
  description = "Dataset's id."
  value       = google_bigquery_dataset.this.dataset_id
}

output "snapshots" {
  description = "Id of the snapshots' dataset."
  value       = google_bigquery_dataset.snapshots.dataset_id
}

output "table_ids" {
  description = "project.dataset.table by table's name."
  value       = { for name, table in google_bigquery_table.this : name => "${var.project}.${table.dataset_id}.${table.table_id}" }
}
