"""A bundle that was just trained, up for promotion: asked about by evidence, promoted or refused, and reported on."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from shared.errors import NotFound
from shared.features.frames import Frames
from shared.models.bundle import SHIPPED, Bundle, BundleError, read_manifest
from shared.models.bundle_store import fetch_bundle, promoted
from shared.models.evidence.judge import Effort, Evidence, judge
from shared.models.evidence.report import put_report, report_of
from shared.models.promotion import promote_if_better, trained_on
from shared.ports import ObjectStore


class Decision(NamedTuple):
    """``previous``: the version that served before; ``reasons`` not to promote; ``report``: the object that says it."""

    previous: str | None
    reasons: tuple[str, ...]
    report: str


def champion(store: ObjectStore) -> Bundle | None:
    """The bundle that serves; None where none is promoted, or the one that is cannot be read here, or is gone."""
    found = promoted(store)
    return None if found is None else _fetched(store, found.version)


def promote_on_evidence(
    store: ObjectStore, bundle: Bundle, frames: Frames, effort: Effort, progress: Callable[[str], None] = lambda _: None
) -> Decision:
    """Promotes ``bundle`` unless something speaks against it, and writes a report either way. A champion that this code
    cannot read is no evidence: what serves with this code could not load it either. While none is promoted, the bundle
    that ships serves."""
    heard: list[tuple[Evidence, float]] = []

    def evidence(version: str) -> Sequence[str]:
        serving = _fetched(store, version)
        if serving is None:
            found = Evidence("none", f"{version} cannot be read by this code: nothing to compare with")
            heard.append((found, 0.0))
            return found.reasons
        with tempfile.TemporaryDirectory(prefix="evidence-") as scratch:
            began = time.monotonic()
            found = judge(bundle, serving, frames, Path(scratch), effort, progress)
            heard.append((found, time.monotonic() - began))
        return found.reasons

    previous, reasons = promote_if_better(store, bundle, evidence, trained_on(read_manifest(SHIPPED)))
    found, seconds = heard[-1] if heard else (None, 0.0)
    if previous == bundle.version:  # it serves since a run that was cut short, or since the same data came before
        return Decision(previous, (), f"reports/{bundle.version}.json")
    report = report_of(bundle, previous, reasons, found, dt.datetime.now(dt.UTC), seconds)
    return Decision(previous, tuple(reasons), put_report(store, report))


def _fetched(store: ObjectStore, version: str) -> Bundle | None:
    with tempfile.TemporaryDirectory(prefix="bundle-") as scratch:
        try:
            return Bundle.load(fetch_bundle(store, version, Path(scratch)))
        except (BundleError, NotFound):
            return None
