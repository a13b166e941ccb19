# Who may do what: one table, from which every binding below is made. docs/access.md shows it, and a test compares that
# page with the plan.

locals {
  # tables: by layer of generated/tables.json; buckets: "read" or "write"; publishes: topics.
  access = {
    ingest_ergast = {
      description = "Results and lap times from Jolpica"
      reads       = []
      writes      = ["raw", "quarantine"]
      buckets     = { raw = "write", manifests = "write" }
      publishes   = ["ingest-requests"]
    }
    ingest_fastf1 = {
      description = "Laps, telemetry, weather and race control from FastF1"
      reads       = []
      writes      = ["raw", "quarantine"]
      buckets     = { raw = "write", manifests = "write" }
      publishes   = ["ingest-requests"]
    }
    preprocess = {
      description = "Raw rows into clean laps and features"
      reads       = ["raw"]
      writes      = ["features", "quarantine"]
      buckets     = { raw = "read", manifests = "read", races = "write" }
      publishes   = ["features-ready"]
    }
    train = {
      description = "Features into a bundle of models, promoted or refused"
      reads       = ["raw", "features", "live"]
      writes      = ["model_drift"]
      buckets     = { models = "write" }
      publishes   = ["features-ready", "model-promoted", "model-refused", "model-drift"]
    }
    stream_features = {
      description = "Live telemetry, message by message"
      reads       = []
      writes      = ["live", "quarantine"]
      buckets     = { live = "write" }
      publishes   = []
    }
    recommend = {
      description = "The product over HTTP"
      reads       = []
      writes      = []
      buckets     = { models = "read", races = "read", live = "read" }
      publishes   = ["recommendations"]
    }
  }

  event_functions = toset([for name in keys(local.access) : name if name != "recommend"])

  # Beside a function's own account: one for each trigger, and those of the machinery.
  accounts = merge(
    { for name, grants in local.access : name => grants.description },
    { for name in local.event_functions : "trigger-${name}" => "Calls ${name} for Pub/Sub" },
    {
      builder   = "Builds functions"
      feed      = "Publishes live telemetry"
      snapshots = "Takes the daily snapshots"
      watch     = "Reads tables to watch freshness, quality and drift"
    },
    var.github_repository == null ? {} : { deployer = "Deploys from GitHub's workflows" },
    var.dataflow.enabled ? { dataflow = "Runs the standing stream job" } : {},
    var.copy_from == null ? {} : { replica = "Copies the primary's tables" },
  )

  # Google's own agents in this project.
  pubsub_agent  = "serviceAccount:service-${var.project_number}@gcp-sa-pubsub.iam.gserviceaccount.com"
  storage_agent = "serviceAccount:service-${var.project_number}@gs-project-accounts.iam.gserviceaccount.com"
  log_writer    = "group:cloud-storage-analytics@google.com"

  members = module.identity.members
  emails  = module.identity.emails

  operators = { for index, member in var.operators : "operator-${index}" => member }

  by_layer = { for layer in distinct([for table in values(local.tables) : table.layer]) :
    layer => [for name, table in local.tables : name if table.layer == layer]
  }
  table_readers = merge(
    { for who, grants in local.access : who => setsubtract(toset(flatten([for layer in grants.reads : local.by_layer[layer]])), toset(flatten([for layer in grants.writes : local.by_layer[layer]]))) },
  )
  table_writers = merge(
    { for who, grants in local.access : who => toset(flatten([for layer in grants.writes : local.by_layer[layer]])) },
    { pubsub = toset(local.by_layer["recommendations"]) },
    var.dataflow.enabled ? { dataflow = toset(concat(local.by_layer["live"], local.by_layer["quarantine"])) } : {},
  )

  bucket_readers = { for bucket in local.bucket_names : bucket =>
    { for who, grants in local.access : who => local.members[who] if lookup(grants.buckets, bucket, "") == "read" }
  }
  bucket_writers = { for bucket in local.bucket_names : bucket =>
    { for who, grants in local.access : who => local.members[who] if lookup(grants.buckets, bucket, "") == "write" }
  }
  publishers = { for topic in local.topics : topic => merge(
    { for who, grants in local.access : who => local.members[who] if contains(grants.publishes, topic) },
    topic == "telemetry" ? { feed = local.members["feed"] } : {},
    topic == "manifests-finalized" ? { storage = local.storage_agent } : {},
    # Cloud Scheduler publishes with its own agent, which owns no topic until it is told.
    topic == "ingest-requests" ? { scheduler = "serviceAccount:service-${var.project_number}@gcp-sa-cloudscheduler.iam.gserviceaccount.com" } : {},
    # Whoever replays dead letters publishes them again.
    contains(concat(keys(local.subscriptions_by_topic), ["recommendations"]), topic) ? local.operators : {},
  ) }
}
