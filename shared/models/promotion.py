"""Whether a bundle takes over, and why not: what every bundle must pass, and the write that decides.

``promote_if_better`` is what training does: nothing older, nothing that evidence speaks against. ``promote_by_hand`` is
what a person does, who may go back to older data but not to odds that make no sense.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from shared.errors import PreconditionFailed
from shared.models.build import build_params
from shared.models.bundle import Bundle
from shared.models.bundle_store import Promoted, promote, promoted, put_bundle
from shared.ports import ObjectStore
from shared.race.state import CarState, RaceState
from shared.race.vocabulary import Compound, TrackStatus
from shared.simulation import simulate
from shared.simulation.params import PitPolicy, Script

_TRIES = 5
_PROBE_SCENARIOS = 512
_CARS = 20
_LONGEST_ODDS = 4
"""In a plain race of equal cars, running in order, the likeliest winner is among the first five."""
_MOST_RETIRED = 0.5

Note = Mapping[str, Any]
"""What ``note_of`` says of a bundle."""

Evidence = Callable[[str], Sequence[str]]
"""Reasons not to replace the bundle of this version by the new one."""


def refusals(bundle: Bundle, current: Note | None, shipped: Note | None = None) -> list[str]:
    """Reasons not to promote ``bundle`` over what ``current`` (the note of the promoted one) says; empty: none.
    ``shipped``: the same of the bundle that serves while none is promoted.

    Synthetic models never replace promoted real ones, older data never replace newer, fewer races never replace more,
    and a bundle must simulate a plain race with sane odds: places that are a permutation, a leader who is the
    likeliest winner, rates that are rates.
    """
    reasons = _simulated_over_real(bundle, current)
    serving, name = (shipped, "shipped") if current is None else (current, "promoted")
    if serving is not None and bool(serving.get("synthetic", False)) == bool(bundle.manifest["synthetic"]):
        data = bundle.manifest["data"]
        if str(data["until"]) < str(serving.get("until", "")):
            reasons.append(f"trained until {data['until']}, the {name} one until {serving['until']}")
        if int(data.get("races", 0)) < int(serving.get("races", 0)):
            reasons.append(f"trained on {data.get('races', 0)} races, the {name} one on {serving['races']}")
    return reasons + insane(bundle)


def _simulated_over_real(bundle: Bundle, current: Note | None) -> list[str]:
    if current is not None and bundle.manifest["synthetic"] and not current.get("synthetic", False):
        return ["trained on simulated races, and the promoted one on real races"]
    return []


def insane(bundle: Bundle) -> list[str]:
    """Why the odds of ``bundle`` make no sense; empty where they do. A table or value that is missing is named."""
    cars = tuple(
        CarState(f"C{i:02d}", None, i + 1, 3.0 * i, Compound.MEDIUM, 12, (Compound.MEDIUM,)) for i in range(_CARS)
    )
    circuit = min(bundle.tables["circuits"], default="bahrain")
    state = RaceState(int(str(bundle.manifest["data"]["until"])[:4]), circuit, 12, 55, TrackStatus.GREEN, cars)
    try:
        params = build_params(state, bundle)
    except KeyError as error:
        return [f"the bundle lacks {error}"]
    except (TypeError, ValueError, IndexError, AttributeError) as error:
        return [f"the bundle's tables cannot be used: {error}"]
    for name, value in params._asdict().items():
        parts = value._asdict().values() if isinstance(value, (PitPolicy, Script)) else (value,)
        if not all(np.isfinite(np.asarray(part, float)).all() for part in parts):
            return [f"parameter {name} is not finite"]
    out = simulate(params, 0, None, _PROBE_SCENARIOS, 0)
    wins = (out.place[0] == 1).mean(axis=1)
    if not (np.sort(out.place[0], axis=0) == np.arange(1, _CARS + 1)[:, None]).all():
        return ["a simulated race does not end in an order"]
    if wins.argmax() > _LONGEST_ODDS or out.retired[0].mean() > _MOST_RETIRED:
        return [f"odds of a plain race are not sane: {wins.round(2).tolist()}"]
    return []


def promote_if_better(
    store: ObjectStore, bundle: Bundle, evidence: Evidence | None = None, shipped: Note | None = None
) -> tuple[str | None, list[str]]:
    """Puts ``bundle`` in the store and promotes it unless there is reason not to: (version that it replaced, reasons).

    With reasons, nothing serves differently. ``evidence`` is asked, once for each version, only where nothing else
    speaks against it; ``shipped`` as ``refusals`` has it. Raises PreconditionFailed when others keep promoting
    meanwhile.
    """
    put_bundle(store, bundle.folder, bundle.version)
    heard: dict[str, list[str]] = {}
    for _ in range(_TRIES):
        found = promoted(store)
        if found is not None and found.version == bundle.version:
            return found.version, []
        reasons = refusals(bundle, None if found is None else found.note, shipped)
        if not reasons and found is not None and evidence is not None:
            if found.version not in heard:
                heard[found.version] = list(evidence(found.version))
            reasons = heard[found.version]
        if reasons:
            return None if found is None else found.version, reasons
        try:
            promote(store, bundle.version, 0 if found is None else found.generation, note_of(bundle, found, "evidence"))
        except PreconditionFailed:
            continue
        return None if found is None else found.version, []
    raise PreconditionFailed("current.json kept changing while this bundle was to be promoted")


def promote_by_hand(store: ObjectStore, bundle: Bundle, by: str = "hand", anyway: bool = False) -> list[str]:
    """Lets ``bundle``, which is in the store, serve because somebody says so; reasons why it must not, else none.

    Older data are no reason, nor is want of evidence; odds that make no sense are, and simulated races over real ones
    unless ``anyway``. Raises PreconditionFailed when another was promoted meanwhile.
    """
    found = promoted(store)
    reasons = insane(bundle)
    if not anyway:
        reasons = _simulated_over_real(bundle, None if found is None else found.note) + reasons
    if not reasons and (found is None or found.version != bundle.version):
        promote(store, bundle.version, 0 if found is None else found.generation, note_of(bundle, found, by))
    return reasons


def note_of(bundle: Bundle, before: Promoted | None, by: str) -> dict[str, Any]:
    """What ``current.json`` says beside the version. ``by``: evidence, hand or rollback."""
    return {
        **trained_on(bundle.manifest),
        "promoted_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "previous": None if before is None else before.version,
        "by": by,
    }


def trained_on(manifest: Mapping[str, Any]) -> Note:
    """The part of ``note_of`` that tells what a bundle of this manifest was trained on."""
    data = manifest["data"]
    return {"synthetic": manifest["synthetic"], "until": data["until"], "races": data.get("races", 0)}
