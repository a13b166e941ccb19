"""Brings back what a backup holds: ``python -m tools.restore`` takes the newest, ``--id`` another, ``--only`` a part.

The embedded stack must not run meanwhile; what is replaced is kept beside, in ``F1_STATE_DIR``. Whatever was brought
back is compared with the hashes that the backup noted.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import time

from shared.bootstrap import Ports, ports
from shared.config import Settings, settings
from tools.command import run_main
from tools.recovery import embedded, portable
from tools.recovery.manifest import BackupManifest
from tools.recovery.replay import replay


def bring_back(chosen: Settings, identity: str | None, parts: tuple[str, ...]) -> tuple[BackupManifest, list[str]]:
    """Restore, and answer the backup used and what differs from it, a sentence each. Raises F1Error."""
    if chosen.backend == "gcp":
        opened = ports(chosen)
        manifest = portable.find(opened.objects, identity)
        return manifest, portable.restore(opened.warehouse, opened.objects, manifest, parts or portable.PARTS)
    manifest = embedded.find(chosen, identity)
    parts = parts or embedded.PARTS
    embedded.restore(chosen, manifest, parts)
    return manifest, differences(chosen, manifest, parts)


def differences(chosen: Settings, manifest: BackupManifest, parts: tuple[str, ...]) -> list[str]:
    """What the embedded stack's state holds otherwise than a backup, a sentence each; the stack must not run."""
    tables, objects = embedded.held(chosen)
    wrong = []
    if "warehouse" in parts:
        wrong += [f"table {name}" for name, wanted in manifest.tables.items() if tables.get(name) != wanted]
    if "objects" in parts:
        wrong += [f"object {name}" for name, wanted in manifest.objects.items() if objects.get(name) != wanted]
    return wrong


def _replay(chosen: Settings, since: dt.datetime) -> list[str]:
    opened = Ports(chosen)
    return replay(opened.warehouse, opened.objects, since)


def main(arguments: list[str] | None = None) -> int:
    """Command line; 1 when something differs from the backup afterwards."""
    parser = argparse.ArgumentParser(prog="python -m tools.restore", description=__doc__.split("\n")[0])
    parser.add_argument("--id", help="backup to take (default: the newest)")
    parser.add_argument("--only", action="append", default=[], metavar="PART", help="queue, objects or warehouse")
    parser.add_argument(
        "--replay",
        action="store_true",
        help="afterwards load what was ingested since the backup from the bucket raw, and announce it again",
    )
    parser.add_argument("--from-raw", action="store_true", help="no backup: all raw tables from the bucket raw")
    options = parser.parse_args(arguments)
    chosen = settings()
    began = time.monotonic()
    if options.from_raw:
        print(f"{len(_replay(chosen, dt.datetime.fromtimestamp(0, dt.UTC)))} manifests loaded and announced again")
        return 0
    manifest, wrong = bring_back(chosen, options.id, tuple(options.only))
    for sentence in wrong:
        print(f"differs: {sentence}", file=sys.stderr)
    print(f"{embedded.notes(manifest)}\nbrought back and compared in {time.monotonic() - began:.1f} s")
    if options.replay:
        print(f"{len(_replay(chosen, manifest.taken_at))} manifests since then loaded and announced again")
    if chosen.backend == "gcp":
        moment = manifest.taken_at.isoformat(timespec="seconds")
        print(f"messages handled since: gcloud pubsub subscriptions seek SUBSCRIPTION --time {moment}")
    return int(bool(wrong))


if __name__ == "__main__":
    run_main(main)
