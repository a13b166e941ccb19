"""The one error type a caller can catch: everything the product raises on purpose derives from ``F1Error``.

A message says what was wrong, where, and what would be right; it never holds a key.
"""

from __future__ import annotations


class F1Error(Exception):
    """Base of every error that the product raises on purpose."""


class SettingsError(F1Error):
    """A setting is missing or cannot be used."""


class EventError(F1Error):
    """An event cannot be decoded: its envelope, its version or its fields are not what the topic carries."""


class WarehouseError(F1Error):
    """A statement or load failed; the message names the table, and the column where one is to blame."""


class StoreError(F1Error):
    """An object cannot be read or written."""


class NotFound(StoreError):
    """No such object."""


class PreconditionFailed(StoreError):
    """The object's generation is not the one that the caller expected: somebody else wrote it meanwhile."""


class TooManyRequests(StoreError):
    """The store asks to slow down (Cloud Storage's 429: an object was written more than once a second)."""


class BusError(F1Error):
    """A message cannot be published."""
