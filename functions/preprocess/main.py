"""Raw rows that a manifest announces, into clean laps, features, a quality report and the recorded races to serve."""

from __future__ import annotations

from typing import Any

import functions_framework

from shared import events
from shared.bootstrap import ports
from shared.config import settings
from shared.errors import NotFound
from shared.features.store import RACES_BUCKET, batch_of, build, fingerprint, recorded_races, write_races
from shared.ingest.load import MANIFEST_BUCKET
from shared.observability import fields, log, set_up, stage

set_up(settings())


@functions_framework.cloud_event
def preprocess(cloud_event: Any) -> None:
    """Preprocess the races of a manifest, or of a whole backfill when its last manifest is in; the same rows again do
    nothing. Raises EventError, WarehouseError, StoreError."""
    written = events.receive_object(cloud_event)
    opened = ports(settings())
    warehouse, objects = opened.warehouse, opened.objects
    manifest = events.Manifest.model_validate_json(objects.get(MANIFEST_BUCKET, written.name).data)
    manifests = batch_of(objects, manifest)
    if manifests is None:
        log.info("waiting for the rest of the backfill", extra=fields(batch_id=manifest.batch_id, name=written.name))
        return
    job = fingerprint(manifests)
    if _done(objects, job):
        log.info("nothing to do: these rows were preprocessed before", extra=fields(name=written.name))
        return
    found = recorded_races(warehouse, (race for each in manifests for race in each.races))
    if found:
        with stage("preprocess", races=len(found)) as counted:
            counted.update(build(warehouse, sorted({day for day, _ in found.values()}), job))
        with stage("preprocess races/"):
            write_races(warehouse, objects, {race: day for race, (day, _) in found.items()})
    # A race whose result is still to come is announced when it is in; a backfill as a whole.
    complete = [race for race, (_, result) in found.items() if result or manifest.batch_id is not None]
    if complete:
        message = events.FeaturesReady(
            races=tuple(sorted(complete)),
            until=max(found[race][0] for race in complete),
            fingerprint=job,
            synthetic=manifest.synthetic,
            batch_id=manifest.batch_id,
        )
        events.publish(opened.bus, message)
    objects.put(RACES_BUCKET, f"done/{job}", b"")


def _done(objects: Any, job: str) -> bool:
    try:
        objects.get(RACES_BUCKET, f"done/{job}")
    except NotFound:
        return False
    return True
