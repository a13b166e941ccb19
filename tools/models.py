"""The registry of bundles at the command line: what is there, what differs, which one serves, and the way back.

``python -m tools.models`` lists; ``show V`` tells what a bundle holds and why it was promoted or refused; ``diff A B``
compares two; ``promote V`` lets one serve because you say so; ``rollback`` lets the one before serve again; ``drift``
tells whether new races are still like those trained on; ``evidence REF`` compares this tree's recipe with another
commit's; ``mirror V`` copies to Vertex AI. The first characters of a version are enough. Running instances take up a
change at their next look at ``current.json``; none restarts.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import tempfile
from pathlib import Path
from typing import Any

from shared import events
from shared.bootstrap import ports
from shared.config import settings
from shared.errors import F1Error, NotFound, PreconditionFailed
from shared.models.bundle import SHIPPED, Bundle
from shared.models.bundle_store import fetch_bundle, promoted
from shared.models.evidence.judge import Effort
from shared.models.evidence.report import stored_report
from shared.models.promotion import promote_by_hand
from shared.models.registry import difference, resolve, unfinished, versions
from shared.ports import EventBus, ObjectStore
from tools.registry import check, tables
from tools.registry.mirror import mirrored
from tools.registry.other_code import compare_with


def main(arguments: list[str] | None = None, store: ObjectStore | None = None, bus: EventBus | None = None) -> int:
    """Command line; 0 when done, 1 when refused with reasons, 2 when it cannot be done."""
    chosen = parser().parse_args(arguments)
    opened = None if store is not None and bus is not None else ports()
    store = store if store is not None else opened.objects if opened else None
    bus = bus if bus is not None else opened.bus if opened else None
    assert store is not None and bus is not None
    try:
        return _act(chosen, store, bus)
    except F1Error as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m tools.models", description=(__doc__ or "").split("\n")[0])
    actions = made.add_subparsers(dest="action")
    actions.add_parser("list", help="list the bundles (the default); * serves")
    actions.add_parser("show", help="what a bundle holds").add_argument("version", metavar="V")
    compare = actions.add_parser("diff", help="what differs between two bundles")
    compare.add_argument("first", metavar="A")
    compare.add_argument("second", metavar="B")
    chosen = actions.add_parser("promote", help="let a bundle serve, older data or not; odds must make sense")
    chosen.add_argument("version", metavar="V")
    chosen.add_argument("--anyway", action="store_true", help="even one of simulated races over one of real races")
    actions.add_parser("rollback", help="let the bundle before the one that serves serve again")
    drift = actions.add_parser("drift", help="whether new races are still like those trained on: the newest check")
    drift.add_argument("--data", type=Path, help="check the races recorded here, instead of showing the newest check")
    drift.add_argument("--bundle", type=Path, help="check this bundle (default: the promoted, else the shipped one)")
    drift.add_argument("--until", type=dt.date.fromisoformat, help="last date used of --data, YYYY-MM-DD")
    drift.add_argument("--start", action="store_true", help="tell of it, and begin a training where the verdict is so")
    evidence = actions.add_parser("evidence", help="compare this tree's recipe with another commit's, both fitted anew")
    evidence.add_argument("ref", help="the other commit")
    evidence.add_argument("--data", type=Path, default=settings().data_dir, help="recorded races (F1_DATA_DIR)")
    evidence.add_argument("--folds", type=int, default=settings().evidence_folds)
    evidence.add_argument("--races", type=int, default=settings().evidence_races, help="races of a fold")
    evidence.add_argument("--scenarios", type=int, default=settings().evidence_scenarios)
    mirror = actions.add_parser("mirror", help="copy a bundle to Vertex AI's model registry (once a version)")
    mirror.add_argument("version", metavar="V")
    return made


def _act(chosen: argparse.Namespace, store: ObjectStore, bus: EventBus) -> int:
    if chosen.action == "show":
        version = resolve(store, chosen.version)
        tables.show(_fetched(store, version), stored_report(store, version))
    elif chosen.action == "diff":
        first, second = _fetched(store, resolve(store, chosen.first)), _fetched(store, resolve(store, chosen.second))
        tables.differences(first, second, difference(first, second))
    elif chosen.action == "promote":
        return _promote(store, bus, chosen.version, chosen.anyway)
    elif chosen.action == "rollback":
        return _rollback(store, bus)
    elif chosen.action == "drift":
        check.show(_drift(chosen, store, bus))
    elif chosen.action == "evidence":
        effort = Effort(chosen.folds, chosen.races, chosen.scenarios)
        found, _ = compare_with(chosen.ref, chosen.data.resolve(), effort, lambda step: print(step, file=sys.stderr))
        check.guards(found)
        return 1 if found.reasons else 0
    elif chosen.action == "mirror":
        print(mirrored(store, resolve(store, chosen.version)))
    else:
        tables.bundles(versions(store), promoted(store), unfinished(store))
    return 0


def _fetched(store: ObjectStore, version: str) -> Bundle:
    """The bundle, verified against its own hashes. Its files are read whole, so their folder may go."""
    with tempfile.TemporaryDirectory(prefix="bundle-") as scratch:
        return Bundle.load(fetch_bundle(store, version, Path(scratch)))


def _drift(chosen: argparse.Namespace, store: ObjectStore, bus: EventBus) -> dict[str, Any]:
    if chosen.data is None:
        if chosen.bundle or chosen.start or chosen.until:
            raise F1Error("--bundle, --start and --until go with --data DIR, the races to check")
        return check.newest(store)
    serving = promoted(store)
    shipped = chosen.bundle or SHIPPED
    bundle = Bundle.load(shipped) if chosen.bundle or serving is None else _fetched(store, serving.version)
    if chosen.start:
        return check.start(bundle, chosen.data, store, bus)
    return check.now(bundle, chosen.data, chosen.until)


def _promote(store: ObjectStore, bus: EventBus, start: str, anyway: bool) -> int:
    bundle, before = _fetched(store, resolve(store, start)), promoted(store)
    if before is not None and before.version == bundle.version:
        print(f"{bundle.version} serves already")
        return 0
    return _serve(store, bus, bundle, "hand", anyway)


def _rollback(store: ObjectStore, bus: EventBus) -> int:
    found = promoted(store)
    if found is None:
        raise NotFound("no bundle is promoted: there is nothing to roll back")
    if not found.note.get("previous"):
        raise NotFound(f"no bundle served before {found.version}: name one with promote")
    return _serve(store, bus, _fetched(store, str(found.note["previous"])), "rollback", anyway=True)


def _serve(store: ObjectStore, bus: EventBus, bundle: Bundle, by: str, anyway: bool) -> int:
    found = promoted(store)
    try:
        reasons = promote_by_hand(store, bundle, by, anyway)
    except PreconditionFailed:
        raise PreconditionFailed("another bundle was promoted meanwhile; look with list and decide again") from None
    if reasons:
        goes_on = f"{found.version} goes on serving" if found else "nothing is promoted"
        print(f"{bundle.version} is refused; {goes_on}:", file=sys.stderr)
        for reason in reasons:
            print(f"  {reason}", file=sys.stderr)
        return 1
    events.publish(bus, events.ModelPromoted.of(bundle.manifest, None if found is None else found.version))
    again = " again" if by == "rollback" else ""
    print(f"{bundle.version} serves{again}" + (f" in place of {found.version}" if found else ""))
    if found and str(bundle.manifest["data"]["until"]) < str(found.note.get("until", "")):
        print(f"  its data end on {bundle.manifest['data']['until']}, those of the other on {found.note['until']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
