# The least that serves: one region, no instance kept, nobody paged, no site; data may go.
project             = "f1-strategy-dev"
project_number      = "100000000001"
environment         = "dev"
prefix              = "f1-strategy-dev-"
region              = "europe-west1"
season              = 2026
calendar            = []
scaling             = { min = 0, max = 3 }
deletion_protection = false
alert_emails        = ["strategy-dev@example.com"]
operators           = []
monthly_budget      = 50
billing_account     = null
dashboard_domain    = null
github_repository   = null
dataflow            = { enabled = false, template = "" }
vertex_registry     = false
copy_from           = null
paused              = false
