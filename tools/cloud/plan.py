"""Plans of the Terraform configuration, made without a cloud: the tests of ``terraform/`` run on mocked providers, and
what they plan is read from their output.

The command that runs them stands beside the repository (``F1_TERRAFORM_CHECK`` names another); it needs terraform on
the PATH. With the real registry at hand, ``terraform test -json -verbose`` in ``terraform/`` prints the same.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from shared.config import ROOT
from shared.errors import F1Error

CHECK = Path(os.environ.get("F1_TERRAFORM_CHECK") or ROOT.parent / "shared" / "tools" / "terraform-offline" / "check")


class Resource(NamedTuple):
    """A resource to be made: its address, its type, and its arguments as planned (unknown ones are absent)."""

    address: str
    type: str
    values: Mapping[str, Any]


class Plan(NamedTuple):
    """What one environment's test plans."""

    name: str
    resources: tuple[Resource, ...]

    def of(self, kind: str, containing: str = "") -> list[Resource]:
        """Resources of a type whose address contains a text."""
        return [r for r in self.resources if r.type == kind and containing in r.address]


class Checked(NamedTuple):
    """How the check ended: exit code, its whole output, and the plans by test file (``full``, ``minimal``, ...)."""

    code: int
    output: str
    plans: Mapping[str, Plan]


def missing() -> str | None:
    """Why no plan can be made here; None if one can."""
    if shutil.which("terraform") is None:
        return "terraform is not on the PATH"
    if not CHECK.is_file():
        return f"no {CHECK}: set F1_TERRAFORM_CHECK to a command that runs fmt, init, validate and test on a folder"
    return None


def run_check(folder: Path = ROOT / "terraform") -> Checked:
    """Run fmt, init, validate and test, and read the plans. Raises F1Error where that cannot be done here."""
    reason = missing()
    if reason:
        raise F1Error(reason)
    command = [str(CHECK), str(folder), "-json", "-verbose"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    plans = {plan.name: plan for plan in read_plans(done.stdout)}
    return Checked(done.returncode, done.stdout + done.stderr, plans)


def read_plans(output: str) -> Iterator[Plan]:
    """Plans of runs called ``plan`` or ``job`` in the JSON lines that ``terraform test -json -verbose`` prints."""
    for line in output.splitlines():
        if not line.startswith("{"):
            continue
        message = json.loads(line)
        if message.get("type") == "test_plan" and message["@testrun"] in ("plan", "job"):
            name = Path(message["@testfile"]).name.removesuffix(".tftest.hcl")
            changes = message["test_plan"].get("resource_changes", [])
            made = (Resource(c["address"], c["type"], c["change"]["after"] or {}) for c in changes if _made(c))
            yield Plan(name, tuple(sorted(made, key=lambda resource: resource.address)))


def _made(change: Mapping[str, Any]) -> bool:
    return "create" in change["change"]["actions"]


def main() -> int:
    """Run the check and show what it says; its exit code."""
    reason = missing()
    if reason:
        print(f"not checked: {reason}", file=sys.stderr)
        return 2
    return subprocess.run([str(CHECK), str(ROOT / "terraform")], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
