"""The mirror in Vertex AI, through Google's own client, against a server that answers as its reference says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.adapters.embedded.object_store import FileObjectStore
from shared.config import Settings
from shared.errors import SettingsError, StoreError
from shared.models.bundle import SHIPPED, Bundle
from shared.models.bundle_store import put_bundle
from tests.fakes.vertex import Registry, serving
from tools.registry.mirror import mirrored

NAME = "projects/p/locations/europe-west1/models/f1-strategy"


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def client(registry: Registry) -> Iterator[Any]:
    """How Google's client is made, talking to the fake over REST."""
    pytest.importorskip("google.cloud.aiplatform_v1", reason="needs Google's client: `make vertex` runs this")
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.aiplatform_v1.services.model_service import ModelServiceClient
    from google.cloud.aiplatform_v1.services.model_service.transports.rest import ModelServiceRestTransport

    with serving(registry) as address:
        transport = ModelServiceRestTransport(host=address, url_scheme="http", credentials=AnonymousCredentials())
        yield lambda region: ModelServiceClient(transport=transport)


@pytest.fixture
def bundle(tmp_path: Path) -> tuple[FileObjectStore, Bundle]:
    store, shipped = FileObjectStore(tmp_path / "objects"), Bundle.load(SHIPPED)
    put_bundle(store, shipped.folder, shipped.version)
    return store, shipped


@pytest.fixture(autouse=True)
def project(state: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("F1_GCP_PROJECT", "p")
    monkeypatch.setenv("F1_VERTEX_REGION", "europe-west1")
    monkeypatch.setenv("F1_GCP_BUCKET_PREFIX", "team-")


def test_a_bundle_becomes_a_version_that_points_at_its_objects(
    registry: Registry, client: Any, bundle: tuple[FileObjectStore, Bundle]
) -> None:
    store, shipped = bundle
    assert mirrored(store, shipped.version, client) == f"{NAME}@1"
    (stored,) = registry.versions[NAME]
    assert stored["artifactUri"] == f"gs://team-models/bundles/{shipped.version}/"
    assert stored["versionAliases"] == [f"bundle-{shipped.version}"]
    assert stored["labels"] == {
        "bundle": shipped.version, "until": shipped.manifest["data"]["until"], "synthetic": "false",
    }  # fmt: skip


def test_the_same_version_twice_is_one_and_another_is_the_next(
    registry: Registry, client: Any, bundle: tuple[FileObjectStore, Bundle]
) -> None:
    from shared.adapters.gcp import vertex

    store, shipped = bundle
    assert mirrored(store, shipped.version, client) == mirrored(store, shipped.version, client) == f"{NAME}@1"
    assert len(registry.uploads) == 1
    other = {**shipped.manifest, "version": "abc123"}
    parent = NAME.split("/models", maxsplit=1)[0]
    assert vertex.mirror(client(""), parent, other, "gs://team-models/bundles/abc123/") == f"{NAME}@2"
    assert registry.uploads[1]["parentModel"] == NAME


def test_an_upload_whose_answer_got_lost_is_found_and_not_made_again(
    registry: Registry, client: Any, bundle: tuple[FileObjectStore, Bundle]
) -> None:
    store, shipped = bundle
    registry.lose_answers = 1
    with pytest.raises(StoreError, match="the answer got lost"):
        mirrored(store, shipped.version, client)
    assert mirrored(store, shipped.version, client) == f"{NAME}@1"
    assert len(registry.uploads) == 1


def test_what_is_not_set_is_named(bundle: tuple[FileObjectStore, Bundle], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("F1_VERTEX_REGION")
    with pytest.raises(SettingsError, match="F1_VERTEX_REGION"):
        mirrored(bundle[0], bundle[1].version)
