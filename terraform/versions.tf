terraform {
  required_version = ">= 1.8"

  required_providers {
    google = {
      source  = "hashicorp/google"
      version = "~> 6.50"
    }
    google-beta = {
      source  = "hashicorp/google-beta"
      version = "~> 6.50"
    }
  }

  # Bucket and prefix come from `terraform init -backend-config=...`; see docs/deploy.md.
  backend "gcs" {}
}

provider "google" {
  project = var.project
  region  = var.region
  # Billing budgets are asked for in the name of a project.
  user_project_override = true
  billing_project       = var.project
}

# For the flex template of modules/streaming alone.
provider "google-beta" {
  project = var.project
  region  = var.region
}
