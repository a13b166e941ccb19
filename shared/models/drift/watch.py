"""After every race: is the bundle that serves still right for such races? Told as table, metric, event and object, and
a training begins from it where it is not: once for a bundle and a window of races, however many messages ask.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from shared import events
from shared.errors import NotFound, PreconditionFailed
from shared.models.bundle import Bundle
from shared.models.bundle_store import BUCKET
from shared.models.drift import telemetry
from shared.models.drift.check import RETRAIN, WINDOW, Drift, check
from shared.models.drift.report import document, rows
from shared.models.grid import FloatArray
from shared.models.recorded import RecordedRace
from shared.observability import fields, log
from shared.ports import EventBus, ObjectStore, Warehouse

LATEST = "drift/latest.json"
TABLE = "model_drift"


def watch(
    bundle: Bundle, races: Sequence[RecordedRace], warehouse: Warehouse | None, objects: ObjectStore, bus: EventBus,
    start: bool, window: int = WINDOW, at: dt.datetime | None = None, driven: FloatArray | None = None,
) -> Drift | None:  # fmt: skip
    """Checks ``bundle`` on the newest of ``races`` and tells of it; None where there is nothing to check by.

    ``driven``: laps of the newest race by its telemetry, f64[N, fields of LapTelemetry], where there are any: the
    models of telemetry are checked by them. ``start``: begin a training where the verdict is so. The same bundle on
    the same races again is told of once: the object of that check is there then, and nothing is published or stored
    again.
    """
    until = str(bundle.manifest["data"]["until"])
    drift = check(bundle.tables, races, until, window, driven)
    if drift is None:
        return None
    at = at or dt.datetime.now(dt.UTC)
    with_telemetry = any(model.name in telemetry.MODELS for model in drift.models)
    mark = fingerprint(bundle.version, drift.races, with_telemetry)
    newest = races[-1]
    begin = start and drift.verdict == RETRAIN
    body = document(drift, bundle.version, at, begin)
    if not _first(objects, f"drift/checks/{mark}.json"):
        log.info("drift was checked before", extra=fields(model_version=bundle.version, race_id=newest.race_id))
    else:
        _tell(drift, bundle, body, at, _day(newest), warehouse, objects, bus, mark)
    if begin:
        _start(objects, bus, mark, newest, bool(bundle.manifest["synthetic"]))
    return drift


def fingerprint(model_version: str, races: Sequence[str], with_telemetry: bool = False) -> str:
    """Names a check: one bundle on one window of races, and whether the newest one's telemetry was looked at: where it
    comes in later, that is another check."""
    told = [model_version, list(races), *(["telemetry"] if with_telemetry else [])]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:24]


def _tell(
    drift: Drift, bundle: Bundle, body: dict[str, Any], at: dt.datetime, day: dt.date,
    warehouse: Warehouse | None, objects: ObjectStore, bus: EventBus, mark: str,
) -> None:  # fmt: skip
    for model in drift.models:
        worst = max((feature.furthest for feature in model.features), default=0.0)
        say = log.info if model.verdict == "fine" else log.warning
        say(
            "drift of %s: %s", model.name, model.verdict,
            extra=fields(
                metric="model_drift", model=model.name, verdict=model.verdict, model_version=bundle.version,
                race_id=drift.races[-1], furthest=worst, reasons=list(model.reasons),
                residual=None if model.residual is None else model.residual.mean,
            ),
        )  # fmt: skip
    if warehouse is not None:
        told = rows(drift, bundle.version, at, day)
        warehouse.append(TABLE, told, [f"{mark}-{row['model']}-{row['measure']}-{row['kind']}" for row in told])
    objects.put(BUCKET, LATEST, json.dumps(body, indent=1).encode())
    named = [model for model in drift.models if model.verdict == drift.verdict and drift.verdict != "fine"]
    message = events.ModelDrift(
        model_version=bundle.version, race_id=drift.races[-1], verdict=drift.verdict,
        models=tuple(model.name for model in named),
        reasons=tuple(f"{model.name}: {reason}" for model in named for reason in model.reasons),
    )  # fmt: skip
    events.publish(bus, message)
    # Last: a check that was cut short is told again; the table takes each row once.
    _put_once(objects, f"drift/checks/{mark}.json", json.dumps(body).encode())


def _start(objects: ObjectStore, bus: EventBus, mark: str, newest: RecordedRace, synthetic: bool) -> None:
    """Asks for a training, once for this check: who finds that somebody did before does not. Sent before it is marked,
    so that it cannot be lost; sent twice, it is one training, since its fingerprint is the same."""
    name = f"drift/started/{mark}"
    if not _first(objects, name):
        return
    ready = events.FeaturesReady(
        races=(newest.race_id,), until=_day(newest), fingerprint=f"drift-{mark}", synthetic=synthetic
    )
    events.publish(bus, ready)
    _put_once(objects, name, newest.race_id.encode())
    log.warning("training begins from drift", extra=fields(race_id=newest.race_id, fingerprint=ready.fingerprint))


def _first(objects: ObjectStore, name: str) -> bool:
    try:
        objects.get(BUCKET, name)
    except NotFound:
        return True
    return False


def _put_once(objects: ObjectStore, name: str, data: bytes) -> None:
    try:
        objects.put(BUCKET, name, data, if_generation=0)
    except PreconditionFailed:
        log.info("somebody else told of it meanwhile", extra=fields(name=name))


def _day(race: RecordedRace) -> dt.date:
    return dt.date.fromisoformat(str(race.date)[:10])
