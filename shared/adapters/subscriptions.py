"""The product's topics and push subscriptions, as in the cloud, and how the worker takes what they deliver."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shared import events

_FILTER = re.compile(r'(?P<no>NOT )?attributes\.(?P<name>\w+) = "(?P<value>[^"\\]*)"')


@dataclass(frozen=True)
class Subscription:
    """A push subscription: where a topic's messages go, and how often and how long each is tried.

    ``path`` is the endpoint's path at the worker; ``ack_deadline`` in seconds; ``max_in_flight`` messages at a time.
    ``filter``: which messages it wants, in Pub/Sub's words, of which ``attributes.a = "b"`` and its ``NOT`` are known
    here. ``batch``: most messages in one request, which Pub/Sub does not do; ``linger``: s between claims then, so that
    a steady stream makes batches.
    """

    name: str
    topic: str
    path: str
    max_attempts: int = 5
    ack_deadline: float = 600.0
    max_in_flight: int = 4
    filter: str = ""
    batch: int = 1
    linger: float = 0.0

    def wants(self, attributes: Mapping[str, str]) -> bool:
        """Whether a message with these attributes passes the filter. Raises ValueError for one not known here."""
        if not self.filter:
            return True
        found = _FILTER.fullmatch(self.filter)
        if found is None:
            raise ValueError(f"subscription {self.name}: the filter {self.filter!r} is not understood here")
        return (attributes.get(found["name"]) == found["value"]) is not bool(found["no"])


SUBSCRIPTIONS = (
    Subscription("ingest-ergast", "ingest-requests", "/ingest_ergast", max_attempts=20, max_in_flight=1),
    Subscription("ingest-fastf1", "ingest-requests", "/ingest_fastf1", max_attempts=20, max_in_flight=1),
    Subscription("preprocess", events.MANIFESTS_FINALIZED, "/preprocess", ack_deadline=3600.0, max_in_flight=1),
    Subscription("train", "features-ready", "/train", ack_deadline=3600.0, max_in_flight=1),
    Subscription(
        "stream-features", "telemetry", "/stream_features", max_in_flight=96, filter='NOT attributes.kind = "car"'
    ),
    Subscription(
        "stream-samples",
        "telemetry",
        "/stream_features",
        max_in_flight=2000,
        filter='attributes.kind = "car"',
        batch=500,
        linger=0.05,
    ),
    Subscription("store-recommendations", "recommendations", "/store_recommendations"),
)
"""The product's subscriptions, as in the cloud. A source may be down for hours, hence the ingests' attempts. Car
samples have a subscription of their own, so that a race's state never waits behind them."""

_HEARD_BY_NONE = (events.ModelPromoted, events.ModelRefused, events.ModelDrift)
TOPICS = frozenset(
    {subscription.topic for subscription in SUBSCRIPTIONS} | {message.TOPIC for message in _HEARD_BY_NONE}
)
