# The whole system, from a project with billing to functions that serve. Who may do what is in access.tf.

locals {
  labels         = { app = "f1-strategy", environment = var.environment }
  generated      = "${path.module}/generated"
  tables         = jsondecode(file("${local.generated}/tables.json"))
  packages       = jsondecode(file("${path.module}/${var.packages}"))
  package_folder = dirname("${path.module}/${var.packages}")

  bucket_names = toset(["raw", "manifests", "models", "live", "races", "backups"])
  topics       = toset(["ingest-requests", "manifests-finalized", "features-ready", "model-promoted", "model-refused", "model-drift", "telemetry", "recommendations"])
  checked      = toset(["ingest-requests", "features-ready", "model-promoted", "model-refused", "model-drift"])

  # As in shared/adapters/subscriptions.py, which a test compares.
  subscriptions = merge(
    {
      ingest-ergast   = { topic = "ingest-requests", function = "ingest_ergast", attempts = 20, filter = null }
      ingest-fastf1   = { topic = "ingest-requests", function = "ingest_fastf1", attempts = 20, filter = null }
      preprocess      = { topic = "manifests-finalized", function = "preprocess", attempts = 5, filter = null }
      train           = { topic = "features-ready", function = "train", attempts = 5, filter = null }
      stream-features = { topic = "telemetry", function = "stream_features", attempts = 5, filter = "NOT attributes.kind = \"car\"" }
    },
    # Car samples have a subscription of their own, so that a race's state never waits behind them, and none where the
    # standing stream job takes them.
    var.dataflow.enabled ? {} : {
      stream-samples = { topic = "telemetry", function = "stream_features", attempts = 5, filter = "attributes.kind = \"car\"" }
    },
  )
  subscriptions_by_topic = { for name, subscription in local.subscriptions : subscription.topic => name... }

  sizes = {
    ingest_ergast   = { memory = "1Gi", cpu = "1", timeout = 540, max_instances = 1, concurrency = 1 }
    ingest_fastf1   = { memory = "2Gi", cpu = "1", timeout = 540, max_instances = 1, concurrency = 1 }
    preprocess      = { memory = "2Gi", cpu = "1", timeout = 540, max_instances = 2, concurrency = 1 }
    train           = { memory = "8Gi", cpu = "2", timeout = 540, max_instances = 1, concurrency = 1 }
    stream_features = { memory = "512Mi", cpu = "1", timeout = 60, max_instances = 20, concurrency = 40 }
  }

  token_settings = var.identity_tokens == null ? {} : {
    F1_TOKEN_AUDIENCE = var.identity_tokens.audience
    F1_TOKEN_ACCOUNTS = join(",", var.identity_tokens.accounts)
  }
  settings = merge(
    {
      F1_BACKEND           = "gcp"
      F1_GCP_PROJECT       = var.project
      F1_GCP_DATASET       = var.dataset
      F1_GCP_BUCKET_PREFIX = var.prefix
      F1_LOG_FORMAT        = "json"
      F1_STATE_DIR         = "/tmp/f1"
    },
    var.dashboard_domain == null ? {} : { F1_CORS_ORIGIN = "https://${var.dashboard_domain}" },
  )
}

module "services" {
  source = "./modules/services"
  services = toset(concat(
    [
      "artifactregistry", "bigquery", "bigquerystorage", "billingbudgets", "cloudbuild", "cloudfunctions", "cloudscheduler",
      "iam", "iamcredentials", "logging", "monitoring", "pubsub", "run", "secretmanager", "storage", "sts",
    ],
    var.dashboard_domain == null ? [] : ["compute"],
    var.dataflow.enabled ? ["compute", "dataflow"] : [],
    var.copy_from == null ? [] : ["bigquerydatatransfer", "storagetransfer"],
    var.vertex_registry ? ["aiplatform"] : [],
  ))
}

module "identity" {
  source     = "./modules/identity"
  project    = var.project
  accounts   = local.accounts
  depends_on = [module.services]
}

module "logs_bucket" {
  source            = "./modules/bucket"
  name              = "${var.prefix}access-logs"
  location          = var.region
  expire_after_days = 90
  noncurrent_days   = 1
  force_destroy     = true
  labels            = local.labels
  writers           = { analytics = local.log_writer }
  depends_on        = [module.services]
}

module "bucket" {
  source            = "./modules/bucket"
  for_each          = local.bucket_names
  name              = "${var.prefix}${each.key}"
  location          = var.region
  log_bucket        = module.logs_bucket.name
  cold_after_days   = each.key == "raw" ? 90 : null
  expire_after_days = lookup({ live = 14, backups = 30 }, each.key, null)
  noncurrent_days   = each.key == "live" ? 1 : 30
  force_destroy     = !var.deletion_protection
  labels            = local.labels
  readers           = local.bucket_readers[each.key]
  writers           = local.bucket_writers[each.key]
  notify_topic      = each.key == "manifests" ? module.topic["manifests-finalized"].path : null
}

module "sources_bucket" {
  source          = "./modules/bucket"
  name            = "${var.prefix}sources"
  location        = var.region
  log_bucket      = module.logs_bucket.name
  noncurrent_days = 90
  force_destroy   = !var.deletion_protection
  labels          = local.labels
  readers         = { builder = local.members["builder"] }
}

