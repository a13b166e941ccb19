"""From features that are ready to a promoted bundle, through the function itself, on simulated races."""

from __future__ import annotations

import base64
import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from cloudevents.http import CloudEvent

from shared import events
from shared.bootstrap import Ports, ports
from shared.config import Settings
from shared.errors import EventError
from shared.models.bundle_store import BUCKET, CURRENT
from shared.models.promotion import promote_if_better
from shared.models.registry import versions
from tests.fakes import drifting
from tools.synthesize import synthesize

LAST_DAY = "2018-12-31"


def call(name: str, body: dict[str, Any]) -> None:
    """Deliver a message to a function."""
    data = {"message": {"data": base64.b64encode(json.dumps(body).encode()).decode(), "messageId": "1"}}
    event = CloudEvent({"type": events.PUBLISHED, "source": "test"}, data)
    getattr(importlib.import_module(f"functions.{name}.main"), name)(event)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Messages that the functions published."""
    messages: list[Any] = []
    monkeypatch.setattr(events, "publish", lambda bus, message, **_: messages.append(message) or "1")
    return messages


@pytest.fixture
def ready(state: Settings, sent: list[Any], tmp_path: Path) -> tuple[Ports, dict[str, Any]]:
    """Ports whose feature store holds three simulated races, and the message that says so."""
    synthesize(tmp_path / "data", 3, seed=7)
    request = {"seasons": [2018], "batch_id": "all", "data_dir": str(tmp_path / "data"), "synthetic": True}
    opened = ports(state)
    for name in ("ingest_fastf1", "ingest_ergast"):
        call(name, request)
    preprocess = importlib.import_module("functions.preprocess.main").preprocess
    for entry in opened.objects.list("manifests"):
        data = {"bucket": "manifests", "name": entry.name, "generation": str(entry.generation)}
        preprocess(CloudEvent({"type": events.FINALIZED, "source": "test"}, data))
    (message,) = [each for each in sent if isinstance(each, events.FeaturesReady)]
    sent.clear()
    return opened, json.loads(message.model_dump_json())


def test_features_become_a_promoted_bundle_once(ready: tuple[Ports, dict[str, Any]], sent: list[Any]) -> None:
    opened, message = ready
    call("train", message)
    current = json.loads(opened.objects.get(BUCKET, CURRENT).data)
    (promoted,) = sent
    assert isinstance(promoted, events.ModelPromoted)
    assert promoted.model_version == current["version"]
    assert current["synthetic"] is True
    before = {entry.name: entry.generation for entry in opened.objects.list(BUCKET)}
    call("train", message)
    assert {entry.name: entry.generation for entry in opened.objects.list(BUCKET)} == before
    assert len(sent) == 1


def test_a_simulated_bundle_is_not_promoted_over_a_real_one(
    ready: tuple[Ports, dict[str, Any]], sent: list[Any]
) -> None:
    opened, message = ready
    real = json.dumps({"version": "real", "synthetic": False, "until": "2017-01-01"}).encode()
    opened.objects.put(BUCKET, CURRENT, real, if_generation=0)
    call("train", message)
    assert opened.objects.get(BUCKET, CURRENT).data == real
    (refused,) = sent
    assert isinstance(refused, events.ModelRefused)
    assert refused.serving == "real"
    assert refused.reasons == ("trained on simulated races, and the promoted one on real races",)
    report = json.loads(opened.objects.get(BUCKET, str(refused.report)).data)
    assert (report["promoted"], report["reasons"]) == (False, list(refused.reasons))


def test_a_message_before_the_first_race_trains_nothing(ready: tuple[Ports, dict[str, Any]], sent: list[Any]) -> None:
    opened, message = ready
    call("train", message | {"until": "2001-01-01", "fingerprint": "0" * 64})
    assert not opened.objects.list(BUCKET, "")
    assert not sent


def test_a_message_that_is_none_is_refused(state: Settings) -> None:
    with pytest.raises(EventError, match="fingerprint"):
        call("train", {"races": ["2018_01"], "until": LAST_DAY})


@pytest.mark.parametrize("like", [True, False])
def test_where_drift_alone_begins_trainings_features_train_only_what_has_drifted(
    ready: tuple[Ports, dict[str, Any]], sent: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, like: bool
) -> None:
    opened, message = ready
    monkeypatch.setenv("F1_TRAIN_WHEN", "drift")
    known = [race if like else drifting.unlike(race) for race in drifting.races()[: drifting.KNOWN]]
    serving = drifting.bundle(tmp_path / "serving", known, "2017-12-31")
    assert promote_if_better(opened.objects, serving) == (None, [])
    call("train", message)
    call("train", message | {"fingerprint": "1" * 64})
    (told,) = [each for each in sent if isinstance(each, events.ModelDrift)]
    begun = [each for each in sent if isinstance(each, events.FeaturesReady)]
    assert [each.version for each in versions(opened.objects)] == [serving.version]
    assert (told.verdict == "retrain") is (not like)
    assert len(begun) == (0 if like else 1)
    if begun:
        sent.clear()
        for _ in range(2):
            call("train", json.loads(begun[0].model_dump_json()))
        assert len(versions(opened.objects)) == 2
        assert len([each for each in sent if isinstance(each, events.ModelPromoted | events.ModelRefused)]) == 1
