"""Every message on every topic, typed and versioned, and the only place that knows envelopes.

A message reaches a function in one of three envelopes: a raw Pub/Sub push body, Eventarc's ``messagePublished``
CloudEvent, or Cloud Storage's ``storage.object.v1.finalized`` CloudEvent (or its Pub/Sub notification).
``receive`` and ``receive_object`` take any of them and answer the typed message, or raise EventError saying what is
wrong. The messages on ``telemetry`` are many and stand in ``shared/telemetry.py``.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Generic, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from shared.errors import EventError
from shared.ports import EventBus

PUBLISHED = "google.cloud.pubsub.topic.v1.messagePublished"
FINALIZED = "google.cloud.storage.object.v1.finalized"

MANIFESTS_FINALIZED = "manifests-finalized"
"""Topic of Cloud Storage's notifications about the bucket ``manifests``."""

SAMPLED_MS = "sampled_ms"
"""Attribute of telemetry: the event's time by the feed's clock, ms since 1970."""

RaceId = Annotated[str, StringConstraints(pattern=r"^\d{4}_\d{2}$")]
Source = Literal["ergast", "fastf1"]


class Message(BaseModel):
    """Base of all messages. Fields unknown to this version are ignored, so that a newer sender may add some."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    TOPIC: ClassVar[str]
    version: int = 1


class IngestRequest(Message):
    """Ask the ingests for races. Both read the topic; ``sources`` says for whom it is meant."""

    TOPIC: ClassVar[str] = "ingest-requests"
    version: Literal[1] = 1
    sources: tuple[Source, ...] = ("ergast", "fastf1")
    seasons: tuple[int, ...] = Field(min_length=1)
    rounds: tuple[int, ...] | None = Field(None, description="rounds of the one season asked for; None: all of them")
    origin: Literal["recorded", "network"] = Field("recorded", description="files under the data folder, or the source")
    data_dir: str | None = Field(None, description="folder of recorded files; None: the setting F1_DATA_DIR")
    synthetic: bool = Field(
        False, description="the rows are simulated: what is trained on them is marked and kept apart"
    )
    batch_id: str | None = Field(None, description="a backfill: features-ready is sent once for all of it")
    until: dt.date | None = Field(None, description="take nothing dated after this day")
    session: Literal["R", "Q", "S", "SQ", "SS", "FP1", "FP2", "FP3"] = Field(
        "R", description="FastF1's identifier of the session; Ergast's tables have no such choice"
    )
    telemetry: bool = Field(True, description="FastF1's telemetry of every car as well")
    live: bool = Field(False, description="follow the one session that runs now, and send its telemetry messages")
    recording: str | None = Field(None, description="live: a recorded stream to follow, not the feed itself")
    cursor: str | None = Field(None, description="where a request that is worked on in steps goes on")


class Part(BaseModel):
    """Rows that a manifest announces: one table's partition and how many rows it holds."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    table: str
    partition: dt.date | None = None
    rows: int = Field(ge=0)
    object: str | None = Field(None, description="name in the bucket `raw` of the rows as loaded")


