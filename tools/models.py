"""The registry of bundles at the command line: what is there, what differs, which one serves, and the way back.

``python -m tools.models`` lists; ``show V`` tells what a bundle holds; ``diff A B`` compares two; ``promote V`` lets
one serve unless there is reason not to; ``rollback`` lets the one before serve again. The first characters of a version
are enough. Running instances take up a change at their next look at ``current.json``; none restarts.
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
from shared.errors import F1Error, NotFound, PreconditionFailed
from shared.models.bundle import Bundle
from shared.models.bundle_store import fetch_bundle, promote, promoted
from shared.models.promotion import promote_if_better
from shared.models.registry import Difference, difference, resolve, versions
from shared.ports import EventBus, ObjectStore


def main(arguments: list[str] | None = None, store: ObjectStore | None = None, bus: EventBus | None = None) -> int:
    """Command line; 0 when done, 1 when refused with reasons, 2 when it cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m tools.models", description=__doc__.split("\n")[0])
    actions = parser.add_subparsers(dest="action")
    actions.add_parser("list", help="list the bundles (the default); * serves")
    actions.add_parser("show", help="what a bundle holds").add_argument("version", metavar="V")
    compare = actions.add_parser("diff", help="what differs between two bundles")
    compare.add_argument("first", metavar="A")
    compare.add_argument("second", metavar="B")
    actions.add_parser("promote", help="let a bundle serve, or say why not").add_argument("version", metavar="V")
    actions.add_parser("rollback", help="let the bundle before the one that serves serve again")
    chosen = parser.parse_args(arguments)
    opened = None if store is not None and bus is not None else ports()
    store = store if store is not None else opened.objects if opened else None
    bus = bus if bus is not None else opened.bus if opened else None
    assert store is not None and bus is not None
    try:
        if chosen.action == "show":
            return _show(_fetched(store, chosen.version))
        if chosen.action == "diff":
            return _diff(difference(_fetched(store, chosen.first), _fetched(store, chosen.second)))
        if chosen.action == "promote":
            return _promote(store, bus, chosen.version)
        if chosen.action == "rollback":
            return _rollback(store, bus)
        return _list(store)
    except F1Error as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _fetched(store: ObjectStore, version: str) -> Bundle:
    """The bundle, verified against its own hashes. Its files are read whole, so their folder may go."""
    with tempfile.TemporaryDirectory(prefix="bundle-") as scratch:
        return Bundle.load(fetch_bundle(store, resolve(store, version), Path(scratch)))


def _list(store: ObjectStore) -> int:
    serving = promoted(store)
    known = versions(store)
    if not known:
        print("no bundle is registered; recommend serves the one that ships")
    for each in known:
        mark = "*" if serving is not None and serving.version == each.version else " "
        data = f"until {each.until}  {each.races:>4} races  {each.bytes:>9,} bytes"
        print(f"{mark} {each.version}  {each.created_at}  {data}" + ("  simulated" if each.synthetic else ""))
    return 0


def _show(bundle: Bundle) -> int:
    manifest = bundle.manifest
    print(
        f"{bundle.version}  made {manifest['created_at']}" + ("  from simulated races" if manifest["synthetic"] else "")
    )
    print("data: " + ", ".join(f"{name} {value}" for name, value in manifest["data"].items()))
    for model in manifest["models"]:
        print(f"{model['name']}: {model['kind']}\n  metrics {model['metrics']}\n  baseline {model['baseline']}")
    for name, digest in manifest["files"].items():
        print(f"{digest[:12]}  {name}")
    return 0


def _diff(found: Difference) -> int:
    if found == Difference((), ()):
        print("nothing differs")
    for line in found.files:
        print(line)
    for line in found.values:
        print(line)
    return 0


def _promote(store: ObjectStore, bus: EventBus, version: str) -> int:
    with tempfile.TemporaryDirectory(prefix="bundle-") as scratch:
        bundle = Bundle.load(fetch_bundle(store, resolve(store, version), Path(scratch)))
        previous, reasons = promote_if_better(store, bundle)
    if reasons:
        print(f"{bundle.version} is refused; {previous} goes on serving:", file=sys.stderr)
        for reason in reasons:
            print(f"  {reason}", file=sys.stderr)
        return 1
    if previous == bundle.version:
        print(f"{bundle.version} serves already")
        return 0
    _announce(bus, bundle, previous)
    print(f"{bundle.version} serves" + (f" in place of {previous}" if previous else ""))
    return 0


def _rollback(store: ObjectStore, bus: EventBus) -> int:
    found = promoted(store)
    if found is None:
        raise NotFound("no bundle is promoted: there is nothing to roll back")
    if not found.note.get("previous"):
        raise NotFound(f"no bundle served before {found.version}: name one with promote")
    bundle = _fetched(store, str(found.note["previous"]))
    note: dict[str, Any] = {
        "synthetic": bundle.manifest["synthetic"],
        "until": bundle.manifest["data"]["until"],
        "promoted_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "previous": found.version,
    }
    try:
        promote(store, bundle.version, found.generation, note)
    except PreconditionFailed:
        raise PreconditionFailed("another bundle was promoted meanwhile; look with list and decide again") from None
    _announce(bus, bundle, found.version)
    print(f"{bundle.version} serves again in place of {found.version}")
    return 0


def _announce(bus: EventBus, bundle: Bundle, previous: str | None) -> None:
    until = dt.date.fromisoformat(str(bundle.manifest["data"]["until"]))
    synthetic = bool(bundle.manifest["synthetic"])
    message = events.ModelPromoted(model_version=bundle.version, previous=previous, synthetic=synthetic, until=until)
    events.publish(bus, message)


if __name__ == "__main__":
    sys.exit(main())
