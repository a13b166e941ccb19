"""recommend under functions-framework's own command, which forks after it has loaded the function."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shared.config import ROOT

pytestmark = pytest.mark.slow


def test_the_function_alone_gets_healthy_and_answers(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    source = str(ROOT / "functions" / "recommend" / "main.py")
    command = [str(Path(sys.executable).parent / "functions-framework"), "--source", source, "--target", "recommend"]
    environment = os.environ | {"F1_STATE_DIR": str(tmp_path), "F1_API_KEYS": "k", "F1_MODEL_BUNDLE": ""}
    server = subprocess.Popen([*command, "--host", "127.0.0.1", "--port", str(port)], env=environment, cwd=tmp_path)

    def ask(method: str, path: str, body: bytes | None = None) -> tuple[int, dict]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        connection.request(method, path, body, {"X-API-Key": "k", "Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())

    try:
        status = 0
        deadline = time.monotonic() + 240
        while status != 200 and time.monotonic() < deadline and server.poll() is None:
            time.sleep(0.5)
            try:
                status, _ = ask("GET", "/health")
            except OSError:
                continue
        assert status == 200
        status, answer = ask("POST", "/recommend", (ROOT / "tools/examples/bahrain_2023_lap_12.json").read_bytes())
        assert status == 200, answer
        assert len(answer["forecast"]) == 20
    finally:
        server.terminate()
        server.wait(15)
