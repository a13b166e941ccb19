# Lets workflows of one repository deploy without a key: GitHub's identity token is exchanged for the deployer's.
# Only jobs of the main branch get it that run in the environment of this name, where a person lets them through.

variable "deployer" {
  description = "Address of the account that deploys."
  type        = string
}

variable "environment" {
  description = "Environment of GitHub's that a job must run in."
  type        = string
}

variable "project" {
  description = "Project."
  type        = string
}

variable "project_number" {
  description = "Its number."
  type        = string
}

variable "repository" {
  description = "owner/name of the repository."
  type        = string
}

variable "run_as" {
  description = "Accounts that the deployer may attach to functions, by a name for the plan."
  type        = map(string)
}

locals {
  # What `terraform apply` of this configuration touches. No primitive role, and none that grants roles in the project
  # at large but the one that IAM needs for the bindings here.
  roles = toset([
    "roles/artifactregistry.admin",
    "roles/bigquery.dataOwner",
    "roles/cloudbuild.builds.editor",
    "roles/cloudfunctions.developer",
    "roles/cloudscheduler.admin",
    "roles/compute.loadBalancerAdmin",
    "roles/iam.roleAdmin",
    "roles/iam.serviceAccountAdmin",
    "roles/iam.workloadIdentityPoolAdmin",
    "roles/logging.configWriter",
    "roles/monitoring.editor",
    "roles/pubsub.admin",
    "roles/resourcemanager.projectIamAdmin",
    "roles/run.admin",
    "roles/secretmanager.admin",
    "roles/serviceusage.serviceUsageAdmin",
    "roles/storage.admin",
  ])
}

resource "google_iam_workload_identity_pool" "this" {
  workload_identity_pool_id = "f1-github"
  display_name              = "GitHub Actions"
}

resource "google_iam_workload_identity_pool_provider" "this" {
  #checkov:skip=CKV_GCP_125:the claim is checked, repository and environment; the scan does not see the variables' values
  workload_identity_pool_id          = google_iam_workload_identity_pool.this.workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  attribute_condition                = "assertion.sub == 'repo:${var.repository}:environment:${var.environment}' && assertion.ref == 'refs/heads/main'"
  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository"
  }
  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}

resource "google_service_account_iam_member" "workflow" {
  service_account_id = "projects/${var.project}/serviceAccounts/${var.deployer}"
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/projects/${var.project_number}/locations/global/workloadIdentityPools/${google_iam_workload_identity_pool.this.workload_identity_pool_id}/attribute.repository/${var.repository}"
}

resource "google_service_account_iam_member" "run_as" {
  for_each           = var.run_as
  service_account_id = "projects/${var.project}/serviceAccounts/${each.value}"
  role               = "roles/iam.serviceAccountUser"
  member             = "serviceAccount:${var.deployer}"
}

resource "google_project_iam_member" "deployer" {
  #checkov:skip=CKV_GCP_49:it makes the functions' accounts and starts their builds; it may act as named accounts only
  for_each = local.roles
  project  = var.project
  role     = each.key
  member   = "serviceAccount:${var.deployer}"
}

output "provider" {
  description = "Name of the identity provider, for the workflow's variable GCP_IDENTITY_PROVIDER."
  value       = "projects/${var.project_number}/locations/global/workloadIdentityPools/${google_iam_workload_identity_pool.this.workload_identity_pool_id}/providers/${google_iam_workload_identity_pool_provider.this.workload_identity_pool_provider_id}"
}
