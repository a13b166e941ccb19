# What runs beside the functions: schedules, monitoring, the dashboard's hosting, releases, and what is off by default.

module "schedule" {
  source           = "./modules/schedule"
  project          = var.project
  region           = var.region
  location         = var.region
  dataset          = module.warehouse.dataset
  snapshots        = module.warehouse.snapshots
  ingest_topic     = module.topic["ingest-requests"].path
  season           = var.season
  calendar         = var.calendar
  paused           = var.paused
  snapshot_account = local.emails["snapshots"]
  watch_account    = local.emails["watch"]
}

module "monitoring" {
  source             = "./modules/monitoring"
  project            = var.project
  project_number     = var.project_number
  service            = module.recommend.name
  host               = trimprefix(module.recommend.uri, "https://")
  min_instances      = var.scaling.min
  dead_subscriptions = concat([for subscription in values(module.subscription) : subscription.dead], [module.audit.dead])
  event_functions    = [for function in values(module.function) : function.name]
  emails             = var.alert_emails
  slack              = var.slack
  pagerduty_key      = var.pagerduty_key
  billing_account    = var.billing_account
  monthly_budget     = var.monthly_budget
  labels             = local.labels
}

module "site_bucket" {
  source        = "./modules/bucket"
  count         = var.dashboard_domain == null ? 0 : 1
  name          = "${var.prefix}dashboard"
  location      = var.region
  log_bucket    = module.logs_bucket.name
  site          = true
  force_destroy = true
  labels        = local.labels
}

module "site" {
  source     = "./modules/site"
  count      = var.dashboard_domain == null ? 0 : 1
  bucket     = module.site_bucket[0].name
  domain     = var.dashboard_domain
  labels     = local.labels
  depends_on = [module.services]
}

module "release" {
  source         = "./modules/release"
  count          = var.github_repository == null ? 0 : 1
  project        = var.project
  project_number = var.project_number
  repository     = var.github_repository
  environment    = var.environment
  deployer       = local.emails["deployer"]
  run_as         = { for who in concat(keys(local.access), ["builder", "snapshots", "watch"], [for name in local.event_functions : "trigger-${name}"]) : who => local.emails[who] }
  depends_on     = [module.services]
}

module "streaming" {
  source          = "./modules/streaming"
  count           = var.dataflow.enabled ? 1 : 0
  project         = var.project
  region          = var.region
  topic           = module.topic["telemetry"].name
  dataset         = module.warehouse.dataset
  bucket          = module.bucket["live"].name
  template        = var.dataflow.template
  max_workers     = var.dataflow.max_workers
  service_account = local.emails["dataflow"]
  labels          = local.labels
  depends_on      = [module.services]
}

resource "google_storage_bucket_iam_member" "dataflow_temp" {
  count  = var.dataflow.enabled ? 1 : 0
  bucket = module.bucket["live"].name
  role   = "roles/storage.objectUser"
  member = local.members["dataflow"]
}

module "replica" {
  source          = "./modules/replica"
  count           = var.copy_from == null ? 0 : 1
  project         = var.project
  copy_from       = var.copy_from
  dataset         = module.warehouse.dataset
  location        = var.region
  prefix          = var.prefix
  service_account = local.emails["replica"]
  depends_on      = [module.bucket]
}

# What the registry's mirror needs: models are uploaded, listed and given labels, nothing is deployed or deleted.
resource "google_project_iam_custom_role" "model_mirror" {
  count       = var.vertex_registry ? 1 : 0
  role_id     = "f1ModelMirror"
  title       = "Mirror bundles in the model registry"
  permissions = ["aiplatform.models.upload", "aiplatform.models.get", "aiplatform.models.list", "aiplatform.models.update"]
}

resource "google_project_iam_member" "model_mirror" {
  count   = var.vertex_registry ? 1 : 0
  project = var.project
  role    = "projects/${var.project}/roles/${google_project_iam_custom_role.model_mirror[0].role_id}"
  member  = local.members["train"]
}
