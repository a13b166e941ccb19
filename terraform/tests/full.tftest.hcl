# The primary region with everything that race weekends need.

mock_provider "google" {}
mock_provider "google-beta" {}

run "environment" {
  module {
    source = "./tests/environment"
  }
  variables {
    name = "prod"
  }
}

run "plan" {
  command = plan

  variables {
    packages            = "tests/packages.json"
    project             = run.environment.values.project
    project_number      = run.environment.values.project_number
    environment         = run.environment.values.environment
    prefix              = run.environment.values.prefix
    region              = run.environment.values.region
    season              = run.environment.values.season
    calendar            = run.environment.values.calendar
    scaling             = run.environment.values.scaling
    deletion_protection = run.environment.values.deletion_protection
    alert_emails        = run.environment.values.alert_emails
    operators           = run.environment.values.operators
    monthly_budget      = run.environment.values.monthly_budget
    billing_account     = run.environment.values.billing_account
    dashboard_domain    = run.environment.values.dashboard_domain
    github_repository   = run.environment.values.github_repository
    dataflow            = run.environment.values.dataflow
    vertex_registry     = run.environment.values.vertex_registry
    copy_from           = run.environment.values.copy_from
    paused              = run.environment.values.paused
    pagerduty_key       = "key"
    slack               = { channel = "#strategy", token = "token" }
  }

  assert {
    condition     = length(module.function) == 5
    error_message = "Five functions are called by events."
  }

  assert {
    condition     = alltrue([for name, subscription in local.subscriptions : contains(keys(module.subscription), name)])
    error_message = "Every event function has a subscription of its own."
  }

  assert {
    condition     = length(module.site) == 1
    error_message = "The dashboard is hosted."
  }

  assert {
    condition     = length(module.release) == 1
    error_message = "Workflows deploy through workload identity."
  }

  assert {
    condition     = length(module.streaming) == 0
    error_message = "Per-message functions carry the stream; the standing job stays off."
  }

  assert {
    condition     = length(google_project_iam_member.model_mirror) == 1
    error_message = "train may mirror bundles."
  }
}
