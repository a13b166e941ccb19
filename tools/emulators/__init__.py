"""Emulators of Google Cloud on loopback, for tests: BigQuery, Cloud Storage, Pub/Sub."""
