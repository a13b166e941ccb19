"""Vertex AI's model registry as a mirror of ours, through Google's client: one model, a version of it for each bundle.

It copies names, not files: a version points at the bundle's objects in Cloud Storage. Ours stays the one that decides
what serves. The client comes with the optional requirement ``vertex`` (``pip install '.[vertex]'``), since it is large
and nothing else needs it.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from typing import Any

from google.api_core import exceptions as google

from shared.errors import StoreError

MODEL_ID = "f1-strategy"
_ALIAS = re.compile(r"bundle-[a-z0-9-]{0,119}[a-z0-9]")
_TIMEOUT = 300.0


def open_client(location: str) -> Any:
    """Google's client of the model service in a region. Raises StoreError saying what to install."""
    return _api().ModelServiceClient(client_options={"api_endpoint": f"{location}-aiplatform.googleapis.com"})


def mirror(client: Any, parent: str, manifest: Mapping[str, Any], artifact_uri: str) -> str:
    """The resource name, with its version, of the bundle of ``manifest`` in the registry at ``parent``
    (``projects/P/locations/L``): found by its alias, or uploaded.

    Again it is the same one, also after an upload whose answer never came. Raises StoreError with what Google says.
    """
    api = _api()
    alias = f"bundle-{manifest['version']}"
    if not _ALIAS.fullmatch(alias):
        raise StoreError(f"version {manifest['version']!r} cannot be an alias in Vertex AI")
    name = f"{parent}/models/{MODEL_ID}"
    try:
        found = _version(client, api, name, alias)
        if found is not None:
            return found
        return _uploaded(client, api, parent, name, alias, manifest, artifact_uri)
    except google.GoogleAPICallError as error:
        raise StoreError(f"Vertex AI's registry: {error.message}") from error


def _uploaded(
    client: Any, api: Any, parent: str, name: str, alias: str, manifest: Mapping[str, Any], artifact_uri: str
) -> str:
    data = manifest["data"]
    model = api.Model(
        display_name=MODEL_ID,
        description=f"Race strategy models trained on {data['races']} races until {data['until']}",
        version_aliases=[alias],
        version_description=f"bundle {manifest['version']}",
        artifact_uri=artifact_uri,
        labels={
            "bundle": str(manifest["version"]),
            "until": str(data["until"]),
            "synthetic": str(bool(manifest["synthetic"])).lower(),
        },
    )
    known = _exists(client, api, name)
    request = api.UploadModelRequest(
        parent=parent, model=model, **({"parent_model": name} if known else {"model_id": MODEL_ID})
    )
    try:
        answer = client.upload_model(request=request).result(timeout=_TIMEOUT)
    except google.AlreadyExists:  # somebody else uploaded the first version meanwhile
        found = _version(client, api, name, alias)
        if found is not None:
            return found
        request = api.UploadModelRequest(parent=parent, model=model, parent_model=name)
        answer = client.upload_model(request=request).result(timeout=_TIMEOUT)
    return f"{answer.model}@{answer.model_version_id}"


def _version(client: Any, api: Any, name: str, alias: str) -> str | None:
    """The version of the model that bears the alias."""
    try:
        model = client.get_model(request=api.GetModelRequest(name=f"{name}@{alias}"))
    except google.NotFound:
        return None
    return f"{name}@{model.version_id}"


def _exists(client: Any, api: Any, name: str) -> bool:
    try:
        client.get_model(request=api.GetModelRequest(name=name))
    except google.NotFound:
        return False
    return True


def _api() -> Any:
    try:
        return importlib.import_module("google.cloud.aiplatform_v1")
    except ImportError:
        raise StoreError("Vertex AI's client is not installed: pip install '.[vertex]'") from None
