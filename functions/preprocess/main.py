"""Raw rows that a manifest announces, into clean laps, features, a quality report and the recorded races to serve."""

from __future__ import annotations

import datetime as dt
from typing import Any

import functions_framework

from shared import events
from shared.bootstrap import ports
from shared.config import settings
from shared.errors import NotFound
from shared.features.changes import newest_result, recorded_races
from shared.features.races import RACES_BUCKET
from shared.features.store import batch_of, fingerprint, refresh
from shared.ingest.load import MANIFEST_BUCKET
from shared.observability import fields, log, set_up

set_up(settings())


@functions_framework.cloud_event
def preprocess(cloud_event: Any) -> None:
    """Preprocess those races of a manifest whose rows changed, or of a whole backfill when its last manifest is in; the
    same rows again do nothing. Raises EventError, WarehouseError, StoreError."""
    written = events.receive_object(cloud_event)
    opened = ports(settings())
    warehouse, objects = opened.warehouse, opened.objects
    manifest = events.Manifest.model_validate_json(objects.get(MANIFEST_BUCKET, written.name).data)
    manifests = batch_of(objects, manifest)
    if manifests is None:
        log.info("waiting for the rest of the backfill", extra=fields(batch_id=manifest.batch_id, name=written.name))
        return
    done = f"done/{fingerprint(each.content_hash for each in manifests)}"
    if _exists(objects, done):
        log.info("nothing to do: these rows were preprocessed before", extra=fields(name=written.name))
        return
    found = recorded_races(warehouse, (race for each in manifests for race in each.races))

    def announce(changed: dict[str, str]) -> None:
        # A race whose result is still to come is announced when it is in; a backfill as a whole.
        timed = [race for race in changed if found[race].timed]
        complete = [race for race in timed if found[race].result or manifest.batch_id is not None]
        days = [found[race].day for race in complete]
        if complete:
            message = events.FeaturesReady(
                races=tuple(sorted(complete)),
                until=max([*days, newest_result(warehouse, max(days)) or max(days)]),
                fingerprint=fingerprint(changed.values()),
                synthetic=manifest.synthetic,
                batch_id=manifest.batch_id,
            )
            events.publish(opened.bus, message)

    came_in = dt.datetime.fromtimestamp(written.generation / 1e6, dt.UTC)  # a generation is microseconds since 1970
    changed = refresh(warehouse, objects, found, came_in, announce)
    if not changed:
        log.info("nothing to do: no race has other rows than before", extra=fields(name=written.name))
    objects.put(RACES_BUCKET, done, b"")


def _exists(objects: Any, name: str) -> bool:
    try:
        objects.get(RACES_BUCKET, name)
    except NotFound:
        return False
    return True
