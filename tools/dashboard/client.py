"""Writes the OpenAPI document from which the dashboard's client is generated, and the client where Node is there.

``python -m tools.dashboard.client`` writes both files, ``--check`` says whether they are current: the document beside
``shared/contract``, the types by the document's hash in their first line, so that the check needs no Node.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys

from shared.config import ROOT
from shared.contract.openapi import openapi_json

FOLDER = ROOT / "dashboard"
DOCUMENT = FOLDER / "src" / "api" / "openapi.json"
TYPES = FOLDER / "src" / "api" / "schema.d.ts"
GENERATOR = FOLDER / "node_modules" / ".bin" / "openapi-typescript"


def document() -> str:
    """The document as it is committed: indented, so that a change is readable."""
    return json.dumps(json.loads(openapi_json()), indent=1, ensure_ascii=False) + "\n"


def mark(text: str) -> str:
    """The first line of types that were generated from this document."""
    return f"// From the OpenAPI document {hashlib.sha256(text.encode()).hexdigest()[:16]}\n"


def problems() -> list[str]:
    """What is not current, as sentences; empty when all is."""
    found = []
    text = document()
    if not DOCUMENT.is_file() or DOCUMENT.read_text(encoding="utf-8") != text:
        found.append(f"{DOCUMENT.relative_to(ROOT)} is not the contract's document")
    if not TYPES.is_file() or not TYPES.read_text(encoding="utf-8").startswith(mark(text)):
        found.append(f"{TYPES.relative_to(ROOT)} was generated from another document")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.dashboard.client", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something is not current")
    if parser.parse_args(arguments).check:
        for problem in (found := problems()):
            print(f"{problem}: make dashboard-client", file=sys.stderr)
        return 1 if found else 0
    text = document()
    DOCUMENT.write_text(text, encoding="utf-8")
    if not GENERATOR.exists():
        if shutil.which("npm") is None:
            print("the client was not generated: it needs Node 20.9 or newer with npm", file=sys.stderr)
            return 1
        subprocess.run(["npm", "ci"], cwd=FOLDER, check=True)
    subprocess.run([str(GENERATOR), str(DOCUMENT), "-o", str(TYPES)], cwd=FOLDER, check=True, stdout=subprocess.DEVNULL)
    TYPES.write_text(mark(text) + TYPES.read_text(encoding="utf-8"), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