module "warehouse" {
  source              = "./modules/warehouse"
  project             = var.project
  dataset             = var.dataset
  location            = var.region
  tables              = local.tables
  deletion_protection = var.deletion_protection
  expire_days         = { live_features = 400, live_windows = 400, recommendations = 400 }
  labels              = local.labels
  members             = merge(local.members, { pubsub = local.pubsub_agent })
  readers             = local.table_readers
  writers             = local.table_writers
  dataset_readers = merge(
    { watch = local.members["watch"] },
    local.operators,
  )
  snapshot_writers = { snapshots = local.members["snapshots"] }
  job_users = merge(
    { for who, grants in local.access : who => local.members[who] if length(concat(grants.reads, grants.writes)) > 0 },
    { snapshots = local.members["snapshots"], watch = local.members["watch"] },
    var.dataflow.enabled ? { dataflow = local.members["dataflow"] } : {},
  )
  depends_on = [module.services]
}

module "topic" {
  source     = "./modules/topic"
  for_each   = local.topics
  name       = each.key
  project    = var.project
  region     = var.region
  schema     = contains(local.checked, each.key) ? file("${local.generated}/${each.key}.proto") : null
  publishers = local.publishers[each.key]
  labels     = local.labels
  depends_on = [module.services]
}

module "subscription" {
  source       = "./modules/subscription"
  for_each     = local.subscriptions
  name         = each.key
  topic        = module.topic[each.value.topic].name
  project      = var.project
  region       = var.region
  max_attempts = each.value.attempts
  ordered      = each.value.topic == "telemetry"
  filter       = each.value.filter
  pubsub_agent = local.pubsub_agent
  operators    = local.operators
  labels       = local.labels
  push = {
    endpoint        = module.function[each.value.function].uri
    audience        = module.function[each.value.function].uri
    service_account = local.emails["trigger-${each.value.function}"]
  }
}

# The audit goes from the topic to its table without a function between.
module "audit" {
  source       = "./modules/subscription"
  name         = "store-recommendations"
  topic        = module.topic["recommendations"].name
  project      = var.project
  region       = var.region
  max_attempts = 5
  pubsub_agent = local.pubsub_agent
  operators    = local.operators
  labels       = local.labels
  bigquery = {
    table     = module.warehouse.table_ids["recommendations"]
    transform = { function = "row", code = file("${path.module}/audit_row.js") }
  }
  depends_on = [module.warehouse]
}

resource "google_artifact_registry_repository" "functions" {
  repository_id = "f1-functions"
  location      = var.region
  format        = "DOCKER"
  description   = "Images that functions are built into"
  labels        = local.labels

  cleanup_policies {
    id     = "keep-ten"
    action = "KEEP"
    most_recent_versions {
      keep_count = 10
    }
  }

  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"
    condition {
      older_than = "2592000s"
    }
  }

  depends_on = [module.services]
}

resource "google_artifact_registry_repository_iam_member" "builder" {
  repository = google_artifact_registry_repository.functions.repository_id
  location   = var.region
  role       = "roles/artifactregistry.writer"
  member     = local.members["builder"]
}

resource "google_project_iam_member" "builder_logs" {
  project = var.project
  role    = "roles/logging.logWriter"
  member  = local.members["builder"]
}

module "function" {
  source          = "./modules/function"
  for_each        = local.event_functions
  name            = each.key
  description     = local.access[each.key].description
  project         = var.project
  region          = var.region
  package         = { path = "${local.package_folder}/${local.packages[each.key].file}", sha256 = local.packages[each.key].sha256 }
  sources_bucket  = module.sources_bucket.name
  repository      = "projects/${var.project}/locations/${var.region}/repositories/${google_artifact_registry_repository.functions.repository_id}"
  build_account   = local.emails["builder"]
  service_account = local.emails[each.key]
  trigger_account = local.emails["trigger-${each.key}"]
  pubsub_agent    = local.pubsub_agent
  size            = local.sizes[each.key]
  environment     = local.settings
  labels          = local.labels
  depends_on      = [google_artifact_registry_repository_iam_member.builder, google_project_iam_member.builder_logs]
}

# The keys themselves are added by hand (docs/deploy.md), so that Terraform's state never holds one.
resource "google_secret_manager_secret" "api_keys" {
  secret_id = "f1-api-keys"
  labels    = local.labels
  replication {
    auto {}
  }
  depends_on = [module.services]
}

module "recommend" {
  source          = "./modules/recommend"
  project         = var.project
  region          = var.region
  package         = { path = "${local.package_folder}/${local.packages["recommend"].file}", sha256 = local.packages["recommend"].sha256 }
  sources_bucket  = module.sources_bucket.name
  repository_url  = "${var.region}-docker.pkg.dev/${var.project}/${google_artifact_registry_repository.functions.repository_id}"
  base_image      = "${var.region}-docker.pkg.dev/serverless-runtimes/google-22-full/runtimes/python312"
  build_account   = local.emails["builder"]
  service_account = local.emails["recommend"]
  scaling         = var.scaling
  api_keys        = { secret = google_secret_manager_secret.api_keys.secret_id, version = var.api_key_version }
  # The archive's compiled simulation, under the settings that tools/package.py made it with.
  environment = merge(local.settings, local.token_settings, {
    JAX_COMPILATION_CACHE_DIR                  = "/workspace/compiled"
    JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS = "0"
    JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES  = "-1"
    JAX_PERSISTENT_CACHE_ENABLE_XLA_CACHES     = "none"
  })
  deletion_protection = var.deletion_protection
  labels              = local.labels
  depends_on          = [google_artifact_registry_repository_iam_member.builder, google_project_iam_member.builder_logs]
}
