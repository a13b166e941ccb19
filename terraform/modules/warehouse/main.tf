# The dataset, every table of shared/tables.py (through generated/tables.json), a dataset for daily snapshots, and who
# may read or write which table.

resource "google_bigquery_dataset" "this" {
  dataset_id                 = var.dataset
  location                   = var.location
  description                = "Formula One race strategy: raw tables, features, live samples and the audit"
  max_time_travel_hours      = 168
  delete_contents_on_destroy = !var.deletion_protection
  labels                     = var.labels
}

resource "google_bigquery_dataset" "snapshots" {
  dataset_id                  = "${var.dataset}_snapshots"
  location                    = var.location
  description                 = "Daily snapshots of ${var.dataset}; each expires by itself"
  default_table_expiration_ms = var.snapshot_days * 24 * 3600 * 1000
  delete_contents_on_destroy  = true
  labels                      = var.labels
}

# Where loads are staged before they replace partitions, and the ids of rows that were appended once are kept.
resource "google_bigquery_dataset" "work" {
  dataset_id                 = "${var.dataset}_work"
  location                   = var.location
  description                = "Staging tables, each gone within the hour, and ids of appended rows"
  delete_contents_on_destroy = !var.deletion_protection
  labels                     = var.labels
}

resource "google_bigquery_table" "appended" {
  dataset_id          = google_bigquery_dataset.work.dataset_id
  table_id            = "appended"
  description         = "Ids of rows that were appended exactly once"
  clustering          = ["table_name", "id"]
  deletion_protection = var.deletion_protection
  labels              = var.labels
  schema = jsonencode([
    { name = "table_name", type = "STRING", mode = "REQUIRED", description = "the table that has the row" },
    { name = "id", type = "STRING", mode = "REQUIRED", description = "the row's id" },
  ])
}

resource "google_bigquery_dataset_iam_member" "worker" {
  for_each   = toset([for who, tables in var.writers : who if length(tables) > 0 && contains(keys(var.job_users), who)])
  dataset_id = google_bigquery_dataset.work.dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = var.members[each.value]
}

resource "google_bigquery_table" "this" {
  for_each                 = var.tables
  dataset_id               = google_bigquery_dataset.this.dataset_id
  table_id                 = each.key
  description              = each.value.description
  schema                   = jsonencode(each.value.schema)
  clustering               = length(each.value.clustering) > 0 ? each.value.clustering : null
  require_partition_filter = each.value.partition != null
  deletion_protection      = var.deletion_protection
  labels                   = var.labels

  dynamic "time_partitioning" {
    for_each = each.value.partition[*]
    content {
      type          = "DAY"
      field         = time_partitioning.value
      expiration_ms = lookup(var.expire_days, each.key, null) == null ? null : var.expire_days[each.key] * 24 * 3600 * 1000
    }
  }
}

locals {
  reads  = merge([for who, tables in var.readers : { for table in tables : "${who}/${table}" => { who = who, table = table } }]...)
  writes = merge([for who, tables in var.writers : { for table in tables : "${who}/${table}" => { who = who, table = table } }]...)
}

resource "google_bigquery_table_iam_member" "reader" {
  for_each   = local.reads
  dataset_id = google_bigquery_dataset.this.dataset_id
  table_id   = google_bigquery_table.this[each.value.table].table_id
  role       = "roles/bigquery.dataViewer"
  member     = var.members[each.value.who]
}

resource "google_bigquery_table_iam_member" "writer" {
  for_each   = local.writes
  dataset_id = google_bigquery_dataset.this.dataset_id
  table_id   = google_bigquery_table.this[each.value.table].table_id
  role       = "roles/bigquery.dataEditor"
  member     = var.members[each.value.who]
}

resource "google_bigquery_dataset_iam_member" "dataset_reader" {
  for_each   = var.dataset_readers
  dataset_id = google_bigquery_dataset.this.dataset_id
  role       = "roles/bigquery.dataViewer"
  member     = each.value
}

resource "google_bigquery_dataset_iam_member" "snapshot_writer" {
  for_each   = var.snapshot_writers
  dataset_id = google_bigquery_dataset.snapshots.dataset_id
  role       = "roles/bigquery.dataEditor"
  member     = each.value
}

# Taking a snapshot of a table needs createSnapshot on it, which dataViewer lacks and dataOwner has with much else.
resource "google_project_iam_custom_role" "snapshot" {
  role_id     = "f1TableSnapshots"
  title       = "Take snapshots of tables"
  permissions = ["bigquery.tables.createSnapshot", "bigquery.tables.get", "bigquery.tables.getData", "bigquery.tables.list"]
}

resource "google_bigquery_dataset_iam_member" "snapshot_source" {
  for_each   = var.snapshot_writers
  dataset_id = google_bigquery_dataset.this.dataset_id
  role       = "projects/${var.project}/roles/${google_project_iam_custom_role.snapshot.role_id}"
  member     = each.value
}

# Running a query or a load is a right in the project; what it may touch is decided by the tables.
resource "google_project_iam_member" "job_user" {
  for_each = var.job_users
  project  = var.project
  role     = "roles/bigquery.jobUser"
  member   = each.value
}
