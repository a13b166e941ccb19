"""`make audit`: known weaknesses in the code (bandit) and known vulnerabilities in what it depends on (pip-audit).

A finding of bandit fails the audit unless it stands here with the reason why it may. Where the service that knows of
vulnerabilities cannot be reached, that part says so and is left out: it is then not known whether there are any.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from shared.config import ROOT
from shared.errors import F1Error
from tools.command import run_main

BIN = ROOT / ".venv-audit" / "bin"
SECONDS = 600
FOLDERS = ("shared", "functions", "tools")
EVERYWHERE: Mapping[str, str] = {
    "B101": "assertions state invariants; nothing that comes from outside is checked by one",
    "B105": "texts that sit beside words like token or pass, which here mean an API's name or overtaking",
    "B311": "draws of the simulation and of tests are not secrets; keys come from the module secrets",
    "B404": "the tools start the project's own processes",
    "B603": "the tools start the project's own processes, from lists of arguments and without a shell",
    "B607": "the tools start what the user's own path holds",
}
"""Kinds of finding that say nothing here, with the reason."""
TABLE_NAMES = "names in the statement are those of shared.tables; every value is a parameter"
ACCEPTED: Mapping[tuple[str, str], str] = {
    ("B608", "shared/adapters/"): TABLE_NAMES,
    ("B608", "shared/features/"): TABLE_NAMES,
    ("B608", "shared/ingest/load.py"): TABLE_NAMES,
    ("B608", "tools/recovery/"): TABLE_NAMES,
    ("B608", "tools/soak/snapshot.py"): TABLE_NAMES,
    ("B310", "shared/serving/access/identity.py"): "https alone, checked in the line before",
    ("B310", "tools/emulators/run.py"): "the emulator on this machine",
    ("B310", "tools/scoring/ask.py"): "the address is the one that the person who starts it gives",
    ("B301", "shared/simulation/executable.py"): "reads what the same program wrote to a folder for its user alone",
    ("B403", "shared/simulation/executable.py"): "reads what the same program wrote to a folder for its user alone",
    ("B301", "tools/scoring/walk.py"): "reads what the same program wrote to its own folder",
    ("B403", "tools/scoring/walk.py"): "reads what the same program wrote to its own folder",
}
"""Findings that were looked at, by kind and by the path they are under, with the reason."""


class Finding(NamedTuple):
    """One of bandit's: kind, file from the project's root, line, what it says."""

    kind: str
    path: str
    line: int
    text: str


class Dependencies(NamedTuple):
    """What is known of dependencies: those with vulnerabilities, as sentences, those found clean, those not known."""

    vulnerable: list[str]
    clean: int
    unknown: list[str]


def unexplained(findings: Iterable[Finding]) -> list[Finding]:
    """Findings that nothing above gives a reason for."""
    return [
        finding
        for finding in findings
        if finding.kind not in EVERYWHERE
        and not any(finding.kind == kind and finding.path.startswith(path) for kind, path in ACCEPTED)
    ]


def findings_in(report: Mapping[str, Any]) -> list[Finding]:
    """Findings of bandit's JSON report. Raises F1Error where it could not read a file."""
    if report.get("errors"):
        raise F1Error(f"bandit could not read {report['errors'][0]}")
    return [
        Finding(each["test_id"], each["filename"].removeprefix("./"), int(each["line_number"]), each["issue_text"])
        for each in report["results"]
    ]


def dependencies_in(report: Mapping[str, Any]) -> Dependencies:
    """What pip-audit's JSON report says. A dependency that the service did not know of is unknown, not clean."""
    found = Dependencies([], 0, [])
    for each in report["dependencies"]:
        if "skip_reason" in each:
            found.unknown.append(each["name"])
        elif each["vulns"]:
            known = ", ".join(vulnerability["id"] for vulnerability in each["vulns"])
            found.vulnerable.append(f"{each['name']} {each['version']}: {known}")
        else:
            found = found._replace(clean=found.clean + 1)
    return found


def code() -> int:
    """Run bandit over the code; number of findings without a reason. Raises F1Error where it cannot run."""
    done = _run("bandit", "-q", "-r", *FOLDERS, "-f", "json", "--exit-zero")
    try:
        found = findings_in(json.loads(done.stdout))
    except ValueError:
        raise F1Error(f"bandit did not run: {done.stderr[-500:]}") from None
    left = unexplained(found)
    for finding in left:
        print(f"{finding.path}:{finding.line}: {finding.kind} {finding.text}")
    print(f"code: {len(left)} findings without a reason, {len(found) - len(left)} with one in tools/audit.py")
    return len(left)


def dependencies() -> int:
    """Run pip-audit over the lock; number of dependencies with known vulnerabilities."""
    lock = ROOT / "requirements.lock"
    try:
        done = _run("pip-audit", "-r", str(lock), "--require-hashes", "--disable-pip", "-f", "json", "--timeout", "15")
    except subprocess.TimeoutExpired:
        print(f"dependencies: not audited, the advisory service did not answer within {SECONDS} s")
        return 0
    try:
        found = dependencies_in(json.loads(done.stdout))
    except (ValueError, KeyError):
        print(f"dependencies: not audited, the advisory service cannot be asked: {_last_line(done.stderr)}")
        return 0
    if not found.clean and not found.vulnerable:
        print("dependencies: not audited, the advisory service knows none of them; CI asks again where it is reached")
        return 0
    for each in found.vulnerable:
        print(each)
    if found.unknown:
        print(f"not known to the advisory service: {', '.join(found.unknown)}")
    print(f"dependencies: {len(found.vulnerable)} with known vulnerabilities, {found.clean} without")
    return len(found.vulnerable)


def _run(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = BIN / tool
    if not Path(program).is_file():
        raise F1Error(f"{tool} is not installed; `make audit` does it")
    return subprocess.run(
        [str(program), *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=SECONDS
    )


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1][:300]


def main() -> int:
    """Both; 1 where anything is found."""
    return 1 if code() + dependencies() else 0


if __name__ == "__main__":
    run_main(main)
