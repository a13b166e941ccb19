"""Copies a registered bundle's name to Vertex AI's model registry."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from shared.config import Settings, settings
from shared.errors import SettingsError
from shared.models.bundle_store import BUCKET, MANIFEST
from shared.ports import ObjectStore


def mirrored(store: ObjectStore, version: str, client: Callable[[str], Any] | None = None) -> str:
    """The bundle's resource name in Vertex AI; uploaded if it is not there yet. Raises SettingsError where the project
    or region is not set, StoreError with what Google says. ``client``: how Google's client is made, for a region."""
    from shared.adapters.gcp import vertex

    chosen = settings()
    project, region = _where(chosen)
    manifest = json.loads(store.get(BUCKET, f"bundles/{version}/{MANIFEST}").data)
    opened = (client or vertex.open_client)(region)
    objects = f"gs://{chosen.bucket_prefix}{BUCKET}/bundles/{version}/"
    return vertex.mirror(opened, f"projects/{project}/locations/{region}", manifest, objects)


def _where(chosen: Settings) -> tuple[str, str]:
    if not chosen.project:
        raise SettingsError("F1_GCP_PROJECT names the project whose registry mirrors ours; it is not set")
    if not chosen.vertex_region:
        raise SettingsError("F1_VERTEX_REGION names the region of Vertex AI's registry, such as europe-west1; not set")
    return chosen.project, chosen.vertex_region
