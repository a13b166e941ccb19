"""The Google Cloud backend: BigQuery, Cloud Storage, Pub/Sub, through Google's own clients.

Each module opens its port with ``open_port(settings)`` and makes its client when first used, so that a function pays
only for what it calls. The clients find credentials as they always do, and emulators by the variables that Google's
libraries read: ``BIGQUERY_EMULATOR_HOST``, ``STORAGE_EMULATOR_HOST``, ``PUBSUB_EMULATOR_HOST``. The tables, buckets,
topics and subscriptions are Terraform's.
"""
