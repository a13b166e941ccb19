"""Whether a newly trained bundle takes over, and why not when it does not."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from shared.errors import PreconditionFailed
from shared.models.build import build_params
from shared.models.bundle import Bundle
from shared.models.bundle_store import promote, promoted, put_bundle
from shared.ports import ObjectStore
from shared.race.state import CarState, RaceState
from shared.race.vocabulary import Compound, TrackStatus
from shared.simulation import simulate
from shared.simulation.params import PitPolicy, Script

_TRIES = 5
_PROBE_SCENARIOS = 512


def refusals(bundle: Bundle, current: dict[str, Any] | None) -> list[str]:
    """Reasons not to promote ``bundle`` over what ``current`` (the note of the promoted one) says; empty: none.

    Synthetic models never replace real ones, older data never replace newer, and a bundle must simulate a plain race
    with sane odds: places that are a permutation, a leader who is the likeliest winner, rates that are rates.
    """
    reasons = []
    if current is not None:
        if bundle.manifest["synthetic"] and not current.get("synthetic", False):
            reasons.append("trained on simulated races, and the promoted one on real races")
        older = str(bundle.manifest["data"]["until"]) < str(current.get("until", ""))
        if older and bool(current.get("synthetic", False)) == bool(bundle.manifest["synthetic"]):
            until = bundle.manifest["data"]["until"]
            reasons.append(f"trained until {until}, the promoted one until {current['until']}")
    return reasons + _insane(bundle)


def _insane(bundle: Bundle) -> list[str]:
    cars = tuple(
        CarState(f"C{i:02d}", None, i + 1, 3.0 * i, Compound.MEDIUM, 12, (Compound.MEDIUM,)) for i in range(20)
    )
    circuit = min(bundle.tables["circuits"], default="bahrain")
    state = RaceState(int(str(bundle.manifest["data"]["until"])[:4]), circuit, 12, 55, TrackStatus.GREEN, cars)
    params = build_params(state, bundle)
    for name, value in params._asdict().items():
        parts = value._asdict().values() if isinstance(value, (PitPolicy, Script)) else (value,)
        if not all(np.isfinite(np.asarray(part, float)).all() for part in parts):
            return [f"parameter {name} is not finite"]
    out = simulate(params, 0, None, _PROBE_SCENARIOS, 0)
    wins = (out.place[0] == 1).mean(axis=1)
    if not (np.sort(out.place[0], axis=0) == np.arange(1, 21)[:, None]).all():
        return ["a simulated race does not end in an order"]
    if wins.argmax() > 4 or out.retired[0].mean() > 0.5:
        return [f"odds of a plain race are not sane: {wins.round(2).tolist()}"]
    return []


def promote_if_better(store: ObjectStore, bundle: Bundle) -> tuple[str | None, list[str]]:
    """Puts ``bundle`` in the store and promotes it unless there is reason not to: (version that it replaced, reasons).
    With reasons, nothing serves differently. Raises PreconditionFailed when others keep promoting meanwhile."""
    put_bundle(store, bundle.folder, bundle.version)
    for _ in range(_TRIES):
        found = promoted(store)
        if found is not None and found.version == bundle.version:
            return found.version, []
        reasons = refusals(bundle, None if found is None else found.note)
        if reasons:
            return None if found is None else found.version, reasons
        note = {
            "synthetic": bundle.manifest["synthetic"],
            "until": bundle.manifest["data"]["until"],
            "promoted_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "previous": None if found is None else found.version,
        }
        try:
            promote(store, bundle.version, 0 if found is None else found.generation, note)
        except PreconditionFailed:
            continue
        return None if found is None else found.version, []
    raise PreconditionFailed("current.json kept changing while this bundle was to be promoted")
