"""Makes a backup of all state: ``python -m tools.backup``; ``--list`` shows those there are.

On the embedded stack it works while the product runs and while it does not; with ``F1_BACKEND=gcp`` it copies through
the ports into the bucket ``backups``. docs/runbooks/restore.md tells what else can be gone back to in the cloud.
"""

from __future__ import annotations

import argparse

from shared.bootstrap import ports
from shared.config import Settings, settings
from tools.command import run_main
from tools.recovery import embedded, portable
from tools.recovery.manifest import BackupManifest, RecoveryError
from tools.run import ask


def make(chosen: Settings) -> BackupManifest:
    """A backup of the state that the settings name. Raises F1Error."""
    if chosen.backend == "gcp":
        opened = ports(chosen)
        return portable.backup(opened.warehouse, opened.objects)
    return embedded.backup(chosen, _through_worker(chosen) if _worker_runs(chosen) else None)


def _worker_runs(chosen: Settings) -> bool:
    try:
        return ask(chosen.host, chosen.worker_port, "/health", timeout=5.0)[0] == 200
    except OSError:
        return False


def _through_worker(chosen: Settings) -> embedded.CopyWarehouse:
    def copy(identity: str) -> None:
        status, body = ask(chosen.host, chosen.worker_port, f"/backup/{identity}", body=b"{}", timeout=600.0)
        if status != 200:
            raise RecoveryError(f"the worker cannot copy the warehouse: {body}")

    return copy


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.backup", description=__doc__.split("\n")[0])
    parser.add_argument("--list", action="store_true", help="list the backups there are")
    options = parser.parse_args(arguments)
    chosen = settings()
    if options.list:
        found = embedded.backups(chosen) if chosen.backend == "embedded" else [portable.find(ports().objects, None)]
        for manifest in found:
            print(embedded.notes(manifest))
        return 0
    print(embedded.notes(make(chosen)))
    return 0


if __name__ == "__main__":
    run_main(main)
