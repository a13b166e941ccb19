"""Requests that nobody means well: made from the OpenAPI document, spoiled, and what every answer to them must hold."""
