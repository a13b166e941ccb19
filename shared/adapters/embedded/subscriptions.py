"""The product's topics and push subscriptions, as in the cloud, and how the worker takes what they deliver."""

from __future__ import annotations

from dataclasses import dataclass

from shared import events


@dataclass(frozen=True)
class Subscription:
    """A push subscription: where a topic's messages go, and how often and how long each is tried.

    ``path`` is the endpoint's path at the worker; ``ack_deadline`` in seconds; ``max_in_flight`` messages at a time.
    """

    name: str
    topic: str
    path: str
    max_attempts: int = 5
    ack_deadline: float = 600.0
    max_in_flight: int = 4


SUBSCRIPTIONS = (
    Subscription("ingest-ergast", "ingest-requests", "/ingest_ergast", max_attempts=20, max_in_flight=1),
    Subscription("ingest-fastf1", "ingest-requests", "/ingest_fastf1", max_attempts=20, max_in_flight=1),
    Subscription("preprocess", events.MANIFESTS_FINALIZED, "/preprocess", ack_deadline=3600.0, max_in_flight=1),
    Subscription("train", "features-ready", "/train", ack_deadline=3600.0, max_in_flight=1),
    Subscription("stream-features", "telemetry", "/stream_features", max_in_flight=96),
    Subscription("store-recommendations", "recommendations", "/store_recommendations"),
)
"""The product's subscriptions, as in the cloud. A source may be down for hours, hence the ingests' attempts."""

_HEARD_BY_NONE = (events.ModelPromoted, events.ModelRefused, events.ModelDrift)
TOPICS = frozenset(
    {subscription.topic for subscription in SUBSCRIPTIONS} | {message.TOPIC for message in _HEARD_BY_NONE}
)
