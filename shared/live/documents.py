"""What is kept of a race while it runs: one document a car and one for the race, and how a message changes them.

Every entry of a document carries the event time that it comes from, and a later one replaces an earlier one, so a
message applied twice, late or before its elders leaves the same document: order of delivery does not matter.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.race.telemetry import LapTelemetry
from shared.telemetry import (
    DriverCode,
    LapCompleted,
    PitVisit,
    RaceControlMessage,
    Retirement,
    SessionInfo,
    StatusName,
    Telemetry,
    TelemetryMessage,
    TrackStatusChange,
    WeatherSample,
)

BUCKET = "live"
RACE_DOCUMENT = "_race"
_DRIVEN = "~driven"
MAX_RACE_CONTROL = 200
"""Messages of race control kept; races of 2022 to 2024 have some 40 to 160."""
MAX_STATUS_CHANGES = 500


class _Kept(BaseModel):
    """Base: unknown fields, as a newer writer may add, are kept when the document is written back."""

    model_config = ConfigDict(frozen=True, extra="allow")


class CarDocument(_Kept):
    """``<race>/<driver>.json``: laps completed by number, the newest pit visit, the retirement if any."""

    version: Literal[1] = 1
    race_id: str
    driver_id: str
    laps: dict[int, LapCompleted] = {}
    pit: PitVisit | None = None
    retired: Retirement | None = None
    updated_at: AwareDatetime | None = Field(None, description="newest event's time, by the feed's clock")
    written_at: AwareDatetime | None = Field(None, description="when the object was written, by the writer's clock")


class RaceDocument(_Kept):
    """``<race>/_race.json``: the session, track status over time, newest weather, race control's messages."""

    version: Literal[1] = 1
    race_id: str
    session: SessionInfo | None = None
    track_status: tuple[tuple[AwareDatetime, StatusName], ...] = ()
    weather: WeatherSample | None = None
    race_control: tuple[RaceControlMessage, ...] = ()
    updated_at: AwareDatetime | None = None
    written_at: AwareDatetime | None = None


class DrivenDocument(_Kept):
    """``<race>/<driver>~driven.json``: how each lap was driven, by number, as far as its telemetry has come."""

    version: Literal[1] = 1
    race_id: str
    driver_id: str
    laps: dict[int, LapTelemetry] = {}
    updated_at: AwareDatetime | None = None
    written_at: AwareDatetime | None = None


class LapDriven(TelemetryMessage):
    """Laps of a car as aggregated from its stored samples; never on the topic, only into its document."""

    kind: Literal["driven"] = "driven"
    driver_id: DriverCode
    laps: tuple[LapTelemetry, ...]


Document = CarDocument | RaceDocument | DrivenDocument
StateMessage = (
    SessionInfo | LapCompleted | PitVisit | Retirement | TrackStatusChange | WeatherSample | RaceControlMessage
)


def object_name(message: Telemetry) -> str | None:
    """Name in the bucket ``live`` of the document that a message changes; None for car samples, which change none."""
    if isinstance(message, LapCompleted | PitVisit | Retirement):
        return f"{message.race_id}/{message.driver_id}.json"
    if isinstance(message, SessionInfo | TrackStatusChange | WeatherSample | RaceControlMessage):
        return f"{message.race_id}/{RACE_DOCUMENT}.json"
    return None


def driven_name(race_id: str, driver_id: str) -> str:
    """Name of the document of how a car's laps were driven; no driver's code holds a tilde."""
    return f"{race_id}/{driver_id}{_DRIVEN}.json"


def read(name: str, data: bytes | None) -> Document:
    """The document in an object's bytes; an empty one where there is no object. Raises ValidationError."""
    race_id, _, rest = name.partition("/")
    driver_id = rest.removesuffix(".json")
    if driver_id == RACE_DOCUMENT:
        return RaceDocument(race_id=race_id) if data is None else RaceDocument.model_validate_json(data)
    if driver_id.endswith(_DRIVEN):
        driver_id = driver_id.removesuffix(_DRIVEN)
        empty = DrivenDocument(race_id=race_id, driver_id=driver_id)
        return empty if data is None else DrivenDocument.model_validate_json(data)
    return CarDocument(race_id=race_id, driver_id=driver_id) if data is None else CarDocument.model_validate_json(data)


def write(document: Document, written_at: dt.datetime) -> bytes:
    """The document as an object's bytes."""
    return document.model_copy(update={"written_at": written_at}).model_dump_json(exclude_none=True).encode()


def apply(document: Document, message: Telemetry | LapDriven) -> Document:
    """The document after the message; the same object where it says nothing newer."""
    changes = _changes(document, message)
    if not changes:
        return document
    newest = message.sampled_at if document.updated_at is None else max(document.updated_at, message.sampled_at)
    return document.model_copy(update={**changes, "updated_at": newest})


def _changes(document: Document, message: Telemetry | LapDriven) -> dict[str, Any]:
    if isinstance(message, LapDriven):
        return _driven_changes(document, message) if isinstance(document, DrivenDocument) else {}
    if isinstance(document, DrivenDocument):
        return {}
    return _car_changes(document, message) if isinstance(document, CarDocument) else _race_changes(document, message)


def _driven_changes(document: DrivenDocument, message: LapDriven) -> dict[str, Any]:
    """A lap told by more samples replaces one told by fewer."""
    kept = document.laps

    def fuller(lap: LapTelemetry) -> bool:
        old = kept.get(lap.lap)
        return old is None or (lap.samples, lap) > (old.samples, old)

    new = {lap.lap: lap for lap in message.laps if fuller(lap)}
    return {"laps": dict(sorted({**kept, **new}.items()))} if new else {}


def _car_changes(document: CarDocument, message: Telemetry) -> dict[str, Any]:
    if isinstance(message, LapCompleted) and _newer(message, document.laps.get(message.lap)):
        laps = {**document.laps, message.lap: message}
        return {"laps": dict(sorted(laps.items()))}
    if isinstance(message, PitVisit) and _newer(message, document.pit):
        return {"pit": message}
    if isinstance(message, Retirement) and _newer(message, document.retired):
        return {"retired": message}
    return {}


def _race_changes(document: RaceDocument, message: Telemetry) -> dict[str, Any]:
    if isinstance(message, SessionInfo) and _newer(message, document.session):
        return {"session": message}
    if isinstance(message, WeatherSample) and _newer(message, document.weather):
        return {"weather": message}
    if isinstance(message, TrackStatusChange):
        changes = {*document.track_status, (message.sampled_at, message.status)}
        timeline = tuple(sorted(changes)[-MAX_STATUS_CHANGES:])
        return {"track_status": timeline} if timeline != document.track_status else {}
    if isinstance(message, RaceControlMessage) and message not in document.race_control:
        told = sorted((*document.race_control, message), key=lambda m: (m.sampled_at, m.message, m.model_dump_json()))
        kept = tuple(told[-MAX_RACE_CONTROL:])
        return {"race_control": kept} if kept != document.race_control else {}
    return {}


def _newer(message: StateMessage, kept: StateMessage | None) -> bool:
    """Later by event time; of two at the same moment the one that tells more, then by content, so that any order of
    delivery ends alike."""
    return kept is None or _rank(message) > _rank(kept)


def _rank(message: StateMessage) -> tuple[dt.datetime, int, str]:
    text = message.model_dump_json(exclude_none=True)
    return message.sampled_at, len(message.model_dump(exclude_none=True)), text
