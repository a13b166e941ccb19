"""Features that are ready, into a bundle of models, promoted or refused."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import functions_framework

from shared import events
from shared.bootstrap import ports
from shared.config import settings
from shared.errors import NotFound
from shared.features.stored import stored_frames
from shared.models.bundle_store import BUCKET
from shared.models.promotion import promote_if_better
from shared.models.training import NothingToTrainOn, train_bundle
from shared.observability import fields, log, set_up, stage

set_up(settings())


@functions_framework.cloud_event
def train(cloud_event: Any) -> None:
    """Train on every race up to the newest that is ready, and promote the bundle or say why not; the same features
    again do nothing. Raises EventError, WarehouseError, StoreError."""
    message = events.receive(cloud_event, events.FeaturesReady).message
    opened = ports(settings())
    done = f"trained/{message.fingerprint}"
    if _exists(opened.objects, done):
        log.info("nothing to do: these features were trained on before", extra=fields(fingerprint=message.fingerprint))
        return
    with tempfile.TemporaryDirectory(prefix="bundle-") as scratch:
        with stage("train", until=message.until.isoformat()):
            frames = stored_frames(opened.warehouse, message.until, message.synthetic)
            try:
                bundle = train_bundle(frames, Path(scratch) / "bundle", lambda step: log.info("trained: %s", step))
            except NothingToTrainOn as error:
                log.warning("nothing was trained: %s", error)
                return
        with stage("promote", model_version=bundle.version):
            previous, reasons = promote_if_better(opened.objects, bundle)
        if reasons:
            log.warning("bundle refused", extra=fields(model_version=bundle.version, reasons=reasons))
        elif previous != bundle.version:
            promoted = events.ModelPromoted(
                model_version=bundle.version, previous=previous, synthetic=message.synthetic, until=message.until
            )
            events.publish(opened.bus, promoted)
    opened.objects.put(BUCKET, done, bundle.version.encode())


def _exists(objects: Any, name: str) -> bool:
    try:
        objects.get(BUCKET, name)
    except NotFound:
        return False
    return True