class Manifest(BaseModel):
    """An object in the bucket ``manifests``: raw rows that are in the warehouse now. Its finalized event is sent."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    version: Literal[1] = 1
    source: Source
    races: tuple[RaceId, ...] = ()
    parts: tuple[Part, ...]
    content_hash: str = Field(min_length=8, description="SHA-256 of the rows; job ids are made from it")
    synthetic: bool = False
    batch_id: str | None = None
    batch_sources: tuple[Source, ...] = Field((), description="sources whose last manifest completes the batch")
    batch_last: bool = Field(False, description="the last manifest of this source in the batch")


class FeaturesReady(Message):
    """The feature store holds these races in full: once a race, or once for a whole backfill."""

    TOPIC: ClassVar[str] = "features-ready"
    version: Literal[1] = 1
    races: tuple[RaceId, ...]
    until: dt.date = Field(description="date of the newest race in the feature store")
    fingerprint: str = Field(description="SHA-256 over the content hashes that the features come from")
    synthetic: bool = False
    batch_id: str | None = None
    cursor: str | None = Field(None, description="the step at which a training worked on in steps goes on")


class ModelPromoted(Message):
    """``current.json`` names a new bundle."""

    TOPIC: ClassVar[str] = "model-promoted"
    version: Literal[1] = 1
    model_version: str
    previous: str | None = None
    synthetic: bool = False
    until: dt.date | None = None

    @classmethod
    def of(cls, manifest: Mapping[str, Any], previous: str | None) -> ModelPromoted:
        """The message about the bundle of ``manifest``."""
        until = dt.date.fromisoformat(str(manifest["data"]["until"]))
        return cls(model_version=manifest["version"], previous=previous, synthetic=manifest["synthetic"], until=until)


class ModelRefused(Message):
    """A bundle was trained and not promoted: ``report`` is the object in the bucket ``models`` that says more."""

    TOPIC: ClassVar[str] = "model-refused"
    version: Literal[1] = 1
    model_version: str
    serving: str | None = None
    reasons: tuple[str, ...]
    report: str | None = None
    synthetic: bool = False


class ModelDrift(Message):
    """What recent races say of the models that serve; ``report``: object in the bucket ``models`` with figures."""

    TOPIC: ClassVar[str] = "model-drift"
    version: Literal[1] = 1
    model_version: str
    race_id: str | None = Field(None, description="newest race looked at")
    verdict: Literal["fine", "watch", "retrain"]
    models: tuple[str, ...] = Field((), description="models whose verdict this is, unless it is fine")
    reasons: tuple[str, ...] = ()
    report: str = "drift/latest.json"


class RecommendationMade(Message):
    """What recommend was asked and what it answered, for the audit."""

    TOPIC: ClassVar[str] = "recommendations"
    version: Literal[1] = 1
    made_at: AwareDatetime
    request: dict[str, Any]
    answer: dict[str, Any]
    seed: int
    model_version: str


class ObjectFinalized(BaseModel):
    """An object was written: its bucket, name and generation."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    bucket: str = Field(min_length=1)
    name: str = Field(min_length=1)
    generation: int = Field(gt=0)


@dataclass(frozen=True)
class Envelope:
    """A message as delivered: ``id`` is the same on every redelivery; ``data`` are the bytes that were published."""

    id: str
    data: bytes
    attributes: Mapping[str, str]
    published_at: str
    subscription: str
    attempt: int


MessageT = TypeVar("MessageT", bound=Message)


@dataclass(frozen=True)
class Received(Generic[MessageT]):
    """A typed message with the envelope it came in."""

    message: MessageT
    envelope: Envelope

    @property
    def id(self) -> str:
        """The message's id, the same on every redelivery."""
        return self.envelope.id


def publish(bus: EventBus, message: Message, ordering_key: str | None = None, **attributes: str) -> str:
    """Send a message on its own topic and answer its id; its version is an attribute as well, its kind where the
    topic carries several, so that a subscription may filter, and its event time where it has one (``SAMPLED_MS``), by
    which a stream job orders what it reads."""
    data = message.model_dump_json(exclude_none=True).encode()
    kind, sampled_at = getattr(message, "kind", None), getattr(message, "sampled_at", None)
    if kind is not None:
        attributes = {"kind": str(kind), **attributes}
    if sampled_at is not None:
        attributes = {SAMPLED_MS: str(round(1000 * sampled_at.timestamp())), **attributes}
    return bus.publish(message.TOPIC, data, {"version": str(message.version), **attributes}, ordering_key)


def receive(event: Any, model: type[MessageT]) -> Received[MessageT]:
    """The message of that type in a CloudEvent or a raw push body. Raises EventError naming the field at fault."""
    envelope = open_envelope(event)
    return Received(_validated(model, _json(envelope.data, model.TOPIC), model.TOPIC), envelope)


