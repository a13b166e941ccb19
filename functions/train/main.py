"""Features that are ready: is what serves still right for such races? Then a bundle of models, promoted or refused."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import functions_framework

from shared import events
from shared.bootstrap import ports
from shared.config import settings
from shared.errors import NotFound
from shared.features.stored import stored_frames
from shared.live.driven import race_laps
from shared.models.bundle_store import BUCKET, promoted
from shared.models.drift.watch import watch
from shared.models.evidence.judge import Effort
from shared.models.evidence.promote import champion, promote_on_evidence
from shared.models.grid import FloatArray
from shared.models.recorded import RecordedRace, recorded_races
from shared.models.telemetry.laps import laps_by_race, values_of
from shared.models.training import NothingToTrainOn, train_bundle
from shared.observability import fields, log, set_up, stage
from shared.ports import Warehouse

set_up(settings())


@functions_framework.cloud_event
def train(cloud_event: Any) -> None:
    """Check the serving bundle against the newest races; train on every race that is ready, unless only drift begins
    trainings and there is none; promote the bundle or say why not. The same features again do nothing. Raises
    EventError, WarehouseError, StoreError."""
    message = events.receive(cloud_event, events.FeaturesReady).message
    chosen = settings()
    opened = ports(chosen)
    done = f"trained/{message.fingerprint}"
    if _exists(opened.objects, done):
        log.info("nothing to do: these features were trained on before", extra=fields(fingerprint=message.fingerprint))
        return
    frames = stored_frames(opened.warehouse, message.until, message.synthetic)
    serving = champion(opened.objects)
    waits = chosen.train_when == "drift" and not message.fingerprint.startswith("drift-")
    if serving is not None and bool(serving.manifest["synthetic"]) == message.synthetic:
        with stage("watch", model_version=serving.version):
            races = recorded_races(frames.laps)
            driven = _driven(opened.warehouse, races[-1], frames.telemetry) if races else None
            found = watch(serving, races, opened.warehouse, opened.objects, opened.bus, waits, driven=driven)
        if waits and found is not None:
            opened.objects.put(BUCKET, done, b"watched")
            return
    with tempfile.TemporaryDirectory(prefix="bundle-") as scratch:
        with stage("train", until=message.until.isoformat()):
            try:
                bundle = train_bundle(frames, Path(scratch) / "bundle", lambda step: log.info("trained: %s", step))
            except NothingToTrainOn as error:
                log.warning("nothing was trained: %s", error)
                return
        with stage("promote", model_version=bundle.version):
            effort = Effort(chosen.evidence_folds, chosen.evidence_races, chosen.evidence_scenarios)
            decided = promote_on_evidence(opened.objects, bundle, frames, effort, log.info)
    if decided.reasons:
        said = fields(model_version=bundle.version, reasons=decided.reasons, report=decided.report)
        log.warning("bundle refused", extra=said)
        refused = events.ModelRefused(
            model_version=bundle.version, serving=decided.previous, reasons=decided.reasons, report=decided.report,
            synthetic=message.synthetic,
        )  # fmt: skip
        events.publish(opened.bus, refused)
    else:
        now = promoted(opened.objects)
        before = now.note.get("previous") if now is not None else None
        events.publish(opened.bus, events.ModelPromoted.of(bundle.manifest, before))
    opened.objects.put(BUCKET, done, bundle.version.encode())


def _driven(warehouse: Warehouse, race: RecordedRace, telemetry: Any | None) -> FloatArray | None:
    """Laps of the race by its live telemetry, else by the recorded one; None without either."""
    live = race_laps(warehouse, race.race_id, dt.date.fromisoformat(str(race.date)[:10]))
    return values_of(live) if live else laps_by_race(telemetry).get(race.race_id)


def _exists(objects: Any, name: str) -> bool:
    try:
        objects.get(BUCKET, name)
    except NotFound:
        return False
    return True
