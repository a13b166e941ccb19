"""Asks a deployed recommend what a release must answer: health, contract, refusal without a key, a recommendation.

``python -m tools.cloud.smoke URL`` takes the key from ``F1_SMOKE_KEY``; without one it stops before the recommendation
and says so.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import time
import urllib.parse
from typing import Any

from shared.config import ROOT
from shared.errors import F1Error
from tools.command import run_main

EXAMPLE = ROOT / "tools" / "examples" / "bahrain_2023_lap_12.json"


def ask(url: str, path: str, key: str = "", body: bytes | None = None, timeout: float = 60.0) -> tuple[int, Any]:
    """Status and JSON of one request. Raises F1Error where nobody answers, or not in JSON."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise F1Error(f"{url!r} is no http(s) address")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname, parts.port, timeout=timeout)
    try:
        headers = {"Content-Type": "application/json"} | ({"X-API-Key": key} if key else {})
        connection.request("GET" if body is None else "POST", parts.path.rstrip("/") + path, body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise F1Error(f"{url}{path}: {error}") from None
    finally:
        connection.close()


def smoke(url: str, key: str, patience: float = 120.0) -> list[str]:
    """What is wrong, a sentence each; empty when all is well. Waits up to ``patience`` seconds for health."""
    deadline = time.monotonic() + patience
    status, body = _health(url)
    while status != 200 and time.monotonic() < deadline:
        time.sleep(2.0)
        status, body = _health(url)
    if status != 200 or body != {"status": "healthy"}:
        return [f"/health answers {status} {body}"]
    wrong = []
    status, body = ask(url, "/openapi.json")
    if status != 200 or "/recommend" not in body.get("paths", {}):
        wrong.append(f"/openapi.json answers {status} and no route /recommend")
    status, _ = ask(url, "/model")
    if status != 401:
        wrong.append(f"/model answers {status} without a key, not 401")
    if not key:
        return wrong
    status, body = ask(url, "/recommend", key, EXAMPLE.read_bytes())
    if status != 200:
        wrong.append(f"/recommend answers {status}: {json.dumps(body)[:300]}")
    elif not (0 < sum(row["win"] for row in body["forecast"]) < 1.01 and body["model_version"]):
        wrong.append("/recommend answers odds that are none")
    return wrong


def _health(url: str) -> tuple[int, Any]:
    try:
        return ask(url, "/health", timeout=10.0)
    except F1Error as error:
        return 0, str(error)


def main(arguments: list[str] | None = None) -> int:
    """Command line; 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tools.cloud.smoke", description=__doc__.split("\n")[0])
    parser.add_argument("url", help="address of recommend")
    parser.add_argument("--patience", type=float, default=120.0, help="seconds to wait for health")
    options = parser.parse_args(arguments)
    key = os.environ.get("F1_SMOKE_KEY", "")
    wrong = smoke(options.url, key, options.patience)
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    if not wrong:
        print("well" if key else "well, as far as can be seen without F1_SMOKE_KEY")
    return int(bool(wrong))


if __name__ == "__main__":
    run_main(main)