def receive_object(event: Any) -> ObjectFinalized:
    """The object that was written, from either form of Cloud Storage's event. Raises EventError."""
    kind, body = _unwrap(event)
    if kind != FINALIZED and "message" in body:
        envelope = open_envelope(event)
        attributes = envelope.attributes
        if attributes.get("eventType", "OBJECT_FINALIZE") != "OBJECT_FINALIZE":
            raise EventError(f"storage notification: eventType is {attributes['eventType']!r}, not OBJECT_FINALIZE")
        if "objectId" in attributes:
            body = {
                "bucket": attributes.get("bucketId"),
                "name": attributes["objectId"],
                "generation": attributes.get("objectGeneration"),
            }
        else:
            body = _json(envelope.data, "storage notification")
    return _validated(ObjectFinalized, body, "storage notification")


def open_envelope(event: Any) -> Envelope:
    """What a Pub/Sub push or Eventarc's messagePublished carries. Raises EventError when it is neither."""
    kind, body = _unwrap(event)
    if kind not in ("", PUBLISHED):
        raise EventError(f"event type is {kind!r}; expected {PUBLISHED!r}")
    message = body.get("message")
    if not isinstance(message, Mapping):
        raise EventError("push body has no object `message`")
    identity = message.get("messageId") or message.get("message_id")
    if not isinstance(identity, str) or not identity:
        raise EventError("push body has no `message.messageId`")
    attributes = {} if message.get("attributes") is None else message["attributes"]
    if not isinstance(attributes, Mapping):
        raise EventError("`message.attributes` is not an object")
    return Envelope(
        id=identity,
        data=_base64(message.get("data", "")),
        attributes={str(key): str(value) for key, value in attributes.items()},
        published_at=str(message.get("publishTime") or message.get("publish_time") or ""),
        subscription=str(body.get("subscription", "")),
        attempt=_attempt(body.get("deliveryAttempt", 1)),
    )


def _unwrap(event: Any) -> tuple[str, Mapping[str, Any]]:
    """Type (empty for a raw push) and JSON body of a CloudEvent, a raw body, or the JSON text of either."""
    if isinstance(event, str | bytes | bytearray):
        event = _json(bytes(event, "utf-8") if isinstance(event, str) else bytes(event), "event")
    if isinstance(event, Mapping) and "specversion" not in event:
        return "", event
    kind, data = (event.get("type"), event.get("data")) if isinstance(event, Mapping) else _cloud_event(event)
    if isinstance(data, str | bytes | bytearray):
        data = _json(data.encode() if isinstance(data, str) else bytes(data), "event data")
    if not isinstance(data, Mapping):
        raise EventError(f"event of type {kind!r} carries {type(data).__name__}, not a JSON object")
    return str(kind), data


def _cloud_event(event: Any) -> tuple[Any, Any]:
    try:
        return event["type"], event.data
    except (AttributeError, KeyError, TypeError):
        raise EventError(f"not a CloudEvent: {type(event).__name__}") from None


def _json(data: bytes, what: str) -> Mapping[str, Any]:
    try:
        value = json.loads(data)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise EventError(f"{what}: not JSON ({error})") from None
    if not isinstance(value, dict):
        raise EventError(f"{what}: a JSON {type(value).__name__} where an object is expected")
    return value


def _base64(value: Any) -> bytes:
    if not isinstance(value, str):
        raise EventError("`message.data` is not text")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise EventError("`message.data` is not base64") from None


def _attempt(value: Any) -> int:
    try:
        return max(1, int(value))
    except (TypeError, ValueError):
        raise EventError(f"`deliveryAttempt` is {value!r}, not a number") from None


ModelT = TypeVar("ModelT", bound=BaseModel)


def _validated(model: type[ModelT], body: Mapping[str, Any], what: str) -> ModelT:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'message'}: {e['msg']}" for e in error.errors())
        raise EventError(f"{what}: {problems}") from None
