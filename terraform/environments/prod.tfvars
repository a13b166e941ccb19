# The primary region, with everything that race weekends need. Slack's token and PagerDuty's key come from the
# environment (TF_VAR_slack, TF_VAR_pagerduty_key), never from a file.
project             = "f1-strategy-prod"
project_number      = "100000000002"
environment         = "prod"
prefix              = "f1-strategy-prod-"
region              = "europe-west1"
season              = 2026
scaling             = { min = 1, max = 20 }
deletion_protection = true
alert_emails        = ["strategy@example.com"]
operators           = ["group:strategy-operators@example.com"]
monthly_budget      = 200
billing_account     = "000000-000000-000000"
dashboard_domain    = "strategy.example.com"
github_repository   = "example/f1-strategy"
dataflow            = { enabled = false, template = "" }
vertex_registry     = true
copy_from           = null
paused              = false

# `python -m tools.cloud.terraform_data --calendar SEASON` prints the rest of a season; two rounds show the form.
calendar = [
  { round = 1, date = "2026-03-08" },
  { round = 2, date = "2026-03-15" },
]
