# The standing Dataflow job, switched on; and what the variables refuse.

mock_provider "google" {}
mock_provider "google-beta" {}

variables {
  project        = "f1-strategy-dev"
  project_number = "100000000001"
  environment    = "dev"
  prefix         = "f1-strategy-dev-"
  region         = "europe-west1"
  season         = 2026
  packages       = "tests/packages.json"
}

run "job" {
  command = plan

  variables {
    dataflow = { enabled = true, template = "gs://templates/stream_features.json", max_workers = 2 }
  }

  assert {
    condition     = length(module.streaming) == 1
    error_message = "The job is there when it is asked for."
  }

  assert {
    condition     = !contains(keys(module.subscription), "stream-samples") && contains(keys(module.subscription), "stream-features")
    error_message = "Car samples go to the job, race state stays with the function."
  }

  assert {
    condition     = google_storage_bucket_iam_member.dataflow_temp[0].role == "roles/storage.objectUser"
    error_message = "Its workers write temporary files."
  }
}

run "a_job_needs_a_template" {
  command = plan
  variables {
    dataflow = { enabled = true }
  }
  expect_failures = [var.dataflow]
}

run "a_prefix_ends_in_a_hyphen" {
  command = plan
  variables {
    prefix = "f1"
  }
  expect_failures = [var.prefix]
}

run "a_date_of_the_calendar_is_a_date" {
  command = plan
  variables {
    calendar = [{ round = 1, date = "8 March" }]
  }
  expect_failures = [var.calendar]
}
