# The second region: everything deployed, copies running, schedules paused.

mock_provider "google" {}
mock_provider "google-beta" {}

run "environment" {
  module {
    source = "./tests/environment"
  }
  variables {
    name = "disaster"
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
    condition     = length(module.replica) == 1
    error_message = "The second region copies from the primary."
  }

  assert {
    condition     = output.identity_provider != null || length(module.release) == 1
    error_message = "It can be deployed to."
  }
}
