# The second region: functions deployed, data copied from the primary, schedules paused until docs/runbooks/region.md is
# followed. One instance is kept, so that the copy answers at once.
project             = "f1-strategy-standby"
project_number      = "100000000003"
environment         = "standby"
prefix              = "f1-strategy-standby-"
region              = "europe-north1"
season              = 2026
calendar            = []
scaling             = { min = 1, max = 20 }
deletion_protection = true
alert_emails        = ["strategy@example.com"]
operators           = ["group:strategy-operators@example.com"]
monthly_budget      = 100
billing_account     = "000000-000000-000000"
dashboard_domain    = null
github_repository   = "example/f1-strategy"
dataflow            = { enabled = false, template = "" }
vertex_registry     = false
copy_from           = { project = "f1-strategy-prod", bucket_prefix = "f1-strategy-prod-" }
paused              = true
