"""Jolpica's API (Ergast's successor) over the network: limits, requests, pages kept as fetched, rows, resumable
steps."""
